"""The layer catalogue: the built-in layers, national files, a user's own files, and faults."""

from __future__ import annotations

import pickle
import time
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from askergeo._layer import COVERAGE_RULES, GEOMETRIES, PROTOCOLS
from askergeo._layer_yaml import NATIONAL_KEYS, OWN_KEYS
from askergeo.catalogue import (
    Catalogue,
    Coverage,
    Credentials,
    LayerColumn,
    LegalBasis,
    Order,
    Source,
    _load,
    built_in_folder,
    load_catalogue,
    load_codes,
)
from askergeo.errors import CatalogueError, MissingFileError
from askergeo.outputs.symbols import symbols
from askergeo.result import Status, Style
from askergeo.sources.mapping import load_mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from askergeo.catalogue import Layer

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "katalog.md"
LAYERS = load_catalogue()

# Identifiers, geometry and columns that the analyses rest on (* = required, ^ = made when absent).
CONTRACT = {
    "va_ledning": (
        "linje",
        (
            "ledning_id* type* materiale dimensjon_mm anleggsaar status fra_node_id "
            "til_node_id lengde_m hoyde_fra hoyde_til eier funksjon fornyet_aar metode "
            "trykksone ruhet groft_id"
        ),
    ),
    "va_node": (
        "punkt",
        (
            "node_id* type* navn hoyde bunnhoyde anleggsaar status behov_l_s kapasitet_l_s "
            "trykksone anlegg_id"
        ),
    ),
    "va_anlegg": (
        "punkt",
        (
            "anlegg_id* type* navn kapasitet_pe kapasitet_m3_dogn kapasitet_l_s volum_m3 "
            "belastning_pe til_anlegg_id fra_aar til_aar ny_kapasitet_pe ny_kapasitet_aar "
            "node_id"
        ),
    ),
    "va_sone": ("flate", "sone_id* navn type* anlegg_id"),
    "va_hendelse": ("ingen", "hendelse_id* ledning_id* aar* type*"),
    "va_maaling": ("ingen", "sone_id* aar* inn_m3 ut_m3 forbruk_m3 umaalt_m3 natt_l_s"),
    "va_tilknytning": ("ingen", "adresse_id* vann avlop vann_ledning_id avlop_ledning_id"),
    "va_modell": ("ingen", "modell_id* program seksjon* rad* tekst*"),
    "kommunegrense": ("flate", "kommunenummer* kommunenavn* omfang*"),
    "kystkontur": ("linje", "kystkontur_id*^"),
    "vann": ("flate", "vann_id*^ vanntype* navn"),
    "byggegrense_sjo": ("linje eller flate", "byggegrense_id*^ planid lovgrunnlag"),
    "tettsted": ("flate", "tettstedsnummer* tettstedsnavn* bosatte aar"),
    "senter": ("punkt", "senter_id* navn* niva* konfidens kilde"),
    "grunnkrets": ("flate", "grunnkretsnummer* grunnkretsnavn"),
    "kvikkleire_faresone": ("flate", "faresone_id*^ navn faregrad konsekvens risiko"),
    "kvikkleire_aktsomhet": ("flate", "aktsomhet_id*^"),
    "marin_leire": ("flate", "marin_leire_id*^ mulighet"),
    "ar5": ("flate", "ar5_id*^ arealtype* skogbonitet treslag grunnforhold"),
    "dyrkbar_jord": ("flate", "dyrkbar_id*^ klasse"),
    "skole": (
        "punkt",
        (
            "skole_id* navn* trinn_fra trinn_til eierform paralleller kapasitet spesialplasser "
            "elevtall fra_aar til_aar stedfesting"
        ),
    ),
    "elevtall": ("ingen", "skole_id* aar* trinn* antall*"),
    "skoletiltak": (
        "ingen",
        "tiltak_id* skole_id* navn type* trinn paralleller plasser fra_aar* til_aar status",
    ),
    "boligprogram": (
        "punkt eller flate",
        "prosjekt_id* navn boligtype* aar* boliger* sannsynlighet status planid",
    ),
    "befolkning_historikk": ("ingen", "omraade_id* aar* alder* antall*"),
    "framskriving": ("ingen", "alternativ* aar* alder* antall*"),
    "skolekrets": ("flate", "krets_id* navn* trinn* skole_id"),
    "barnehage": ("punkt", "barnehage_id* navn* kapasitet eierform"),
    "adresse": ("punkt", "adresse_id* adressetekst bygning_id boliger"),
    "befolkning": ("ingen", "adresse_id* alder* antall*"),
    "befolkning_rute": ("flate", "rute_id* bosatte*"),
    "bygning": (
        "punkt eller flate",
        "bygning_id* bygningstype* tatt_i_bruk boliger etasjer bruksareal",
    ),
    "veg": (
        "linje",
        (
            "veg_id*^ vegtype* vegkategori fartsgrense medium niva envegskjort broytet "
            "gange adgang navn"
        ),
    ),
    "sti": ("linje", "sti_id*^ stitype* merket medium niva broytet gange adgang"),
    "sperring": ("punkt", "sperring_id*^ type* gange"),
    "lenkeforslag": ("linje", "lenke_id*^ navn"),
    "jernbane": ("linje", "bane_id*^ medium"),
    "tjeneste": ("punkt", "tjeneste_id* type* gruppe* navn"),
    "holdeplass": ("punkt", "holdeplass_id* navn transportmiddel* stoppested_id"),
    "rutelinje": ("ingen", "linje_id* linjenummer navn transportmiddel* operator"),
    "rutetur": ("ingen", "tur_id* linje_id* kalender_id* retning mal"),
    "ruteavgang": (
        "ingen",
        "tur_id* rekkefolge* holdeplass_id* ankomst avgang pastigning avstigning",
    ),
    "rutedag": ("ingen", "kalender_id* dato*"),
    "rutebytte": ("ingen", "fra_holdeplass_id* til_holdeplass_id* sekunder mulig"),
    "arbeidsplass": ("punkt", "arbeidssted_id* ansatte* naering"),
    "byggetillatelse": (
        "punkt eller flate",
        "sak_id* tillatt_aar* ferdig_aar boliger naering naering_m2 planid bygning_id",
    ),
    "naeringsprogram": (
        "punkt eller flate",
        ("prosjekt_id* navn naering* aar* naering_m2 arbeidsplasser sannsynlighet status planid"),
    ),
    "transporttiltak": (
        "ingen",
        "tiltak_id* navn* sone* km_dogn* fra_aar status planid kilde",
    ),
    "kommuneplan": ("flate", "formal_id*^ formaal_kode* arealstatus* omraadenavn"),
    "kommuneplan_forslag": ("flate", "formal_id*^ formaal_kode* arealstatus* omraadenavn"),
    "reguleringsplan": ("flate", "planid* plannavn* planstatus plantype ikrafttredelse"),
    "reguleringsplan_formaal": ("flate", "formal_id*^ planid* formaal_kode* vertikalniva"),
    "ar5_tidligere": (
        "flate",
        "ar5_id*^ arealtype* skogbonitet treslag grunnforhold",
    ),
    "grunnkart": (
        "flate",
        (
            "grunnkart_id*^ arealdekke_niva1* arealdekke_niva2 arealbruk_hovedklasse "
            "arealbruk_underklasse arealbruk_kode arealbruk_hav okosystemtype_niva1 "
            "okosystemtype_niva2 okosystemtype_niva3 grunnforhold skogbonitet"
        ),
    ),
    "arealvedtak": (
        "flate",
        "vedtak_id* sakstype* vedtaksdato* formaal_kode planid navn",
    ),
    "karbonfaktor": (
        "ingen",
        (
            "id* sone klasse fra til jordtype beholdning gass verdi lav hoy enhet horisont aar "
            "kilde versjon sikkerhet plassholder"
        ),
    ),
    "klimabudsjett": ("ingen", "sektor* kolonne* aar* tonn kilde sikkerhet"),
    "kulturminne": ("flate", "kulturminne_id* navn vernetype kategori"),
    "forurenset_grunn": ("flate", "forurenset_id*^ navn pavirkning"),
    "skred_faresone": ("flate", "skred_id*^ gjentaksintervall"),
    "skred_aktsomhet": ("flate", "skred_aktsomhet_id*^ skredtype"),
    "arealbruk": ("flate", "arealbruk_id*^ hovedklasse* underklasse"),
    "arealdekke": ("flate", "arealdekke_id*^ klasse*"),
    "inndeling": ("flate", "omraade_id* navn"),
    "nullvekstlinje": ("linje eller flate", "linje_id*^ side"),
    "flom": ("flate", "flom_id*^ gjentaksintervall*"),
    "stormflo": ("flate", "stormflo_id*^ gjentaksintervall* klimaaar sikkerhetsklasse"),
    "stoy": ("flate", "stoy_id*^ sone* kilde*"),
    "naturtype": ("flate", "naturtype_id*^ naturtype* verdi"),
    "markagrense": ("flate", "marka_id*^ navn"),
    "terreng": ("raster", "hoyde"),
}


def _shape(layer: Layer) -> str:
    return " ".join(c.name + "*" * c.required + "^" * c.generated for c in layer.columns.values())


@pytest.mark.parametrize("layer_id", CONTRACT)
def test_a_layer_has_the_columns_that_analyses_rest_on(layer_id: str) -> None:
    geometry, columns = CONTRACT[layer_id]
    assert LAYERS[layer_id].geometry == geometry
    assert _shape(LAYERS[layer_id]) == columns


def test_every_layer_is_in_the_table_above() -> None:
    assert set(LAYERS) == set(CONTRACT)


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.id)
def test_a_built_in_layer_says_all_that_a_planner_asks(layer: Layer) -> None:
    told = (layer.title, layer.theme, layer.description, layer.owner, layer.licence)
    assert all(told)
    assert layer.attribution
    assert layer.allows.endswith(".")
    assert layer.order.owner
    assert layer.order.where
    assert layer.order.format
    assert layer.sources
    assert layer.coverage.rule != "ukjent"
    assert layer.coverage.text
    assert all(source.protocol in PROTOCOLS for source in layer.sources)
    assert all(column.title for column in layer.columns.values())


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.id)
def test_a_style_colours_only_values_that_the_column_can_have(layer: Layer) -> None:
    codes = layer.columns[layer.style.column].codes if layer.style.column else {}
    assert codes is not None
    assert {c.value for c in layer.style.classes} <= set(codes)
    assert all(c.fill or c.stroke for c in layer.style.classes)


def test_one_file_a_layer_named_after_it() -> None:
    assert {file.stem for file in built_in_folder().glob("*.yml")} == set(LAYERS)


def test_persons_are_marked_so_that_small_counts_are_hidden() -> None:
    marked = {i: layer.persons for i, layer in LAYERS.items() if layer.persons}
    assert marked == {
        "befolkning": ("antall",),
        "befolkning_historikk": ("antall",),
        "arbeidsplass": ("ansatte",),
        "elevtall": ("antall",),
        "framskriving": ("antall",),
        "skole": ("elevtall",),
        "befolkning_rute": ("bosatte",),
        "tettsted": ("bosatte",),
    }


def test_a_key_may_join_columns() -> None:
    assert LAYERS["befolkning"].key_columns == ("adresse_id", "alder")
    assert LAYERS["terreng"].key_columns == ()


def test_code_lists_have_names_from_the_specifications() -> None:
    ar5 = LAYERS["ar5"].columns["arealtype"].codes
    assert ar5 is not None
    assert set(ar5) == {11, 12, 21, 22, 23, 30, 50, 60, 70, 81, 82, 99}
    assert (ar5[50], ar5[60]) == ("Åpen fastmark", "Myr")
    plan = LAYERS["kommuneplan"].columns["formaal_kode"].codes
    assert plan is not None
    assert (plan[1110], plan[5210]) == ("Boligbebyggelse", "Spredt boligbebyggelse")
    assert load_codes("kommuneplan_formaal")[1300].group == "06 Næringsvirksomhet"
    assert load_codes("reguleringsplan_formaal")[2015].name == "Gang-/sykkelveg"
    assert load_codes("bygningstype")[161].group == "Fritidsbolig"


@pytest.mark.parametrize("name", ["kommuneplan_formaal", "reguleringsplan_formaal"])
def test_plan_codes_match_the_tables_that_they_come_from(shared_data: Path, name: str) -> None:
    file = {"k": "Kommuneplankobling", "r": "Reguleringsplankobling"}[name[0]]
    text = (shared_data / "codes" / f"{file}.csv").read_text(encoding="utf-8-sig")
    given = {int(line.split(",")[0]) for line in text.splitlines() if line[:3].isdigit()}
    assert set(load_codes(name)) == given


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("tetsted", "tettsted"),
        ("støysoner", "stoy"),
        ("Dyrket mark", "ar5"),
        ("nærsenter", "senter"),
        ("kvikkleire", "kvikkleire_faresone"),
        ("STORMFLO OG HAVNIVÅ", "stormflo"),
        ("skolekretsene", "skolekrets"),
    ],
)
def test_an_unknown_layer_gets_the_nearest_names(wrong: str, right: str) -> None:
    with pytest.raises(CatalogueError, match=f"«{wrong}» finnes ikke") as caught:
        LAYERS[wrong]
    assert f"«{right}»" in caught.value.remedy


def test_a_name_like_no_other_gets_the_whole_list() -> None:
    with pytest.raises(CatalogueError) as caught:
        LAYERS["zzz"]
    assert "Katalogen har: adresse, ar5" in caught.value.remedy
    assert LAYERS.get("zzz") is None
    assert "zzz" not in LAYERS


@pytest.mark.parametrize(
    ("rule", "mapped", "status"),
    [
        ("kommunen", None, Status.NO_HIT),
        ("kommunen", False, Status.NOT_MAPPED),
        ("kartlagt", True, Status.NO_HIT),
        ("kartlagt", None, Status.NOT_MAPPED),
        ("kartlagt", False, Status.NOT_MAPPED),
        ("registrert", True, Status.NOT_MAPPED),
        ("ukjent", True, Status.NOT_MAPPED),
    ],
)
def test_no_hit_is_green_only_where_the_layer_is_complete(
    rule: str, mapped: bool | None, status: Status
) -> None:
    assert Coverage(rule=rule).no_hit(mapped=mapped) is status


def test_hazards_are_never_green_where_they_are_not_mapped() -> None:
    hazards = ("kvikkleire_faresone", "kvikkleire_aktsomhet", "flom", "stormflo", "stoy")
    assert {LAYERS[i].coverage.rule for i in hazards} == {"kartlagt"}


def test_layers_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(dict(LAYERS))) == dict(LAYERS)  # noqa: S301  (our own bytes)


def test_the_catalogue_is_read_quickly_and_once() -> None:
    # The command line waits for this: it must be the loader in C, several times the other.
    texts = [path.read_text(encoding="utf-8") for path in built_in_folder().glob("*.yml")]
    slow = _fastest(lambda: [list(yaml.safe_load_all(text)) for text in texts])
    assert _fastest(_read_anew) < slow / 2
    assert load_catalogue() is load_catalogue()


def _read_anew() -> None:
    _load.cache_clear()
    load_catalogue()


def _fastest(work: Callable[[], object]) -> float:
    """Processor time of the fastest of three, which another's work does not change."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


# National files


def _documents(path: Path) -> list[dict[str, object]]:
    text = path.read_text(encoding="utf-8")
    return [d for d in yaml.safe_load_all(text) if d is not None]


def _open(value: object) -> object:
    """Turn credentials back into what the file says."""
    if isinstance(value, Credentials):
        return dict(value)
    if isinstance(value, dict):
        return {k: _open(v) for k, v in value.items()}
    return [_open(v) for v in value] if isinstance(value, list) else value


def test_every_national_file_loads_unchanged(shared_data: Path) -> None:
    folder = shared_data / "dok-config"
    catalogue = load_catalogue(folder)
    files = sorted(folder.glob("*.yml"))
    assert len(files) == 59
    for path in files:
        documents = _documents(path)
        datasets = [d for d in documents if d["type"] == "dataset"]
        qualities = [d for d in documents if d["type"] == "quality"]
        for dataset in datasets:
            layer = catalogue[path.stem]
            assert _open(dict(layer.dok)) == dataset, path.name
            assert layer.config_id == dataset["config_id"]
            assert layer.metadata_id == dataset["metadata_id"]
            assert layer.disabled is bool(dataset.get("disabled"))
            assert list(layer.columns) == (dataset["properties"] or [])
        for quality in qualities:
            given = quality["indicators"]
            if "config_id" not in quality:
                assert list(catalogue.common_quality) == given
            elif datasets:
                assert list(catalogue[path.stem].quality) == given, path.name


def test_a_national_file_keeps_filters_status_and_guidance(shared_data: Path) -> None:
    layer = load_catalogue(shared_data / "dok-config")["nve_flomsoner"]
    (flood,) = layer.dok["layers"]
    assert flood["filter"] == "gjentaksintervall IN (20, 200, 2100)"
    assert flood["result_status"] == "HIT-RED"
    assert flood["planning_guidance_id"] == "e1ec191f-9b57-4d59-8d56-f2fbf21f825d"
    assert layer.quality[0]["type"] == "coverage"
    assert layer.coverage.no_hit() is Status.NOT_MAPPED


def test_credentials_are_never_printed(shared_data: Path) -> None:
    layer = load_catalogue(shared_data / "dok-config")["dibk_kommuneplaner"]
    auth = layer.dok["ogc_api"]["auth"]
    assert auth["password"] == "${NAP_PASSWORD}"  # noqa: S105  (a placeholder of the file)
    assert "NAP_PASSWORD" not in repr(layer)
    assert "NAP_PASSWORD" not in str(auth)


def test_our_layers_carry_the_national_keys_of_the_same_dataset(shared_data: Path) -> None:
    national = load_catalogue(shared_data / "dok-config")
    by_config = {n.config_id: n for n in national.values() if not n.allows}
    ours = [layer for layer in LAYERS.values() if layer.config_id]
    assert len(ours) >= 7
    for layer in ours:
        other = by_config[layer.config_id]
        assert layer.metadata_id == other.metadata_id
        assert {s["result_status"] for s in layer.dok.get("layers", [])} <= {
            s["result_status"] for s in other.dok["layers"]
        }


# A user's own files

OWN = """\
---
type: dataset
id: lekeplass
title: Lekeplasser
theme: Oppvekst
owner: Kommunen
licence: Kommunens egne data
attribution: © kommunen
geometry: punkt
key: plass_id
columns:
  plass_id: {title: Plass-id, required: true}
  tilstand: {title: Tilstand, type: heltall, codes: tilstand}
coverage: {rule: kommunen, text: Alle lekeplasser er med.}
style:
  column: tilstand
  classes: tilstand
order: {owner: Kommunen, where: Parkavdelingen, format: GeoPackage}
"""
CODES = "kode,navn,gruppe,farge\n1,God,,#00aa00\n2,Dårlig,,#aa0000\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "lekeplass.yml").write_text(OWN, encoding="utf-8")
    (tmp_path / "tilstand.csv").write_text(CODES, encoding="utf-8")
    return tmp_path


def test_a_user_adds_a_layer_by_adding_a_file(own: Path) -> None:
    catalogue = load_catalogue(own)
    layer = catalogue["lekeplass"]
    assert layer.columns["tilstand"].codes == {1: "God", 2: "Dårlig"}
    assert layer.style.classes[1].fill == "#aa0000"
    assert len(catalogue) == len(LAYERS) + 1
    assert "lekeplass" not in load_catalogue()


def test_a_class_has_its_own_dash_shape_width_and_size(own: Path) -> None:
    classes = "[{value: 1, label: God, dash: true}, {value: 2, label: D, shape: star, size: 3}]"
    text = OWN.replace(
        "  classes: tilstand", f"  shape: square\n  width: 0.7\n  classes: {classes}"
    )
    (own / "lekeplass.yml").write_text(text, encoding="utf-8")
    style = load_catalogue(own)["lekeplass"].style
    assert [(one.dash, one.shape, one.size) for one in style.classes] == [
        (True, "", 0),
        (False, "star", 3),
    ]
    assert [(one.dash, one.shape, one.width, one.size) for one in symbols(style, "L")] == [
        (True, "square", 0.7, 2),
        (False, "star", 0.7, 3),
        (False, "square", 0.7, 2),
    ]


def test_pipes_have_the_colours_and_nodes_the_marks_of_maps_of_pipes() -> None:
    catalogue = load_catalogue()
    lines = {one.value: one.stroke for one in catalogue["va_ledning"].style.classes}

    def most(colour: str) -> str:
        parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        return "svart" if max(parts) < 64 else ("rød", "grønn", "blå")[parts.index(max(parts))]

    assert {value: most(colour) for value, colour in lines.items()} == {
        "vann": "blå",
        "spillvann": "grønn",
        "overvann": "svart",
        "avlop_felles": "rød",
    }
    marks = {one.value: one.shape for one in catalogue["va_node"].style.classes}
    assert (marks["kum"], marks["sluk"]) == ("circle", "square")
    for name in ("va_node", "va_anlegg"):
        looks = [(one.fill, one.shape, one.size) for one in catalogue[name].style.classes]
        assert len(set(looks)) == len(looks)


def test_a_users_file_replaces_a_built_in_layer(tmp_path: Path) -> None:
    text = (built_in_folder() / "senter.yml").read_text(encoding="utf-8")
    (tmp_path / "sentre.yml").write_text(text.replace("Senterstruktur", "Våre sentre"), "utf-8")
    assert load_catalogue(tmp_path)["senter"].title == "Våre sentre"


def test_a_changed_file_and_a_changed_code_list_are_read_again(own: Path) -> None:
    load_catalogue(own)
    (own / "tilstand.csv").write_text(CODES + "3,Ukjent,,\n", encoding="utf-8")
    assert len(load_catalogue(own)["lekeplass"].columns["tilstand"].codes or {}) == 3


def test_a_single_file_can_be_given(own: Path) -> None:
    assert "lekeplass" in load_catalogue(own / "lekeplass.yml")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="finnesikke"):
        load_catalogue(tmp_path / "finnesikke")


# Faults


def _faults(folder: Path, text: str) -> str:
    (folder / "lekeplass.yml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)
    return caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("owner: Kommunen\n", "ower: Kommunen\n", "linje 6: ower: ukjent nøkkel «ower»"),
        ("owner: Kommunen\n", "", "nøkkelen «owner» mangler"),
        ("geometry: punkt", "geometry: prikk", "linje 9: geometry: 'prikk' er ikke blant"),
        ("key: plass_id", "key: plassid", "linje 10: key: «plassid» er ikke blant kolonnene"),
        ("type: heltall", "type: tall", "linje 13: columns.tilstand.type: 'tall' er ikke blant"),
        ("codes: tilstand", "codes: {a: A}", "koden 'a' passer ikke til «heltall»"),
        ("codes: tilstand", "codes: finnesikke", "Kodelisten «finnesikke» finnes ikke"),
        ("required: true", "required: kanskje", "linje 12: columns.plass_id.required: skal være"),
        ("rule: kommunen", "rule: alltid", "linje 14: coverage.rule: 'alltid' er ikke blant"),
        ("column: tilstand", "column: farge", "style.column: «farge» er ikke blant kolonnene"),
        ("  classes: tilstand\n", "", "«column» og «classes» hører sammen"),
        ("  column: tilstand\n", "  fill: grønn\n", "«grønn» er ikke en farge"),
        ("  classes: tilstand", "  shape: prikk", "linje 17: style.shape: 'prikk' er ikke blant"),
        (
            "  classes: tilstand",
            "  classes: [{value: 1, label: God, shape: oval}]",
            "linje 17: style.classes[0].shape: 'oval' er ikke blant",
        ),
        (
            "  classes: tilstand",
            "  classes: [{value: 1, label: God, dash: kanskje}]",
            "linje 17: style.classes[0].dash: skal være",
        ),
        ("title: Lekeplasser", "title: [a]", "linje 4: title: skal være tekst"),
        ("id: lekeplass", "id: Lekeplass", "må være små bokstaver"),
        ("id: lekeplass\n", "", "«id» (eget lag) eller «name» (nasjonalt) mangler"),
        ("type: dataset", "type: datasett", "«type: dataset» eller «type: quality»"),
        ("theme: Oppvekst", "title: To", "linje 5: kan ikke leses som YAML (nøkkelen «title»"),
        ("theme: Oppvekst", "theme: [", "kan ikke leses som YAML"),
        ("geometry: punkt", "sources: [{protocol: ftp}]", "linje 9: sources[0].protocol: 'ftp'"),
        ("geometry: punkt", "legal_basis: [pbl]", "linje 9: legal_basis[0]: skal ha nøklene"),
        ("geometry: punkt", "columns: [a]", "YAML (nøkkelen «columns» er gitt to ganger)"),
    ],
)
def test_a_fault_is_named_with_file_and_line(own: Path, old: str, new: str, problem: str) -> None:
    assert old in OWN
    message = _faults(own, OWN.replace(old, new, 1))
    assert "lekeplass.yml" in message
    assert problem in message


def test_all_faults_are_told_at_once(own: Path) -> None:
    text = OWN.replace("geometry: punkt", "geometry: prikk").replace("rule: kommunen", "rule: x")
    (own / "annen.yml").write_text(OWN, encoding="utf-8")
    message = _faults(own, text)
    assert "prikk" in message
    assert "coverage.rule" in message
    assert "laget «lekeplass» finnes også i annen.yml" in message


def test_an_empty_file_is_a_fault(own: Path) -> None:
    assert "filen er tom" in _faults(own, "---\n")


def test_a_file_that_is_not_utf8_is_a_fault(own: Path) -> None:
    (own / "lekeplass.yml").write_bytes(OWN.encode("latin-1"))
    with pytest.raises(CatalogueError, match="er ikke UTF-8"):
        load_catalogue(own)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kode;navn\n1;God\n", "må ha kolonnene"),
        ("kode,navn\n1,God\n1,Dårlig\n", "linje 3: koden «1»"),
        ("kode,navn\n1,\n", "linje 2: koden «1»"),
    ],
)
def test_a_broken_code_list_is_a_fault(own: Path, text: str, problem: str) -> None:
    (own / "tilstand.csv").write_text(text, encoding="utf-8")
    assert problem in _faults(own, OWN)


def test_an_empty_catalogue_still_answers() -> None:
    with pytest.raises(CatalogueError, match="«ar5» finnes ikke"):
        Catalogue({})["ar5"]


# The guide


def test_the_example_in_the_guide_is_a_layer_that_loads(tmp_path: Path) -> None:
    example = GUIDE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    (tmp_path / "lekeplass.yml").write_text(example, encoding="utf-8")
    assert load_catalogue(tmp_path)["lekeplass"].columns["areal"].header == "Areal (m²)"


def test_the_guide_explains_every_key() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    own = (OWN_KEYS | NATIONAL_KEYS | {f.name for f in fields(LayerColumn)}) - {"name"}
    nested = {f.name for kind in (Source, Order, Style, Coverage, LegalBasis) for f in fields(kind)}
    assert [key for key in sorted(own | nested) if f"`{key}`" not in text] == []
    assert [word for word in (*GEOMETRIES, *COVERAGE_RULES) if f"`{word}`" not in text] == []


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.id)
def test_a_mapping_that_a_layer_names_exists_and_makes_that_layer(layer: Layer) -> None:
    named = {layer.order.mapping, *(source.mapping for source in layer.sources)} - {""}
    assert {name: load_mapping(name).layer for name in named} == dict.fromkeys(named, layer.id)
    assert not layer.order.mapping or layer.order.mapping in {s.mapping for s in layer.sources}
