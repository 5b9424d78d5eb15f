"""A page that is kept is the page that would be made now, for whoever asks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from porchlight import report
from porchlight.facts import shipped
from porchlight.facts.overlay import FactStore
from porchlight.report import kept, views
from porchlight.report.shelf import Shelf

FORM = {"place": "US-ND", "concern": "sex_trafficking", "role": "school"}
ASKED: dict[str, tuple[str, dict[str, str] | None]] = {
    "home": ("/", None),
    "state": ("/us/nd/", None),
    "county": ("/es/us/wi/dane/", None),
    "answer": ("/answer/", FORM),
    "about me": ("/answer/", {"concern": "about_me"}),
}


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """An empty shelf for the pages."""
    shelf = Shelf()
    monkeypatch.setattr(kept, "SHELF", shelf)
    return shelf


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch, held: Shelf) -> list[dt.datetime]:
    """The moment that the pages believe it is, in a list of one."""
    moment = [dt.datetime(2026, 10, 30, 12, 7, tzinfo=dt.UTC)]  # a Friday; the clocks change on Sunday
    monkeypatch.setattr(views, "_now", lambda: moment[0])
    return moment


def ask(path: str, form: dict[str, str] | None = None) -> Any:
    visitor = Client(headers={"host": "localhost"})
    return visitor.get(path) if form is None else visitor.post(path, form)


@pytest.mark.parametrize("name", ASKED)
def test_a_kept_page_never_differs_from_the_one_that_would_be_made_now(
    now: list[dt.datetime], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen = set()
    for step in range(150):
        page = ask(*ASKED[name])
        assert page.status_code == 200
        with monkeypatch.context() as patch:
            patch.setattr(kept, "SHELF", Shelf(0))
            assert ask(*ASKED[name]).content == page.content, now[0]
        seen.add(page.content)
        now[0] += dt.timedelta(minutes=53 if step % 3 else -11)
    assert len(seen) > 1 or name == "home"  # something opened and closed meanwhile


def test_a_page_is_rendered_once_for_all_who_mean_the_same(
    now: list[dt.datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask("/answer/", FORM)

    def never(*_: object) -> str:
        raise AssertionError("rendered again")

    monkeypatch.setattr(kept, "render_to_string", never)
    for typed in ("nd", "North Dakota", "n. dakota"):
        assert ask("/answer/", FORM | {"place": typed}).content == first.content
    for other in (
        {"concern": "online"},
        {"role": "clergy"},
        {"place": "Cass County, ND"},
        {"place": "SD"},
        {"lang": "es"},
    ):
        with pytest.raises(AssertionError, match="rendered again"):
            ask("/answer/", FORM | other)


def test_a_correction_shows_at_once(
    now: list[dt.datetime], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "+18775972331" in ask("/us/ky/").text
    (tmp_path / "a.yaml").write_text(
        "by: A. Person\non: 2026-11-01\nchange:\n  us-ky-intake:\n    withhold: wrong\n"
    )
    store = FactStore(shipped(), tmp_path)
    monkeypatch.setattr(report, "in_force", lambda: store)
    assert "+18775972331" not in ask("/us/ky/").text


def test_what_a_visitor_typed_is_in_no_page_that_is_kept(now: list[dt.datetime], held: Shelf) -> None:
    assert 'href="/es/us/KY/"' in ask("/us/KY/").text
    assert 'href="/es/us/ky/"' in ask("/us/ky/").text
    ask("/answer/", {"place": "qzcanaryqz", "concern": "about_me"})
    ask("/answer/", {"place": "58103", "concern": "online"})
    everything = repr(held.__dict__)
    assert "US-ND" in everything
    assert [word for word in ("qzcanaryqz", "58103", "us/KY") if word in everything] == []


def test_a_military_place_has_a_page_of_its_own(now: list[dt.datetime]) -> None:
    plain = ask("/answer/", {"here": "us/ky", "concern": "online"}).text
    military = ask("/answer/", {"here": "us/ky", "note": "military", "concern": "online"}).text
    assert plain != military
    assert ask("/answer/", {"here": "us/ky", "concern": "online"}).text == plain
