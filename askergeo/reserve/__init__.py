"""Land reserve: what plans set aside for development and nobody has built on."""

from askergeo.reserve.chain import Reserve, reserve
from askergeo.reserve.rules import load_purposes, load_rules

__all__ = ["Reserve", "load_purposes", "load_rules", "reserve"]
