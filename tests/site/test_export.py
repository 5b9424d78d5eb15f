"""`porchlight export`: every page of the site as a plain file that asks nothing of anyone."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import multiprocessing
import posixpath
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.utils import translation
from django.utils.translation import gettext

from porchlight import places
from porchlight.facts import in_force
from porchlight.facts.schema import ContactRole, Kind, RouteModel
from porchlight.report import answer_any_hour, offline, pages
from porchlight.report.answer import Concern, Role
from porchlight.site.export import crawl, export, side_by_side
from porchlight.site.export.folder import ExportError
from tests.site import exported

LANGUAGES = ("en", "es")


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy of everything, for all tests of this file."""
    return exported.everything(tmp_path_factory.mktemp("export"))


class _Read(HTMLParser):
    """What the tests want to know of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.sends: list[str] = []
        self.language = self.title = ""
        self._in_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self._in_title = tag == "title"
        self.links += [str(values[name]) for name in ("href", "src") if values.get(name)]
        self.sends += [
            name for name in ("action", "formaction", "method", "ping", "srcset") if name in values
        ]
        if tag != "a":
            self.loads += [
                str(values[name]) for name in ("href", "src", "data", "poster") if values.get(name)
            ]
        if values.get("id"):
            self.ids.add(str(values["id"]))
        if tag == "html":
            self.language = values.get("lang") or ""

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
            self._in_title = False


@pytest.fixture(scope="session")
def read(copy: Path) -> dict[str, _Read]:
    """Every page, by its path."""
    return {
        path.relative_to(copy).as_posix(): _Read(path.read_text(encoding="utf-8"))
        for path in copy.rglob("*.html")
    }


def test_every_jurisdiction_has_all_its_pages_in_every_language(read: dict[str, _Read]) -> None:
    sheets = ["", "how-we-know/", "one-page/", "call-sheet/"]
    sheets += [f"{number}/" for number in range(1, 11)]
    sheets += [f"one-page/{number}/" for number in range(1, len(pages.WORK_ROLES))]
    wanted = {
        f"{prefix}us/{code[3:].lower()}/{sheet}index.html"
        for prefix in ("", "es/")
        for code, _ in places.jurisdictions()
        for sheet in sheets
    }
    assert wanted - read.keys() == set()


def test_a_county_has_a_page_where_the_county_decides_whom_to_call(read: dict[str, _Read]) -> None:
    facts = in_force().current()
    counted = 0
    for code, _ in places.jurisdictions():
        if facts.jurisdictions[code].routing.model in (RouteModel.statewide, RouteModel.none_known):
            continue
        for county in places.counties(code):
            assert f"{places.slug(county)}/index.html" in read
            assert f"es/{places.slug(county)}/index.html" in read
            counted += 1
    assert counted > 500


def test_every_link_of_the_copy_leads_to_a_file_and_a_place_in_it(copy: Path, read: dict[str, _Read]) -> None:
    lost = []
    present = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    for path, page in read.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            name = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts.path)))
            name = name if parts.path else path
            there = name in present and (not parts.fragment or parts.fragment in read[name].ids)
            if link.startswith("/") or not there:
                lost.append((path, link))
    assert lost == []


def test_links_out_of_the_copy_call_write_or_open_a_page_and_load_nothing(
    read: dict[str, _Read],
) -> None:
    schemes = {urlsplit(link).scheme for page in read.values() for link in page.links}
    assert schemes <= {"", "tel", "sms", "mailto", "https", "http"}
    assert {"", "tel", "https"} <= schemes
    loaded = {link for page in read.values() for link in page.loads}
    assert {Path(link).name for link in loaded} == {"icon.svg", "keep.js"}
    assert [link for link in loaded if urlsplit(link).scheme or urlsplit(link).netloc] == []


def test_no_page_can_send_anything(read: dict[str, _Read]) -> None:
    assert [path for path, page in read.items() if page.sends or page.tags & {"form", "iframe"}] == []
    assert {path for path, page in read.items() if "button" in page.tags} == {
        "keep/index.html",
        "es/keep/index.html",
    }


def _words_of_worry_and_role() -> set[str]:
    """What must stand in no address: the words of every concern and role but the plain ones."""
    words = {word for code in (*Concern, *Role) for word in code.value.split("_")}
    return (words | {"trafficking", "abuse", "sex", "trata", "abuso"}) - {
        "anyone",
        "now",
        "or",
        "me",
        "in",
        "other",
    }


def test_no_path_names_a_worry_or_a_role(copy: Path) -> None:
    slugs = [places.slug(c).split("/") for code, _ in places.jurisdictions() for c in places.counties(code)]
    counties = {slug[2] for slug in slugs if len(slug) == 3}
    named = {
        part
        for path in copy.rglob("*")
        for part in path.relative_to(copy).parts
        if part not in counties and set(re.split(r"[^a-z]+", part.lower())) & _words_of_worry_and_role()
    }
    assert named == set()


def test_the_title_of_a_page_is_the_same_for_every_worry_and_role(read: dict[str, _Read]) -> None:
    for code, _ in places.jurisdictions():
        for prefix in ("", "es/"):
            place = f"{prefix}us/{code[3:].lower()}/"
            plain = read[f"{place}call-sheet/index.html"].title
            numbered = [p for p in read if re.fullmatch(rf"{place}(one-page/)?\d+/index\.html", p)]
            assert len(numbered) > 30
            assert {read[path].title for path in numbered} == {plain}


def test_every_page_says_its_language_its_day_and_that_hours_are_not_live(
    copy: Path, read: dict[str, _Read]
) -> None:
    day = json.loads((copy / "made.json").read_text())["day"]
    assert dt.date.fromisoformat(day)
    said = {}
    for code in LANGUAGES:
        with translation.override(code):
            made = "Copy made on %(day)s. Hours are not live. Numbers may have changed since."
            said[code] = gettext(made) % {"day": day}
    assert said["en"] != said["es"]
    for path, page in read.items():
        language = "es" if path.startswith("es/") else "en"
        assert page.language == language, path
        assert said[language] in (copy / path).read_text(encoding="utf-8"), path


def test_no_page_claims_that_a_line_is_open_or_closed_now(copy: Path, read: dict[str, _Read]) -> None:
    live = re.compile(r"Open now|Closed now|Abierto ahora|Cerrado ahora|may be closed now")
    assert [path for path in read if live.search((copy / path).read_text(encoding="utf-8"))] == []


def _tel_links(page: _Read) -> set[str]:
    return {unquote(link.removeprefix("tel:")) for link in page.links if link.startswith("tel:")}


def test_the_intake_number_of_every_jurisdiction_is_a_link_on_its_pages(read: dict[str, _Read]) -> None:
    facts = in_force().current()
    day = dt.datetime.now(dt.UTC).date()
    found = 0
    for code, _ in places.jurisdictions():
        given = answer_any_hour(places.place_for(code), Concern.abuse_neglect, Role.anyone, day)
        numbers = {c.value for c in given.contacts if c.role is ContactRole.intake and c.kind is Kind.phone}
        for prefix in ("", "es/"):
            shown = _tel_links(read[f"{prefix}us/{code[3:].lower()}/index.html"])
            assert numbers <= shown, code
            assert "911" in shown
        found += bool(numbers)
        statewide = facts.jurisdictions[code].routing.model is RouteModel.statewide
        assert numbers or not statewide, code
    assert found >= 40


def test_no_withheld_or_known_bad_number_is_a_link_anywhere(read: dict[str, _Read]) -> None:
    facts = in_force().current()
    withheld = {
        c.value for code, _ in places.jurisdictions() for c in facts.contacts(code) if c.withhold is not None
    }
    bad = {bad.value for code, _ in places.jurisdictions() for bad in facts.jurisdictions[code].known_bad}
    # A number that one list prints wrongly for a place may be another place's own.
    live = {c.value for code, _ in places.jurisdictions() for c in facts.contacts(code) if c.withhold is None}
    never = {value for value in withheld | bad if value} - live
    assert never
    shown = {number for page in read.values() for number in _tel_links(page)}
    assert len(shown) > 100
    assert shown & never == set()
    national = facts.national.contacts
    for code, _ in places.jurisdictions():
        own_bad = {each.value for each in facts.jurisdictions[code].known_bad}
        own = {
            n
            for p, page in read.items()
            if re.match(rf"(es/)?us/{code[3:].lower()}/", p)
            for n in _tel_links(page)
        }
        # A number that is wrong for the whole of a place may be right for one county of it.
        # And a national line is right as what it is, also where lists print it in place of the state's own.
        given = [(code, c) for c in facts.jurisdictions[code].contacts] + [(None, c) for c in national]
        right = {c.value for owner, c in given if c.withhold is None and not facts.is_known_bad(owner, c)}
        assert own & (own_bad - right) == set(), code


def test_a_page_carries_its_own_policy_which_lets_no_other_host_in(copy: Path) -> None:
    page = (copy / "us/ky/3/index.html").read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    text = policy[1].replace("&#x27;", "'")
    assert text.startswith("default-src 'none'; ")
    assert "form-action 'none'" in text
    assert "http" not in text
    assert "unsafe" not in text
    # A browser that does not know a style or a script by its hash would not run it.
    for tag in ("style", "script"):
        for inline in re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL):
            digest = hashlib.sha256(inline.encode()).digest()
            assert base64.b64encode(digest).decode() in text


def test_the_sums_are_those_of_all_the_files(copy: Path) -> None:
    lines = [line.split("  ") for line in (copy / "SHA256SUMS").read_text().splitlines()]
    sums = {path: digest for digest, path in lines}
    present = {p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file()} - {"SHA256SUMS"}
    assert sums.keys() == present
    for path in ("index.html", "sw.js", "es/us/nc/wake/index.html"):
        assert hashlib.sha256((copy / path).read_bytes()).hexdigest() == sums[path]


def test_the_worker_keeps_the_same_files_for_everyone_and_all_of_them_exist(copy: Path) -> None:
    script = (copy / "sw.js").read_text()
    kept = json.loads(re.search(r"const files = (\[.*?\]);", script)[1])  # type: ignore[index]
    assert [path for path in kept if not (copy / path).is_file()] == []
    for code, _ in places.jurisdictions():
        assert f"us/{code[3:].lower()}/index.html" in kept
        assert f"es/us/{code[3:].lower()}/index.html" in kept
    assert "us/ky/3/index.html" in kept
    assert "us/tn/3/index.html" not in kept
    assert json.loads((copy / "made.json").read_text())["version"] != "VERSION"
    assert re.search(r'const version = "[0-9a-f]{16}";', script)


# --- the same, whole or not at all ------------------------------------------------------------------------------------


def _small(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes] | None = None) -> None:
    """Let an export be of two pages, so that what it does with folders is quick to see."""

    def few(day: dt.date) -> Iterator[tuple[str, bytes]]:
        yield from (files or {"index.html": b"one", "us/index.html": str(day).encode()}).items()

    monkeypatch.setattr("porchlight.site.export.side_by_side.files", few)


DAY = dt.date(2026, 11, 22)


def _all_of(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_a_new_export_replaces_an_earlier_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _small(monkeypatch, {"index.html": b"old", "gone/index.html": b"old"})
    export(tmp_path / "copy", DAY)
    _small(monkeypatch)
    made = export(tmp_path / "copy", DAY)
    there = _all_of(tmp_path / "copy")
    assert sorted(there) == ["SHA256SUMS", "index.html", "made.json", "sw.js", "us/index.html"]
    assert there["index.html"] == b"one"
    assert made.files == len(there)
    assert made.size == sum(map(len, there.values()))
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_the_same_facts_and_day_give_the_same_bytes(copy: Path) -> None:
    """150 pages are compared: each is made by itself, in this process as in the command's."""
    day = dt.date.fromisoformat(json.loads((copy / "made.json").read_text())["day"])
    for (path, content), _ in zip(crawl.files(day, "es", set()), range(150), strict=False):
        assert (copy / path).read_bytes() == content, path


@pytest.mark.parametrize("stranger", ["notes.txt", "us/mine.html", ".git/config"])
def test_a_folder_that_holds_anything_else_is_refused_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stranger: str
) -> None:
    _small(monkeypatch)
    export(tmp_path / "copy", DAY)
    other = tmp_path / "copy" / stranger
    other.parent.mkdir(exist_ok=True)
    other.write_text("mine")
    before = _all_of(tmp_path)
    with pytest.raises(ExportError, match="holds files that no export made"):
        export(tmp_path / "copy", DAY)
    assert _all_of(tmp_path) == before


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(ExportError, match="is not a folder"):
        export(tmp_path / "copy", DAY)
    assert (tmp_path / "copy").read_text() == "mine"


def test_an_export_that_fails_midway_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _small(monkeypatch)
    export(tmp_path / "copy", DAY)
    before = _all_of(tmp_path)

    def failing(day: dt.date) -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"new"
        raise ExportError("/us/ has a form")

    monkeypatch.setattr("porchlight.site.export.side_by_side.files", failing)
    with pytest.raises(ExportError, match="has a form"):
        export(tmp_path / "copy", DAY)
    assert _all_of(tmp_path) == before


def test_a_full_disk_midway_is_said_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _small(monkeypatch)
    export(tmp_path / "copy", DAY)
    before = _all_of(tmp_path)

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ExportError, match="No space left on device"):
        export(tmp_path / "copy", DAY)
    monkeypatch.undo()
    assert _all_of(tmp_path) == before


def test_an_empty_folder_may_be_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _small(monkeypatch)
    (tmp_path / "copy").mkdir()
    export(tmp_path / "copy", DAY)
    assert (tmp_path / "copy" / "index.html").read_bytes() == b"one"


def test_a_process_that_cannot_start_its_work_stops_the_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.site.no_such_settings")
    with pytest.raises(ExportError, match="ended before it was done"):
        export(tmp_path / "copy", DAY)
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_with_a_page_is_told_across_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(day: dt.date, code: str, linked: set[str]) -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"one"
        raise ExportError("/us/ has a form")

    monkeypatch.setattr("porchlight.site.export.crawl.files", failing)
    monkeypatch.setattr("signal.signal", lambda *args: None)
    ours, theirs = multiprocessing.Pipe(duplex=False)
    side_by_side._work(theirs, DAY, "en")
    assert ours.recv() == ("index.html", b"one")
    assert str(side_by_side._next(ours)) == "/us/ has a form"


# --- what a page must not have ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html", ['<form method="post">', '<FORM action="/answer/">', '<button formaction="/x/">']
)
def test_a_form_left_in_a_template_stops_the_export(html: str) -> None:
    with pytest.raises(ExportError, match="/us/ky/ has a form"):
        crawl._refuse_forms(f"<p>{html}</p>", "/us/ky/")


@pytest.mark.parametrize("link", ["/us/?lang=es", "//elsewhere.example/"])
def test_a_link_that_no_file_can_be_stops_the_export(link: str) -> None:
    with pytest.raises(ExportError, match="which no file can be"):
        crawl._links(f'<a href="{link}">', "/us/ky/")


def test_links_become_relative_to_their_page() -> None:
    html = '<a href="/">1</a> <a href="/us/ky/#say">2</a> <img src="/icon.svg"> <a href="https://x.example/">3</a>'
    assert crawl._relative(html, "/es/us/ky/3/") == (
        '<a href="../../../../index.html">1</a> <a href="../../../../us/ky/index.html#say">2</a> '
        '<img src="../../../../icon.svg"> <a href="https://x.example/">3</a>'
    )
    assert crawl._relative('<a href="/us/">', "/") == '<a href="us/index.html">'


# --- numbers for worries ----------------------------------------------------------------------------------------------


def test_every_worry_and_every_work_has_a_number_and_each_number_leads_back() -> None:
    for concern in Concern:
        address = offline.address("us/ky", concern)
        number = re.fullmatch(r"us/ky/(?:(\d+)/)?", address)
        assert number
        if number[1]:
            assert offline.asked(int(number[1])) == (concern, Role.anyone)
        else:
            assert concern is Concern.abuse_neglect
    for role in pages.WORK_ROLES:
        number = re.fullmatch(r"us/ky/one-page/(?:(\d+)/)?", offline.work_address("ky", role))
        assert number
        assert (offline.work(int(number[1])) if number[1] else Role.school) is role


@pytest.mark.parametrize("number", [0, 11, 99])
def test_a_number_without_a_page_is_none(number: int) -> None:
    assert offline.asked(number) is None
    assert offline.work(number if number != 11 else 28) is None


def test_a_county_links_to_the_numbered_pages_of_its_jurisdiction() -> None:
    assert offline.address("us/nc/wake", Concern.online) == offline.address("us/nc", Concern.online)
    assert offline.address(None, Concern.about_me) == "us/7/"


def test_a_page_for_a_worry_shows_the_counties_with_their_numbers(read: dict[str, _Read], copy: Path) -> None:
    """What a person said about the county is not lost by saying what the worry is."""
    page = (copy / "us/nc/2/index.html").read_text(encoding="utf-8")
    day = dt.datetime.now(dt.UTC).date()
    numbers = [each for each in offline.county_numbers("US-NC", day) if each.contact is not None]
    assert len(numbers) > 10
    for each in numbers:
        assert each.name in page
        assert f"../{each.slug}/index.html" in read["us/nc/2/index.html"].links
