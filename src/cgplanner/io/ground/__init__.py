"""Pictures of the ground: tile services, MBTiles, rasters; each a pyramid of pieces."""
