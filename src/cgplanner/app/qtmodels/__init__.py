"""Item models over the document: what lists and tables of the window read. They change nothing themselves."""
