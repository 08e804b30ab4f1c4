"""Drawings of CAD (DXF), in and out."""
