"""KML and KMZ, in and out."""
