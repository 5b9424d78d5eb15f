"""A piece of a page that is kept is the one that would be made now, for the same values and no others."""

from __future__ import annotations

import re
import sys
from collections.abc import Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.template import TemplateSyntaxError, engines
from django.test import Client
from django.urls import set_script_prefix
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from porchlight.places import jurisdictions
from porchlight.report import fragments, kept, views
from porchlight.report.answer import line
from porchlight.report.fragments import Fragments
from porchlight.report.shelf import Shelf
from porchlight.report.templatetags import kept as tags
from tests.report.asking import NOON

TEMPLATES = Path(fragments.__file__).parent / "templates"
SITE_TEMPLATES = Path(fragments.__file__).parents[1] / "site" / "templates"


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fragments]:
    """An empty store for the pieces, and no page kept."""
    store = Fragments()
    monkeypatch.setattr(tags, "FRAGMENTS", store)
    monkeypatch.setattr(kept, "SHELF", Shelf(0))
    yield store
    set_script_prefix("/")


def said(source: str, **values: object) -> str:
    return engines["django"].from_string("{% load kept %}" + source).render(values)


def ask(path: str, form: dict[str, str] | None = None) -> Any:
    visitor = Client(headers={"host": "localhost"})
    return visitor.get(path) if form is None else visitor.post(path, form)


def test_a_piece_is_rendered_once_for_equal_values() -> None:
    store, rendered = Fragments(), []

    def piece(shows: Hashable) -> SafeString:
        def render() -> SafeString:
            rendered.append(shows)
            return mark_safe(f"<p>{shows}</p>")

        return store.rendered(shows, render)

    assert [piece(("a", 1)), piece(("a", 1)), piece(("b", 1))] == ["<p>('a', 1)</p>"] * 2 + [
        "<p>('b', 1)</p>"
    ]
    assert rendered == [("a", 1), ("b", 1)]


def test_the_pieces_used_longest_ago_are_dropped_when_there_is_no_more_room() -> None:
    size = sys.getsizeof(mark_safe("x" * 1_000))
    store = Fragments(max_bytes=3 * size)

    def is_held(name: str) -> bool:
        made: list[bool] = []
        store.rendered(name, lambda: made.append(True) or mark_safe("x" * 1_000))  # type: ignore[func-returns-value]
        return not made

    assert [is_held(name) for name in "abc"] == [False] * 3
    assert is_held("a")
    assert not is_held("d")  # now "b" is the one that was used longest ago
    assert [is_held(name) for name in "acd"] == [True] * 3
    assert not is_held("b")
    store.limit(0)
    assert not is_held("a")
    assert not is_held("a")


def test_many_threads_are_given_the_piece_they_asked_for() -> None:
    store = Fragments(max_bytes=2_000)

    def ask_for(number: int) -> bool:
        return (
            store.rendered(number % 50, lambda: mark_safe(f"piece {number % 50}")) == f"piece {number % 50}"
        )

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask_for, range(5_000)))


def test_a_piece_knows_the_values_it_was_given_and_nothing_else_of_the_page(held: Fragments) -> None:
    shown = said(
        '{% kept "report/place_name.html" place=place %}', place=line("place_unknown"), county="qzcanaryqz"
    )
    assert shown
    assert "qzcanaryqz" not in shown


def test_the_same_value_by_another_name_is_another_piece(held: Fragments) -> None:
    lines = (line("now_call"),)
    asked = said('{% kept "report/now.html" now=lines %}', lines=lines)
    routed = said('{% kept "report/now.html" route=lines %}', lines=lines)
    assert asked == routed  # they happen to look alike
    said('{% kept "report/part.html" id="child" lines=lines %}', lines=lines)
    assert "If you talk with the child" not in said(
        '{% kept "report/part.html" id="child" more=lines %}', lines=lines
    )


def test_a_text_that_is_escaped_already_is_not_taken_for_one_that_is_not(held: Fragments) -> None:
    source = '{% kept "report/place_name.html" county=county place=place %}'
    place = line("place_unknown")
    assert "a &amp; b" in said(source, county="a & b", place=place)
    assert "a & b" in said(source, county=mark_safe("a & b"), place=place)
    assert "True" in said(source, county=True, place=place)
    assert "True" not in said(source, county=1, place=place)


def test_a_piece_is_kept_by_language_and_by_where_the_addresses_begin(held: Fragments) -> None:
    source = '{% kept "report/next.html" state="ky" %}'
    with translation.override("en"):
        english = said(source)
    with translation.override("es"):
        assert 'href="/es/us/ky/"' in said(source)
    with translation.override("en"):
        assert said(source) == english
        set_script_prefix("/below/")
        assert 'href="/below/us/ky/"' in said(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% kept %}",
        "{% kept report/now.html %}",
        '{% kept "report/now.html" now %}',
        '{% kept_each "report/card.html" %}',
        '{% kept_each "report/card.html" card=a lamp=b %}',
    ],
)
def test_a_tag_that_is_written_wrongly_is_refused_with_how_to_write_it(source: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=r"\{% kept(_each)? \"folder/name.html\" \w+=\S+ %\}"):
        said(source)


def test_no_template_changes_the_language_in_the_middle_of_a_page() -> None:
    """The pieces of a page are looked up by the language it begins in."""
    read = [path for folder in (TEMPLATES, SITE_TEMPLATES) for path in folder.rglob("*.html")]
    assert len(read) > 40
    assert [path.name for path in read if re.search(r"\{% language ", path.read_text())] == []


def test_pages_of_kept_pieces_are_those_made_whole(held: Fragments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many jurisdictions, both languages, asked when all of their pieces are kept, and when none is."""
    monkeypatch.setattr(views, "_now", lambda: NOON)
    asked: list[tuple[str, dict[str, str] | None]] = [("/", None), ("/es/", None)]
    for index, (code, _name) in enumerate(jurisdictions()[::3]):
        start, state = ("", "/es")[index % 2], code[3:].lower()
        concern = ("online", "danger_now", "about_me", "struggling", "sex_trafficking")[index % 5]
        role = ("school", "anyone", "parent", "clergy")[index % 4]
        asked += [
            (f"{start}/us/{state}/", None),
            (f"{start}/us/{state}/call-sheet/", None),
            (f"{start}/us/{state}/one-page/", {"role": "coach"}),
            (f"{start}/answer/", {"here": f"us/{state}", "concern": concern, "role": role}),
        ]
    first = [ask(*each).content for each in asked]
    again = [ask(*each).content for each in asked]
    held.limit(0)
    whole = [ask(*each).content for each in asked]
    assert first == whole
    assert again == whole


def test_what_a_visitor_typed_is_in_no_piece_that_is_kept(held: Fragments) -> None:
    word = "qzcanaryqz"
    for form in (
        {"place": word},
        {"place": word, "concern": "about_me"},
        {"place": f"40202 {word}", "concern": "online", "role": word, "note": word, "here": word},
        {"place": "58103", "concern": "online"},
        {"here": "us/ky", "note": word, "concern": word, "role": "clergy", word: word},
    ):
        ask("/answer/", form)
    ask("/us/KY/one-page/", {"role": word})
    ask("/us/KY/call-sheet/")
    ask("/us/Ky/")
    ask(f"/us/ky/?{word}={word}")
    ask("/number-trouble/", {"here": "us/KY", "contact": word})
    everything = repr(held.__dict__)
    assert "us-ky-intake" in everything
    assert [typed for typed in (word, "58103", "us/KY", "'KY'", "us/Ky") if typed in everything] == []


def test_a_value_that_cannot_be_a_key_is_refused_rather_than_kept(held: Fragments) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        said('{% kept "report/now.html" now=lines %}', lines=[line("now_call")])


def test_a_piece_is_found_again_by_values_made_anew(held: Fragments) -> None:
    source = engines["django"].from_string('{% load kept %}{% kept "report/now.html" now=lines %}')
    shown = source.render({"lines": (line("now_call"),)})

    def never(*_: object) -> None:
        raise AssertionError("rendered again")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tags, "Context", never)
        assert source.render({"lines": (line("now_call"),)}) == shown
        with pytest.raises(AssertionError, match="rendered again"):
            source.render({"lines": (line("now_danger"),)})
