"""Exact areas of what lies over what: pairs, accounts that close, and geometries on demand."""
