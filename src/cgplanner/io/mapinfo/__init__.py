"""MapInfo's exchange format, MIF and MID."""
