"""Rasters of any size, worked through in windows: slope, and drops that a slide could start from."""
