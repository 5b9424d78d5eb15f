"""The JSON porch: what is sent, how long it holds, what is refused, and that nothing of it is left."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from django.test import Client
from django.utils.http import parse_http_date

from porchlight.facts import Standing, shipped, trust
from porchlight.facts.overlay import FactStore
from porchlight.facts.schema import Contact
from porchlight.places import jurisdictions, place_for
from porchlight.report import api, fact_fields, openapi, shapes
from porchlight.report.answer import Concern, Role
from porchlight.report.porches import as_json
from porchlight.report.rules import answer
from porchlight.report.shelf import Shelf
from tests.report.asking import NOON, all_places, counties_with_lines

ADDRESSES = ("/api/v1/answer", "/api/v1/jurisdictions", "/api/v1/jurisdictions/US-KY", "/api/openapi.json")


class Clock:
    """The moment that the API believes it is."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def __call__(self) -> dt.datetime:
        return self.at


@pytest.fixture
def program() -> Client:
    """A program of someone else's: no cookie, and failures come back as it would see them."""
    return Client(
        raise_request_exception=False, headers={"host": "localhost", "origin": "https://other.example"}
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that this test moves, and an empty shelf."""
    clock = Clock(NOON)
    monkeypatch.setattr(api, "_now", clock)
    monkeypatch.setattr(api, "SHELF", Shelf())
    return clock


def ask(program: Client, path: str = "/api/v1/answer", **parameters: str) -> Any:
    return program.get(path, parameters)


def problem(page: Any) -> shapes.Problem:
    """The problem of a refusal, which must be one to the letter and must say 911 first."""
    assert page.headers["Content-Type"] == "application/problem+json"
    assert page.headers["Cache-Control"] == "no-store"
    found = msgspec.json.decode(page.content, type=shapes.Problem)
    assert found.status == page.status_code
    assert found.contacts[0].value == "911"
    assert found.contacts[0].href == "tel:911"
    assert len([each for each in found.contacts if each.value.startswith("+1")]) >= 1
    assert found.now
    return found


# --- what is sent -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("concern", list(Concern))
def test_every_answer_has_exactly_the_shape_that_is_described(concern: Concern, language: str) -> None:
    for place in (*all_places(), *counties_with_lines()[:40]):
        for role in (Role.anyone, Role.school, Role.youth):
            said = as_json(answer(place, concern, role, NOON, shipped()), language)
            del said["at"], said["changes_at"]
            msgspec.convert(said, shapes.AnswerDocument)


def test_a_field_that_nobody_described_would_be_found() -> None:
    said = as_json(answer(None, Concern.abuse_neglect, Role.anyone, NOON, shipped()), "en")
    with pytest.raises(msgspec.ValidationError, match="unknown field `at`"):
        msgspec.convert({**said}, shapes.AnswerDocument)


def test_the_answer_is_the_one_that_every_porch_gives(program: Client, clock: Clock) -> None:
    page = ask(program, place="louisville ky", concern="sex_trafficking", role="school", lang="es")
    assert page.status_code == 200
    found = page.json()
    place = next(each for each in counties_with_lines() if each.county_fips == "21111")
    wanted = as_json(answer(place, Concern.sex_trafficking, Role.school, clock.at, shipped()), "es")
    del wanted["at"], wanted["changes_at"]
    assert found == json.loads(msgspec.json.encode(wanted))
    assert found["place"]["jurisdiction"] == "US-KY"
    assert "+18775972331" in [each["value"] for each in found["contacts"]]


def test_without_a_place_the_national_lines_answer(program: Client) -> None:
    for given in ({}, {"place": ""}, {"place": "  "}):
        page = ask(program, **given)
        assert page.status_code == 200
        assert page.json()["place"]["jurisdiction"] is None
        assert "911" in [each["value"] for each in page.json()["contacts"]]


def test_all_jurisdictions_are_listed_and_each_path_answers(program: Client) -> None:
    listed = msgspec.json.decode(ask(program, "/api/v1/jurisdictions").content, type=shapes.JurisdictionList)
    assert [each.code for each in listed.jurisdictions] == [code for code, _ in jurisdictions()]
    for each in listed.jurisdictions:
        page = program.get(each.facts)
        assert page.status_code == 200, each.code
        document = msgspec.json.decode(page.content, type=shapes.JurisdictionDocument)
        assert (document.code, document.name) == (each.code, each.name)
    assert program.get(listed.jurisdictions[0].page).status_code == 200
    spanish = ask(program, "/api/v1/jurisdictions", lang="es").json()
    assert "Puerto Rico" in [each["name"] for each in spanish["jurisdictions"]]


def test_what_is_withheld_is_counted_and_never_sent(program: Client) -> None:
    withheld_somewhere = 0
    for code, file in shipped().jurisdictions.items():
        document = msgspec.json.decode(
            program.get(f"/api/v1/jurisdictions/{code}").content, type=shapes.JurisdictionDocument
        )
        hidden = [each for each in file.contacts if _standing(code, each) is Standing.withheld]
        withheld_somewhere += len(hidden)
        assert document.withheld == len(hidden)
        assert [each.contact.id for each in document.contacts] == [
            each.id for each in file.contacts if each not in hidden
        ]
        assert len(document.known_bad) == len(file.known_bad)
        cited = {source for each in document.contacts for source in each.contact.sources}
        assert cited <= set(document.sources), code
    assert withheld_somewhere > 0  # or the lines above looked at nothing


def _standing(code: str, contact: Contact) -> Standing:
    facts, today = shipped(), dt.datetime.now(dt.UTC).date()
    bad = facts.is_known_bad(code, contact)
    return trust(contact, lambda source: facts.source(code, source), today, bad=bad).standing


# --- how long it holds ------------------------------------------------------------------------------------------------


def test_the_etag_changes_exactly_at_openings_and_closings(program: Client, clock: Clock) -> None:
    """North Dakota's line answers from 8 to 5 in Chicago's time, Monday to Friday: over a week, each quarter hour."""
    before: str | None = None
    changes: list[dt.datetime] = []
    bodies: dict[str, bytes] = {}
    clock.at = dt.datetime(2026, 12, 3, 12, tzinfo=dt.UTC)  # a Thursday
    for _ in range(4 * 24 * 7):
        page = ask(program, place="US-ND")
        tag = page.headers["ETag"]
        assert bodies.setdefault(tag, page.content) == page.content
        if before not in (None, tag):
            changes.append(clock.at)
        before = tag
        clock.at += dt.timedelta(minutes=15)
    weekdays = (3, 4, 7, 8, 9)
    moments = [dt.datetime(2026, 12, day, hour, tzinfo=dt.UTC) for day in weekdays for hour in (14, 23)]
    assert changes == moments
    open_and_closed = {each["open"] for body in bodies.values() for each in json.loads(body)["contacts"]}
    assert {"open", "closed"} <= open_and_closed


def test_what_is_held_already_never_differs_from_what_would_be_made_now(
    program: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("US-ND", "wake county nc", "dane county wi", "US-KY", "US-SD"):
        clock.at = dt.datetime(2026, 10, 31, 12, 7, tzinfo=dt.UTC)  # the clocks change on the next day
        for step in range(120):
            held = ask(program, place=place).content
            with monkeypatch.context() as patch:
                patch.setattr(api, "SHELF", Shelf())
                assert ask(program, place=place).content == held, (place, clock.at)
            clock.at += dt.timedelta(minutes=37 if step % 3 else -11)


def test_the_etag_changes_on_the_day_a_number_grows_old(program: Client, clock: Clock) -> None:
    intake = shipped().contact_by_id["us-ky-intake"]
    stale_on = trust(intake, lambda source: shipped().source("US-KY", source), NOON.date()).stale_on
    assert stale_on is not None
    midnight = dt.datetime.combine(stale_on, dt.time(), tzinfo=dt.UTC)
    for address in ("/api/v1/answer", "/api/v1/jurisdictions/US-KY"):
        given = {"place": "US-KY"} if address.endswith("answer") else {}
        clock.at = midnight - dt.timedelta(seconds=1)
        young = ask(program, address, **given)
        clock.at = midnight
        old = ask(program, address, **given)
        assert young.headers["ETag"] != old.headers["ETag"]
    said = [
        line["code"]
        for each in old.json().get("contacts", [])
        for line in each.get("trust", [])
        if "code" in line
    ]
    assert said == []  # the jurisdiction's own document holds values, not sentences
    assert (
        next(e for e in old.json()["contacts"] if e["contact"]["id"] == "us-ky-intake")["trust"]["stale"]
        is True
    )


def test_a_copy_may_be_used_for_a_minute_at_most_and_never_past_the_next_change(
    program: Client, clock: Clock
) -> None:
    opens = dt.datetime(2026, 12, 3, 14, tzinfo=dt.UTC)
    for before, seconds in ((3600, 60), (61, 60), (60, 60), (25, 25), (1, 1), (0, 60)):
        clock.at = opens - dt.timedelta(seconds=before)
        page = ask(program, place="US-ND")
        assert page.headers["Cache-Control"] == f"private, max-age={seconds}"
        assert parse_http_date(page.headers["Expires"]) == int(clock.at.timestamp()) + seconds
    assert ask(program, "/api/v1/jurisdictions/US-KY").headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_copy_that_is_still_right_is_not_sent_again(program: Client, clock: Clock, address: str) -> None:
    first = program.get(address)
    again = program.get(address, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    weak = program.get(
        address, headers={"if-none-match": f"W/{first.headers['ETag']}"}
    )  # as a proxy that packs it says
    assert weak.status_code == 304
    packed = program.get(address, headers={"accept-encoding": "gzip"})
    assert gzip.decompress(packed.content) == first.content
    assert packed.headers["ETag"] == f"W/{first.headers['ETag']}"
    assert program.get(address, headers={"if-none-match": '"other"'}).status_code == 200


def test_a_correction_changes_the_etag_at_once(
    program: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = ask(program, place="US-KY")
    listed = program.get("/api/v1/jurisdictions/US-KY")
    (tmp_path / "wrong.yaml").write_text(
        "by: A. Person\non: 2026-11-01\nchange:\n  us-ky-intake:\n    withhold: did_not_work\n"
    )
    store = FactStore(shipped(), tmp_path)
    monkeypatch.setattr(api, "in_force", lambda: store)
    after = ask(program, place="US-KY")
    assert after.headers["ETag"] != before.headers["ETag"]
    assert "+18775972331" not in [each["value"] for each in after.json()["contacts"]]
    assert program.get("/api/v1/jurisdictions/US-KY").json()["withheld"] == listed.json()["withheld"] + 1


# --- who may ask, and how ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [*ADDRESSES, "/api/v1/answer?concern=x", "/api/v1/nothing"])
@pytest.mark.parametrize("method", ["get", "head", "options", "post", "delete"])
def test_every_page_of_any_site_may_read_it_without_credentials(
    program: Client, address: str, method: str
) -> None:
    page = getattr(program, method)(address)
    assert page.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in page.headers
    assert page.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not page.cookies
    if method == "options":
        assert page.status_code == 204
        assert page.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        assert page.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    if method in ("post", "delete"):
        assert page.status_code == 405
        assert page.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert problem(page).type == "/api/#method"
    if method == "head":
        assert page.content == b""


def test_pages_for_people_are_not_open_to_other_sites(program: Client) -> None:
    for path in ("/", "/api/", "/us/ky/"):
        page = program.get(path)
        assert page.status_code == 200
        assert "Access-Control-Allow-Origin" not in page.headers
        assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "parameter", "told"),
    [
        ("concern=abuse", "concern", "abuse_neglect"),
        ("concern=", "concern", "abuse_neglect"),
        ("role=teacher", "role", "school"),
        ("lang=fr", "lang", "en, es"),
        ("place=40202&place=10001", "place", "once"),
        ("concerns=online", None, "place, concern, role, lang"),
        ("at=2026-12-24T00:00Z", None, "place, concern, role, lang"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named_with_what_to_write(
    program: Client, query: str, parameter: str | None, told: str
) -> None:
    page = program.get(f"/api/v1/answer?{query}")
    assert page.status_code == 400
    found = problem(page)
    assert found.parameter == parameter
    assert told in found.detail
    assert found.type == "/api/#unreadable"


@pytest.mark.parametrize(
    "typed", ["Springfield", "washington county", "40008", "us 42223", "Jefferson County"]
)
def test_a_place_that_may_be_several_offers_choices_that_can_be_sent_again(
    program: Client, typed: str
) -> None:
    page = ask(program, place=typed, concern="online")
    if page.status_code == 200:
        pytest.fail(f"{typed} is one place; choose another for this test")
    found = problem(page)
    assert (found.status, found.type) == (422, "/api/#which-place")
    assert len(found.choices) >= 2
    assert found.reason in ("which_state", "which_county", "which_city", "did_you_mean")
    for choice in found.choices:
        again = ask(program, place=choice.place, concern="online")
        assert again.status_code == 200, choice
        assert again.json()["concern"] == "online"
        assert again.json()["place"]["name"] in choice.label


def test_a_base_is_still_a_base_when_its_county_has_been_picked(program: Client) -> None:
    found = problem(ask(program, place="Fort Knox, KY"))
    assert found.reason == "which_county"
    in_a_county = [choice for choice in found.choices if "County" in choice.label]
    assert len(in_a_county) == 2
    for choice in in_a_county:
        steps = ask(program, place=choice.place).json()["steps"]
        assert "route_military" in {step["code"] for step in steps}


def test_a_base_is_still_a_base_when_its_state_alone_has_been_picked(program: Client) -> None:
    found = problem(ask(program, place="Fort Knox, KY"))
    (state,) = [choice for choice in found.choices if choice.label == "Kentucky"]
    chosen = ask(program, place=state.place).json()
    assert chosen["place"]["jurisdiction"] == "US-KY"
    assert "route_military" in {step["code"] for step in chosen["steps"]}
    plain = ask(program, place="us/ky").json()
    assert "route_military" not in {step["code"] for step in plain["steps"]}


@pytest.mark.parametrize("typed", ["us/ky:moon", "us/zz:military", ":military"])
def test_a_note_that_there_is_not_makes_no_place(program: Client, typed: str) -> None:
    assert ask(program, place=typed).status_code in (404, 422)


@pytest.mark.parametrize("typed", ["US-LA", "us-la", "us/la"])
def test_a_code_is_the_jurisdiction_and_no_question(program: Client, typed: str) -> None:
    assert ask(program, place=typed).json()["place"]["jurisdiction"] == "US-LA"


def test_where_only_the_county_is_open_the_lines_of_the_state_are_there_meanwhile(program: Client) -> None:
    found = problem(ask(program, place="40008"))
    assert found.reason == "which_county"
    assert "+18775972331" in [each.value for each in found.contacts]


@pytest.mark.parametrize(
    "typed",
    ["nosuchplace", "00000", "x" * 10_000, "\x00", "\udcff", "APO AE 09012", "!!!", "<script>", "us/xx"],
)
def test_a_place_nobody_knows_is_no_dead_end(program: Client, typed: str) -> None:
    encoded = quote(typed.encode("utf-8", "surrogateescape"))
    page = program.get(f"/api/v1/answer?place={encoded}&lang=es")
    assert page.status_code == 422
    found = problem(page)
    assert (found.parameter, found.type) == ("place", "/es/api/#unknown-place")
    assert found.reason
    assert "+18004224453" in [each.value for each in found.contacts]
    assert "script" not in page.text


@pytest.mark.parametrize("code", ["US-XX", "us-ky", "US-KY/", "21111", "%00", "US-KY%20"])
def test_a_jurisdiction_nobody_knows_is_a_404_that_says_whom_to_call(program: Client, code: str) -> None:
    page = program.get(f"/api/v1/jurisdictions/{code}")
    assert page.status_code == 404
    assert problem(page).type in ("/api/#unknown-jurisdiction", "/api/#no-such-address")


def test_a_failure_of_ours_still_says_whom_to_call_and_logs_no_word(
    program: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> object:
        raise RuntimeError("qzcanaryqz 40202")

    with monkeypatch.context() as patch:
        patch.setattr(api, "how_known", fails)
        page = program.get("/api/v1/jurisdictions/US-KY")
    assert page.status_code == 500
    assert problem(page).type == "/api/#broken"
    monkeypatch.setattr(api, "as_json", fails)
    page = ask(program, place="40202")
    assert page.status_code == 500
    found = msgspec.json.decode(page.content, type=shapes.Problem)
    assert "911" in found.now[0].text
    assert "qzcanaryqz" not in page.text


def test_every_kind_of_problem_is_explained_on_the_page(program: Client) -> None:
    page = program.get("/api/").text
    for kind in openapi.PROBLEM_KINDS:
        assert f'id="{kind}"' in page


# --- the description --------------------------------------------------------------------------------------------------


def test_every_field_of_a_fact_is_described_and_no_line_is_left_over() -> None:
    schemas = openapi.schemas()  # raises KeyError for a field without a line
    for name, lines in fact_fields.FIELDS.items():
        assert set(lines) <= set(schemas[name]["properties"]), name
    assert set(fact_fields.LAW_FACT) <= set(schemas["DutyLaw"]["properties"])


def test_the_page_for_people_names_every_address_and_every_field(program: Client) -> None:
    for address in ("/api/", "/es/api/"):
        page = program.get(address).text
        for operation in openapi.operations():
            assert f"GET {operation.path}" in page
        for shape in openapi.described():
            assert f'id="{shape.name}"' in page
            for field in shape.fields:
                assert f"<code>{field.name}</code>" in page
        assert "<script src" not in page
    assert '<html lang="es">' in page


def test_the_document_says_which_answers_there_are(program: Client) -> None:
    document = program.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        address = path.replace("{code}", "US-KY")
        assert program.get(address).status_code == 200
        for response in methods["get"]["responses"].values():
            for content in response.get("content", {}).values():
                name = content["schema"]["$ref"].rpartition("/")[2]
                assert name in document["components"]["schemas"]


# --- the documents ----------------------------------------------------------------------------------------------------


def _document(root: Path) -> str:
    return (root / "docs" / "api.md").read_text()


def test_the_document_describes_every_field_as_the_api_does(root: Path) -> None:
    text = _document(root)
    for shape in openapi.described():
        section = text[text.index(f"\n### {shape.name}\n") :].split("\n### ")[1]
        for field in shape.fields:
            assert f"| `{field.name}` | {field.kind} | {field.meaning} |" in section, (
                f"{shape.name}.{field.name}"
            )
        assert section.count("\n| `") == len(shape.fields), f"{shape.name}: a row too many"
        for word in shape.words:
            assert f"`{word}`" in section, f"{shape.name}: {word}"
    assert set(re.findall(r"^### (\w+)$", text, re.MULTILINE)) == {each.name for each in openapi.described()}
    for operation in openapi.operations():
        for field in operation.parameters:
            assert f"| `{field.name}` | {field.kind} | {field.meaning} |" in text


def test_the_examples_of_the_document_are_so(root: Path, program: Client) -> None:
    """Each `GET address` line is asked; the status and the fields shown beneath it must be in what comes back."""
    examples = re.findall(
        r"^    GET (\S+)\n(?:    ([\w-]+): (.*)\n)?\n    HTTP (\d+)\n((?:    .*\n)*)",
        _document(root),
        re.MULTILINE,
    )
    assert len(examples) >= 4
    for address, header, value, status, shown in examples:
        headers = {header: program.get(address).headers["ETag"]} if header else {}
        assert value in ("", '"…"')
        page = program.get(address, headers=headers)
        assert page.status_code == int(status), address
        if shown.strip():
            wanted = json.loads(shown)
            assert _holds(page.json(), wanted), address


def _holds(found: Any, wanted: Any) -> bool:
    """Is all of `wanted` in `found`? Items of a list may stand anywhere; `…` stands for any text."""
    if isinstance(wanted, dict):
        return all(name in found and _holds(found[name], value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return all(any(_holds(each, item) for each in found) for item in wanted)
    return bool(wanted == "…" and isinstance(found, str)) or bool(found == wanted)


def test_the_place_of_every_jurisdiction_can_be_sent_as_its_code(program: Client) -> None:
    for code, _ in jurisdictions():
        assert ask(program, place=code).json()["place"]["jurisdiction"] == place_for(code).jurisdiction
