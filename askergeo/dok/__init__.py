"""Runs the national DOK dataset configurations, as they are, against the layers of a package."""

from askergeo.dok.check import check_area
from askergeo.dok.config import DokConfig, DokLayer, Indicator, configs_of, read_configs
from askergeo.dok.filters import Filter, FilterError, parse_filter
from askergeo.dok.guidance import Guidance, read_guidance
from askergeo.dok.national import to_national
from askergeo.dok.outcome import DokResult, LayerHit, QualityMeasure, worst

__all__ = [
    "DokConfig",
    "DokLayer",
    "DokResult",
    "Filter",
    "FilterError",
    "Guidance",
    "Indicator",
    "LayerHit",
    "QualityMeasure",
    "check_area",
    "configs_of",
    "parse_filter",
    "read_configs",
    "read_guidance",
    "to_national",
    "worst",
]
