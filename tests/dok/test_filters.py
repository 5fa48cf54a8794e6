"""The filter language against SQLite, which reads the same text as SQL."""

from __future__ import annotations

import random
import sqlite3

import pandas as pd
import pytest

from askergeo.dok import FilterError, parse_filter
from askergeo.dok.filters import DEEPEST, LONGEST, unknown_values

ROWS = pd.DataFrame(
    {
        "navn": ["Hul eik", "Å'en", "hul Eik", "", None, "50%_a", "20"],
        "tall": pd.array([20, 200, None, -5, 2100, 0, 20], dtype="Int64"),
        "mål": [1.5, None, 0.0, -2.0, 20.0, 3.25, 1e6],
    }
)
TEXTS = ["'Hul eik'", "'Å''en'", "''", "'20'", "'zzz'"]
NUMBERS = ["20", "200", "-5", "0", "1.5", "2100"]


def some_filter(rng: random.Random, depth: int = 0) -> str:
    kind = rng.random()
    if depth < 3 and kind < 0.45:
        joined = f" {rng.choice(['AND', 'OR', 'or', 'And'])} ".join(
            some_filter(rng, depth + 1) for _ in range(rng.randint(2, 3))
        )
        return f"({joined})" if rng.random() < 0.6 else joined
    if depth < 3 and kind < 0.55:
        return f"NOT ({some_filter(rng, depth + 1)})"
    column = rng.choice(["navn", "tall", '"mål"'])
    values = TEXTS if column == "navn" else NUMBERS
    negated = rng.choice(["", "NOT "])
    return rng.choice(
        [
            f"{column} {rng.choice(['=', '<>', '!=', '<', '<=', '>', '>='])} {rng.choice(values)}",
            f"{column} {negated}IN ({', '.join(rng.sample(values, 3))})",
            f"{column} {negated}BETWEEN {rng.choice(values)} AND {rng.choice(values)}",
            f"{column} IS {negated}NULL",
            f"navn {negated}LIKE '{rng.choice(['Hul%', '%i_', '%', '_%', '50%', '%i_%'])}'",
        ]
    )  # fmt: skip


def test_rows_are_those_that_sqlite_takes() -> None:
    base = sqlite3.connect(":memory:")
    base.execute("PRAGMA case_sensitive_like = ON")
    base.execute('CREATE TABLE t (rad INTEGER, navn TEXT, tall INTEGER, "mål" REAL)')
    plain = ROWS.astype(object).where(ROWS.notna(), None).itertuples()
    base.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", [tuple(row) for row in plain])
    rng = random.Random(5)  # noqa: S311  (cases for a test)
    sizes = set()
    for _ in range(250):
        text = some_filter(rng)
        wanted = {row[0] for row in base.execute(f"SELECT rad FROM t WHERE {text}")}  # noqa: S608
        found = set(parse_filter(text).mask(ROWS).nonzero()[0].tolist())
        assert found == wanted, text
        sizes.add(len(wanted))
    assert len(sizes) > 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "navn",
        "navn =",
        "navn = Hul",
        "navn = 'Hul",
        "navn = 'a'; DROP TABLE t",
        "navn = 'a' -- resten",
        "navn = 'a' OR",
        "(navn = 'a'",
        "navn IN ()",
        "navn IN ('a',)",
        "__import__('os').system('ls') = 1",
        "navn NOT = 'a'",
        "navn BETWEEN 1 OR 2",
        "navn IS 'a'",
        "tall = 1e5",
        "1 = 1",
        "navn = 'a' navn = 'b'",
        "(" * (DEEPEST + 2) + "tall = 1" + ")" * (DEEPEST + 2),
        "NOT " * (DEEPEST + 2) + "tall = 1",
        "tall = 1 OR " * (LONGEST // 10) + "tall = 1",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse_filter(text)


def test_absent_columns_and_wrong_types_are_named() -> None:
    with pytest.raises(FilterError, match="UtvalgtNaturtypeKode"):
        parse_filter("UtvalgtNaturtypeKode = 'UN03'").mask(ROWS)
    with pytest.raises(FilterError, match=r"tall.*'mange'"):
        parse_filter("tall = 'mange'").mask(ROWS)


def test_numbers_written_as_text_fit_a_column_of_numbers() -> None:
    assert parse_filter("tall IN ('20', '40')").mask(ROWS).sum() == 2
    assert parse_filter("navn = 20").mask(ROWS).tolist().index(True) == 6


def test_labels_stand_for_codes() -> None:
    rows = pd.DataFrame({"verdi": ["stor", "noe", "svaert_stor", None]})
    codes = {"verdi": {"svaert_stor": "Svært stor verdi", "stor": "Stor verdi", "noe": "Noe verdi"}}
    names = {"Verdikategori": "verdi"}

    def taken(text: str) -> list[int]:
        mask = parse_filter(text).mask(rows, names=names, codes=codes)
        return mask.nonzero()[0].tolist()

    assert taken("Verdikategori = 'Stor verdi'") == [0]
    assert taken("Verdikategori LIKE '%tor verdi'") == [0, 2]
    assert taken("Verdikategori <> 'Stor verdi'") == [1, 2]
    assert taken("verdi IN ('noe', 'Svært stor verdi')") == [1, 2]
    test = parse_filter("Verdikategori IN ('Stor verdi', 'Enorm verdi')").tests[0]
    assert unknown_values(test, codes["verdi"]) == ("Enorm verdi",)
