"""The panels round the map, one a file. They read through the bridge and ask for more through signals."""
