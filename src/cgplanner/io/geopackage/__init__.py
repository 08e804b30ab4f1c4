"""GeoPackages of others: read from their pages, mended where their own lists are wrong, written by the standard."""
