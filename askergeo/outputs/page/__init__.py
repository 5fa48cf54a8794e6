"""Writes the pages of a report: one file a topic that needs nothing else, and a start page."""
