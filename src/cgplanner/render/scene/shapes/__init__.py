"""Geometry on its way to a picture: projected, cut, thinned, moved aside, hatched; arrays in, arrays out."""
