"""Tables that mean places: CSV, workbooks, reports of boundary points."""
