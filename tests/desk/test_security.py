"""Nobody but this machine's own browser, with the key, gets anything from the desk."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from askergeo.desk.security import Gate

PAGES = ("/", "/pakke?navn=kommune/datapakke", "/resultater", "/filer/desk.css", "/kjoring/x")
BOUNDARY = "grense"


def part(name, filename, content):
    head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.mark.parametrize("path", PAGES)
def test_without_the_cookie_nothing_is_shown(desk, path):
    answer = httpx.get(desk.base + path, trust_env=False)
    assert answer.status_code == 403
    assert "terminalvinduet" in answer.text
    assert "Eksempelbygda" not in answer.text


@pytest.mark.parametrize("cookie", ["", "feil", "é"])
def test_a_wrong_cookie_is_none(desk, cookie):
    headers = {"cookie": f"{desk.gate.cookie}={cookie}".encode()}
    assert httpx.get(desk.base, headers=headers, trust_env=False).status_code == 403


@pytest.mark.parametrize("key", ["", "feil", "%C3%A9"])
def test_a_wrong_key_gives_no_cookie(desk, key):
    answer = httpx.get(f"{desk.base}/inn?nokkel={key}", trust_env=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_the_cookie_is_for_the_desk_alone(desk):
    answer = httpx.get(desk.gate.address(), trust_env=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert desk.gate.key not in cookie


def test_the_key_that_a_browser_is_started_with_is_good_once():
    gate = Gate(port=1)
    key = gate.once()
    assert gate.opens(key)
    assert not gate.opens(key)
    assert gate.opens(gate.key)
    assert gate.opens(gate.key)
    assert gate.key not in repr(gate)


@pytest.mark.parametrize(
    "host", ["ond.example", "ond.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_another_name_for_the_address_is_refused(desk, host):
    headers = {"host": host.format(port=desk.gate.port)}
    for path in ("/", "/inn?nokkel=x", "/rapport/a/b/index.html"):
        assert desk.client.get(path, headers=headers).status_code in {400, 421}


def test_localhost_is_the_desk_too(desk):
    answer = desk.client.get("/", headers={"host": f"localhost:{desk.gate.port}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("origin", [None, "null", "http://ond.example", "http://127.0.0.1:1"])
def test_only_the_desks_own_pages_change_anything(desk, origin):
    headers = {} if origin is None else {"origin": origin}
    answer = desk.client.post("/planer", headers=headers, files={"fil": ("a.gml", b"x")})
    assert answer.status_code == 403
    assert not desk.workspace.plans().keys() & {"planer/a.gml"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_other_methods_are_refused(desk, method):
    answer = desk.client.request(method, "/")
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", [*PAGES, "/finnes-ikke", "/inn?nokkel=feil"])
def test_every_answer_has_the_policy(desk, path):
    headers = desk.client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


@pytest.mark.parametrize("name", ["../pages.py", "%2e%2e/pages.py", "front.html.j2", "desk.css/x"])
def test_only_the_desks_own_files_are_given(desk, name):
    assert desk.client.get(f"/filer/{name}").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "kommune/../..",
        "/etc",
        "kommune",
        "resultater",
        "kommune/datapakke/lag",
        "\0",
        "é" * 999,
    ],
)
def test_only_packages_that_were_found_are_opened(desk, name):
    assert desk.client.get("/pakke", params={"navn": name}).status_code == 404
    assert desk.client.get("/analyse/oversikt", params={"pakke": name}).status_code == 404
    answer = desk.post("/analyse/oversikt", data={"pakke": name})
    assert answer.status_code == 404


def test_a_link_out_of_the_folder_is_not_followed(desk, demo_folder, root):
    (root / "lenke").symlink_to(demo_folder / "datapakke")
    (root / "planer").mkdir()
    (root / "planer" / "hemmelig.gml").symlink_to("/etc/hostname")
    assert "lenke" not in desk.client.get("/").text
    assert "hemmelig" not in desk.client.get("/").text


def test_more_than_the_limit_is_refused_before_it_is_read(desk):
    answer = desk.post("/planer", files={"fil": ("stor.gml", b"x" * 6_000_000)})
    assert answer.status_code == 413
    assert not (desk.workspace.root / "planer").exists()


def test_more_than_the_limit_without_a_length_is_refused(desk):
    def chunks():
        yield part("fil", "stor.gml", b"")[: -len(BOUNDARY) - 8]
        for _ in range(80):
            yield b"x" * 100_000

    headers = {
        "origin": desk.base,
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
    }
    try:
        answer = desk.client.post("/planer", content=chunks(), headers=headers)
    except httpx.HTTPError:
        pass  # the desk hung up while the rest was on its way
    else:
        assert answer.status_code == 413
    assert not (desk.workspace.root / "planer").exists()
    assert desk.client.get("/").status_code == 200


@pytest.mark.parametrize("body", [b"", b"--x", b"\xff\x00" * 50, b'{"a": 1}'])
@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=x", "text/plain"]
)
def test_what_is_no_form_is_refused(desk, body, kind):
    headers = {"origin": desk.base, "content-type": kind}
    answer = desk.client.post("/planer", content=body, headers=headers)
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../ut.gml", "ut.gml"),
        ("..\\..\\ut.gml", "ut.gml"),
        ("/etc/cron.d/plan.gml", "plan.gml"),
        (".skjult.gml", "skjult.gml"),
        ("con.gml", "fil-con.gml"),
        ("<script>alert(1)</script>.gml", "script.gml"),
        ("plan; rm -rf $HOME `id`.gml", "plan-rm-rf-HOME-id.gml"),
        ("--ut=x.gml", "ut-x.gml"),
        ("blå 🗺 plan.gml", "blå-plan.gml"),
        ("a" * 300 + ".gml", "a" * 96 + ".gml"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(desk, name, kept):
    answer = desk.post("/planer", files={"fil": (name, b"innhold")})
    assert answer.status_code == 303
    files = [path.name for path in (desk.workspace.root / "planer").iterdir()]
    assert files == [kept]


@pytest.mark.parametrize("name", ["virus.exe", "plan", "plan.gml.sh", "....", ".gml"])
def test_other_kinds_of_files_are_refused(desk, name):
    answer = desk.post("/planer", files={"fil": (name, b"innhold")})
    assert answer.status_code == 422
    folder = desk.workspace.root / "planer"
    assert not folder.exists() or not list(folder.iterdir())


def test_a_plan_is_never_put_in_the_place_of_another(desk):
    for content in (b"en", b"to"):
        assert desk.post("/planer", files={"fil": ("plan.gml", content)}).status_code == 303
    folder = desk.workspace.root / "planer"
    assert [(folder / name).read_bytes() for name in ("plan.gml", "plan-2.gml")] == [b"en", b"to"]


@pytest.fixture
def desk_and_report(root, opening):
    """A desk with a run that has ended, and the address of its files."""
    folder = root / "resultater" / "2026-01-01-000000-oversikt"
    (folder / "rapport").mkdir(parents=True)
    record = {
        **dict.fromkeys(("verb", "title", "package", "package_name", "scenario"), ""),
        "id": folder.name,
        "values": {},
        "arguments": [],
        "state": "ferdig",
        "code": 0,
    }
    (folder / "kjoring.json").write_text(json.dumps(record))
    (folder / "rapport" / "index.html").write_text("<!DOCTYPE html><title>x</title>")
    (folder / "rapport" / "askergeo.gpkg").write_bytes(b"g")
    (folder / "rapport" / ".skjult").write_text("s")
    with opening(root) as desk:
        yield desk, f"/rapport/{desk.gate.seal(folder.name)}/{folder.name}/"


def test_a_report_is_shown_in_a_world_of_its_own(desk_and_report):
    desk, report = desk_and_report
    answer = httpx.get(desk.base + report + "index.html", trust_env=False)
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "sandbox" in policy
    assert "allow-same-origin" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    file = httpx.get(desk.base + report + "askergeo.gpkg", trust_env=False)
    assert "attachment" in file.headers["content-disposition"]
    assert "allow-scripts" not in file.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../kjoring.json",
        "%2e%2e/kjoring.json",
        "..%2fkjoring.json",
        "..%5ckjoring.json",
        "bilder/../../kjoring.json",
        ".skjult",
        "%00",
        "/etc/hostname",
        "%2fetc%2fhostname",
        "index.html/",
        "index.html/x",
    ],
)
def test_nothing_beside_a_report_is_given(desk_and_report, name):
    """Sent as it is: a client would tidy the path first."""
    desk, report = desk_and_report
    with socket.create_connection(("127.0.0.1", desk.gate.port), timeout=30) as line:
        line.sendall(
            f"GET {report}{name} HTTP/1.1\r\nHost: 127.0.0.1:{desk.gate.port}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.split(b" ", 2)[1] in {b"400", b"403", b"404", b"307"}
    assert b"arguments" not in answer
    assert b"<title>x</title>" not in answer


def test_the_key_of_a_report_opens_that_report_only(desk_and_report):
    desk, report = desk_and_report
    seal = report.split("/")[2]
    other = desk.jobs.reserve("oversikt")
    for path in (
        f"/rapport/{'0' * 40}/{report.split('/')[3]}/index.html",
        f"/rapport/{seal}/{other}/index.html",
    ):
        assert desk.client.get(path).status_code == 404


def test_the_key_is_in_no_log(desk, capfd):
    desk.client.get("/")
    httpx.get(desk.gate.address(), trust_env=False)
    said = "".join(capfd.readouterr())
    assert desk.gate.key not in said
    assert desk.gate.session not in said
