"""Reading the national configurations: every key of theirs, and files that nobody should load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from askergeo.catalogue import load_catalogue
from askergeo.dok import configs_of, read_configs
from askergeo.dok.config import LARGEST
from askergeo.dok.match import load_aliases, matching_layers
from askergeo.errors import CatalogueError, MissingFileError
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from askergeo.dok import DokConfig

HEAD = "type: dataset\nname: en\n"


def test_every_national_file_is_read_whole(shared_data: Path) -> None:
    configs = read_configs(shared_data / "dok-config")
    assert len(configs) == 58
    assert sum(config.disabled for config in configs) == 18
    assert sum(len(config.layers) for config in configs) == 64
    filters = [part.filter for config in configs for part in config.layers if part.filter]
    assert len(filters) == 22
    for config in configs:
        assert (config.unknown_keys, config.faults, config.notes) == ((), (), ()), config.name
        assert config.themes
        assert all(part.fault == "" for part in config.layers)
    by_name = {config.name: config for config in configs}
    nature = by_name["naturtyper_ku_verdi"]
    assert [str(part.status) for part in nature.layers] == ["HIT-RED"] * 2 + ["HIT-YELLOW"] * 2
    assert nature.layers[0].guidance_id("Byggesak").startswith("522da012")
    assert nature.layers[0].guidance_id("Reguleringsplan").startswith("9d803106")
    assert [one.kind for one in nature.indicators] == ["object", "coverage"] + ["dataset"] * 3
    assert nature.indicators[0].threshold == ("Mindre god (> 50m)",)
    assert nature.indicators[1].threshold is None
    assert nature.indicators[2].threshold == ("1", "2")
    flood = by_name["flomsoner"].indicators[0]
    assert flood.file == "dekningskart_nve_flomsoner.gpkg"
    assert flood.property == "dekningsstatus"


def test_the_catalogue_carries_configurations_of_the_same_form(shared_data: Path) -> None:
    national = {one.config_id: one for one in read_configs(shared_data / "dok-config")}
    own = configs_of(load_catalogue())
    assert {"flomsoner", "stormflo", "naturtyper_ku_verdi"} <= {one.name for one in own}
    for one in own:
        assert not one.faults
        theirs = national[one.config_id]
        assert [(p.name, p.status) for p in one.layers] == [
            (p.name, p.status) for p in theirs.layers
        ]


def test_keys_that_are_not_known_are_named(config: Callable[..., DokConfig]) -> None:
    quality = {
        "type": "quality",
        "config_id": "c24e0058-f555-4a47-b65b-4f011e64789e",
        "indicators": [{"type": "object", "farge": 1, "wfs": {"url": "x", "takt": 2}}],
    }
    found = config(
        quality,
        ny_ting=1,
        wfs={"url": "x", "port": 3},
        layers=[{"wfs": "Sone", "result_status": "HIT-RED", "vekt": 2}],
    )
    wanted = {"ny_ting", "wfs.port", "layers[0].vekt", "indicators[0].farge"}
    assert set(found.unknown_keys) == wanted | {"indicators[0].wfs.takt"}
    assert found.layers[0].fault == ""


@pytest.mark.parametrize(
    ("layer", "word"),
    [
        ({"wfs": "a", "result_status": "HIT-GREEN"}, "HIT-GREEN"),
        ({"wfs": "a"}, "result_status"),
        ({"wfs": "a", "result_status": "HIT-RED", "filter": "a = "}, "a = "),
        ("bare tekst", "nøkler"),
    ],
)
def test_a_layer_that_cannot_be_run_says_why(
    config: Callable[..., DokConfig], layer: Any, word: str
) -> None:
    assert word in config(layers=[layer]).layers[0].fault
    assert config(layers=None).faults == ("«layers» mangler",)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (HEAD + "a: &a [1]\nb: *a\n", "aliaser"),
        (HEAD + "a: " + "[" * 200 + "]" * 200 + "\n", "nivåer"),
        (HEAD + "#" * LARGEST, "byte"),
        (HEAD + "name: to\n", "to ganger"),
        (HEAD + "a: !!python/object/apply:os.system [ls]\n", "YAML"),
        (HEAD + "a: [1\n", "YAML"),
        ("bare tekst\n", "type"),
        ("", "tom"),
    ],
)
def test_files_that_must_not_be_loaded_are_named(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "vond.yml").write_text(text, encoding="utf-8")
    (tmp_path / "god.yml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"vond\.yml") as caught:
        read_configs(tmp_path)
    assert word in caught.value.message
    assert "god.yml" not in caught.value.message


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        read_configs(tmp_path / "borte")


def test_datasets_find_their_layers_and_never_another_s(shared_data: Path) -> None:
    catalogue = load_catalogue()
    found = {
        one.name: [layer.id for layer in matching_layers(one, catalogue)]
        for one in read_configs(shared_data / "dok-config")
    }
    assert {name: layers for name, layers in found.items() if layers} == {
        "reguleringsplaner": ["reguleringsplan"],
        "kommuneplaner": ["kommuneplan"],
        "faresone_kvikkleireskred": ["kvikkleire_faresone"],
        "aktsomhetsomr_kvikkleireskred": ["kvikkleire_aktsomhet"],
        "flomsoner": ["flom"],
        "stormflo": ["stormflo"],
        "markagrensen": ["markagrense"],
        "naturtyper_ku_verdi": ["naturtype"],
        "mulig_marin_leire": ["marin_leire"],
        "faresone_skred_bratt_terreng": ["skred_faresone"],
        "forurenset_grunn": ["forurenset_grunn"],
        "kulturminner_enkeltminner_aut": ["kulturminne"],
        "kulturminner_enkeltminner_fje": ["kulturminne"],
        "kulturminner_enkeltminner_iuav": ["kulturminne"],
        "kulturminner_enkeltminner_ikkev": ["kulturminne"],
        "snoskred_aktsomhets_omr": ["skred_aktsomhet"],
        "steinsprang_aktsomhets_omr": ["skred_aktsomhet"],
        "jord_flomskred_aktsomhets_omr": ["skred_aktsomhet"],
    }


def test_a_metadata_id_is_enough_when_only_one_layer_has_it(
    config: Callable[..., DokConfig],
) -> None:
    catalogue = load_catalogue()
    given = {"config_id": "11111111-0000-0000-0000-000000000000"}
    soil = catalogue["dyrkbar_jord"].metadata_id
    alone = config(**given, metadata_id=soil)
    assert [layer.id for layer in matching_layers(alone, catalogue)] == ["dyrkbar_jord"]
    # Two layers share AR5's number, and the quick-clay zones have a configuration of their own.
    for number in (catalogue["ar5"].metadata_id, catalogue["kvikkleire_faresone"].metadata_id):
        assert matching_layers(config(**given, metadata_id=number), catalogue) == ()


def test_the_table_of_names_fits_the_catalogue() -> None:
    catalogue = load_catalogue()
    aliases = load_aliases()
    for layer, rows in aliases.datasets.values():
        assert set(rows.columns if rows else ()) <= set(catalogue[layer].columns)
    for layer, names in aliases.columns.items():
        assert set(names.values()) <= set(catalogue[layer].columns), layer
    for layer, parts in aliases.parts.items():
        wanted = {part.name for one in configs_of(catalogue) for part in one.layers}
        assert set(parts) <= wanted
        for one in parts.values():
            assert set(one.columns) <= set(catalogue[layer].columns)
    assert all(part.status in (Status.HIT_RED, Status.HIT_YELLOW)
               for one in configs_of(catalogue) for part in one.layers)  # fmt: skip
