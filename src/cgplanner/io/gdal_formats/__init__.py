"""The formats that GDAL reads well, behind one door, and what is asked of their files first."""
