"""What lies over the map: graticule, scale bar, overview, attribution, marks. Nothing here changes the document."""
