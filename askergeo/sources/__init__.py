"""Readers: each turns a file or a service into GeoDataFrames; none knows an analysis."""
