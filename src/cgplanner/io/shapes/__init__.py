"""Shapes on their way in and out: WKB to flat arrays and back, rings, heights that are none, what is mended."""
