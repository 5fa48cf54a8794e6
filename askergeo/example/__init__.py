"""Eksempelbygda: an invented municipality, built from a seed, with its own answer key."""
