"""Formats of columns (GeoParquet, FlatGeobuf through Arrow) and GeoDataFrames."""
