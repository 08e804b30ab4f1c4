"""Toolkit-free: viewport, culling, level of detail, style evaluation, label placement -> DisplayList."""
