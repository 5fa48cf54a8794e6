"""Rasters of any size, worked through in windows: slopes, and drops that a slide can start from."""
