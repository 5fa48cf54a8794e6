"""What a status says, in the words that owners write."""

from __future__ import annotations

import pandas as pd

from askergeo.parameters import load_parameters
from askergeo.va.status import in_use, out_of_use, planned

WORDS = load_parameters("va_nett")


def test_unknown_is_in_use_and_words_are_read_from_their_beginning() -> None:
    said = ["i drift", None, "Nedlagt 1990", "UTE_AV_DRIFT", "planlagt", "ikke nedlagt", pd.NA, ""]
    frame = pd.DataFrame({"status": said})
    assert in_use(frame, WORDS).tolist() == [True, True, False, False, False, True, True, True]
    assert out_of_use(frame, WORDS).tolist() == [False, False, True, True, *[False] * 4]
    assert planned(frame, WORDS).tolist() == [False] * 4 + [True] + [False] * 3
    assert in_use(frame[[]], WORDS).all()


def test_a_plan_reads_a_status_as_the_network_does() -> None:
    both = [*WORDS["va_nett_ute_av_drift"], *WORDS["va_nett_planlagt"]]
    assert list(load_parameters("plansjekk")["va_ute_av_bruk"]) == both
