"""Eksempelbygda: an invented municipality, built from a seed, with its own answer key."""

from askergeo.example.build import Example, answer_key, build_example, make_example

__all__ = ["Example", "answer_key", "build_example", "make_example"]
