"""SQLite files by the GeoPackage standard: tables and blobs, the spatial index, pages of a file, rows in and out."""
