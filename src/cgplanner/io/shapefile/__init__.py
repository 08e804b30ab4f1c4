"""Shapefiles byte by byte: .shp, .shx and the dBase table beside them, in and out."""
