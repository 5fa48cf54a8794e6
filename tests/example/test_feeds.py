"""The timetable's files say the same as the layers, and the faulty ones what the key says."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path  # noqa: TC003  (the fixtures are typed)
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from askergeo.example.feeds import FILES, write_feeds
from askergeo.network.timetable import timetable_faults
from askergeo.sources.feed import FEED_LAYERS, Feed, make_feed
from askergeo.sources.gtfs import read_gtfs
from askergeo.sources.netex import read_netex

if TYPE_CHECKING:
    from askergeo.example import Example

TODAY = dt.date(2026, 3, 2)


@pytest.fixture(scope="module")
def folder(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ruter")
    write_feeds(example.frames, example.key["transport"]["rutefiler"], path)
    return path


def read(path: Path) -> Feed:
    return (read_gtfs if path.name.startswith("gtfs") else read_netex)(path, today=TODAY)


@pytest.mark.parametrize("name", ["gtfs.zip", "netex.zip"])
def test_the_files_say_the_same_as_the_layers(example: Example, folder: Path, name: str):
    found = read(folder / name).frames()
    layers = make_feed(**{layer: example.frames[layer] for layer in FEED_LAYERS}).frames()
    for layer in FEED_LAYERS:
        plain = [pd.DataFrame(one[layer].drop(columns="geometry", errors="ignore"))
                 for one in (found, layers)]  # fmt: skip
        pd.testing.assert_frame_equal(*plain)
    away = found["holdeplass"].to_crs(25832).distance(layers["holdeplass"])
    assert away.max() < 0.01


@pytest.mark.parametrize("name", ["gtfs-feil.zip", "netex-feil.zip"])
def test_what_is_wrong_is_told(example: Example, folder: Path, name: str):
    key = example.key["transport"]["rutefiler"]
    feed = read(folder / name)
    said = feed.report.groupby("regel")["tekst"].agg(" ".join)
    assert key["uten_koordinat"] in said["uten_koordinat"]
    assert key["uten_tid_underveis"] in said["uten_tid"]
    assert key["uten_tider"] in said["uten_tid"]
    assert key["to_ganger"][1] in said["like_turer"]
    assert key["uten_dager"] in said["tur_uten_dager"]
    faults = timetable_faults(**feed.frames()).set_index("regel")["tekst"]
    line = key["tider_baklengs"].split("-")[0]
    told = faults[faults.index.str.contains("baklengs")]
    assert len(told) == 1
    assert line in set(feed.rutelinje["linje_id"])
    # The trips that call at the stop without a place keep their other calls.
    count = feed.ruteavgang.groupby("tur_id").size()
    own = example.frames["ruteavgang"].groupby("tur_id").size()
    assert (count[key["stopper_der"]] == own[key["stopper_der"]]).all()


@pytest.mark.slow
def test_files_are_the_same_each_time(example: Example, folder: Path, tmp_path: Path):
    write_feeds(example.frames, example.key["transport"]["rutefiler"], tmp_path / "igjen")
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / "igjen" / name).read_bytes() == (folder / name).read_bytes()
        assert zipfile.ZipFile(folder / name).testzip() is None
