"""Style as data: what a layer looks like, without knowing who draws it."""
