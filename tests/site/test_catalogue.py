"""Every sentence for people: gathered whole, translated whole, easy to read, and safe to say in every language."""

from __future__ import annotations

import ast
import datetime as dt
import gettext
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import msgspec
import pytest
from babel.messages.catalog import Message
from django.template.base import Template
from django.template.engine import Engine
from django.template.loader import render_to_string
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils import translation
from textstat.textstat import textstatistics

import hatch_build
from porchlight.facts import schema, shipped
from porchlight.facts.hours import OpenState
from porchlight.facts.standing import Standing
from porchlight.places import place_for
from porchlight.report.answer import Answer, Concern, Duty, Law, Line, Role, line
from porchlight.report.gsm import fold, segments, units
from porchlight.report.porches import as_text
from porchlight.report.rules import answer
from porchlight.report.say import LANGUAGES, reviewed_by, say, translate
from porchlight.report.words import WORDS
from porchlight.site.locale import catalogue

PACKAGE = catalogue.PACKAGE
TRANSLATED = [path.parts[-3] for path in catalogue.sources()]
HOW = "run: python -m porchlight.site.locale.catalogue, then write what it lists (docs/languages.md)"


@cache
def english() -> dict[tuple[str, str | None], Message]:
    return {(_first(m), m.context): m for m in catalogue.gather() if m.id}


@cache
def committed(language: str) -> catalogue.Translations:
    return catalogue.read(catalogue.LOCALES / language / "LC_MESSAGES" / "django.po")


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(said: Any) -> list[str]:
    """A sentence, or the singular and the plurals of one."""
    return [said] if isinstance(said, str) else list(said)


# --- whole ------------------------------------------------------------------------------------------------------------


def test_there_is_a_catalogue_for_each_language_that_porchlight_speaks(settings: Any) -> None:
    assert sorted(["en", *TRANSLATED]) == sorted(LANGUAGES) == sorted(code for code, _ in settings.LANGUAGES)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_holds_exactly_the_sentences_of_the_code_and_the_templates(language: str) -> None:
    there = {(_first(message), message.context) for message in committed(language) if message.id}
    assert sorted(english().keys() - there) == [], HOW
    assert sorted(there - english().keys()) == [], HOW
    assert not committed(language).obsolete, HOW


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_fuzzy(language: str) -> None:
    assert [message.id for message in catalogue.untranslated(committed(language))] == [], HOW


@pytest.mark.parametrize("language", TRANSLATED)
def test_gathering_again_changes_nothing(language: str, tmp_path: Path) -> None:
    copy = _copy(language, tmp_path)
    catalogue.update(copy, catalogue.gather())
    once = copy.read_bytes()
    catalogue.update(copy, catalogue.gather())
    assert copy.read_bytes() == once


def test_every_sentence_that_django_would_translate_in_a_template_is_gathered() -> None:
    """Our extractor against Django's own parser."""
    engine = Engine.get_default()
    found = 0
    for path in sorted(PACKAGE.glob("*/templates/**/*.*")):
        for said in _said_by(engine.from_string(path.read_text(encoding="utf-8"))):
            assert (said, None) in english(), f"{path.name}: {said!r}"
            found += 1
    assert found > 10


def _said_by(template: Template) -> Iterator[str]:
    tags: list[Any] = list(template.nodelist.get_nodes_by_type(TranslateNode))
    for node in tags:
        yield node.filter_expression.token[1:-1]
    blocks: list[Any] = list(template.nodelist.get_nodes_by_type(BlockTranslateNode))
    for node in blocks:
        yield node.render_token_list(node.singular)[0]


# --- said with its values ---------------------------------------------------------------------------------------------


def placeholders(sentence: str) -> set[str]:
    """The names that are filled in: `{place}` in an Answer, `%(place)s` in a template."""
    braces = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    return braces | set(re.findall(r"%\((\w+)\)", sentence))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_sentence(language: str) -> None:
    wrong = [
        said
        for message in committed(language)
        if message.id
        for said in filter(None, forms(message.string))
        if placeholders(said) != placeholders(_first(message))
    ]
    assert wrong == []


NAMES = [line(f"name_{code}") for code in shipped().jurisdictions] + [line("place_unknown")]
AUTHORITIES = [line(f"authority_{each.value}") for each in schema.Authority]
# What stands in a placeholder, every kind of it. A new placeholder is added here, so that every sentence is tried.
VALUES: dict[str, list[str | int | Line | tuple[Line, ...]]] = {
    "place": [*NAMES],
    "authorities": [*((one,) for one in AUTHORITIES), tuple(AUTHORITIES)],
    "condition": [(line("condition_paid"), line(code)) for code in WORDS if code.startswith("condition_")],
    "suspect": [line(f"suspect_{each.value}") for each in schema.Suspect],
    "words": [line(code) for code in WORDS if code.startswith("standard_")],
    "zone": [line(code) for code in WORDS if code.startswith("zone_")],
    "day": [line(f"day_{day.value}") for day in schema.Day],
    "days": [line("days_every"), line("days_range", first=line("day_mon"), last=line("day_fri"))],
    "spans": [(line("hours_span", days=line("days_every"), start="clock:08:00", end="clock:16:30"),)],
    "hours": [line("text_open_always"), 24],
    "first": [line(f"day_{day.value}") for day in schema.Day],
    "last": [line(f"day_{day.value}") for day in schema.Day],
    "time": ["clock:16:30"],
    "start": ["clock:08:00"],
    "end": ["clock:24:00"],
    "age": [18],
    "years": [3],
    "count": [2, 11],
    "amount": ["1,000"],
    "option": ["1"],
    "number": ["1-877-597-2331"],
    "printed": ["1-877-597-2331"],
    "other": ["1-877-597-2331"],
    "keyword": ["HOME"],
    "county": ["Oldham"],
    "area": ["Oldham, Jefferson"],
    "agency": ["DCBS"],
    "name": ["Childhelp"],
    "by": ["Ann"],
    "date": ["2024"],
    "url": ["porch.example"],
}


def each_filled(code: str) -> Iterator[Line]:
    """The Line of a code with every value, one placeholder at a time and the others at their first."""
    names = sorted(placeholders(WORDS[code]))
    yield line(code, **{name: VALUES[name][0] for name in names})
    for name in names:
        for value in VALUES[name][1:]:
            yield line(code, **{other: VALUES[other][0] for other in names} | {name: value})


@cache
def all_said(language: str) -> frozenset[str]:
    """Every sentence of every code, with every value that it can have."""
    return frozenset(say(filled, language) for code in WORDS for filled in each_filled(code))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_can_be_said_with_every_value(language: str) -> None:
    assert len(all_said(language)) > len(WORDS)
    assert [
        said for said in all_said(language) if not said.strip() == said != "" or re.search(r"[{}]|  ", said)
    ] == []


def test_spanish_never_sets_de_or_a_before_the_article_el_or_o_before_o() -> None:
    """de + el is del, a + el is al, o + otro is u otro."""
    wrong = re.compile(r"\b(de|a) el\b|\bo h?o\w|\by h?i[^ae]\w", re.IGNORECASE)
    assert [said for said in all_said("es") if wrong.search(said)] == []
    assert wrong.search("La ley de el Distrito de Columbia")
    assert wrong.search("la escuela o otros")


def test_spanish_opens_what_it_asks() -> None:
    for message in committed("es"):
        for said in forms(message.string) if message.id else []:
            assert said.count("¿") == said.count("?"), said
            assert said.count("¡") == said.count("!"), said


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_a_sentence_or_a_label_in_english_is_one_in_every_language(language: str) -> None:
    wrong = [
        (source, said)
        for message in committed(language)
        if message.id and not is_a_name_or_a_quote(message)
        for source, said in zip(forms(message.id), forms(message.string), strict=True)
        if said and is_sentence(source) != is_sentence(said)
    ]
    assert wrong == []


def is_sentence(said: str) -> bool:
    return bool(re.search(r"[.?!]”?$", said))


# --- every code is there, and none is idle ----------------------------------------------------------------------------

# Codes made of a prefix and a value, and where the values come from.
FAMILIES: dict[str, set[str]] = {
    "authority_": {each.value for each in schema.Authority},
    "bad_": {each.value for each in schema.BadReason},
    "closed_": {each.value for each in schema.WhenClosed},
    "concern_": {each.value for each in Concern},
    "day_": {each.value for each in schema.Day},
    "form_followup_": {schema.Followup.always.value, schema.Followup.on_request.value},
    "hours_": {each.value for each in schema.HoursKind},
    "item_": {each.value for each in schema.Item},
    "law_notice_": {each.value for each in schema.Notice},
    "limit_": {each.value for each in schema.Limit},
    "must_for_": {each.value for each in schema.Everyone},
    "name_": {each.value for each in schema.Identity} | set(shipped().jurisdictions),
    "pass_on_": {each.value for each in schema.PassOn},
    "privilege_": {
        f"{who}_{rule}" for who in ("attorney", "clergy") for rule in ("kept", "limited", "abrogated")
    },
    "question_": ({*Duty.__struct_fields__} | {*Law.__struct_fields__}) - {"must"},
    "role_": {each.value for each in Role},
    "route_": {each.value for each in schema.RouteBasis},
    "standard_": {each.value for each in schema.Standard} - {"unknown"},
    "standing_": {each.value for each in Standing} - {"withheld"},
    "state_": {each.value for each in OpenState},
    "suspect_": {each.value for each in schema.Suspect},
    "to_whom_": {each.value for each in schema.ToRule},
    "trust_confirmed_": {"called", "seen"},
}


def _conditions() -> set[str]:
    duties = (file.law.duty for file in shipped().jurisdictions.values())
    return {
        group.condition for duty in duties if duty is not None for group in duty.groups if group.condition
    }


def _zones() -> set[str]:
    """Time zones that the facts print with hours."""
    contacts = [contact for code in (None, *shipped().jurisdictions) for contact in shipped().contacts(code)]
    return {contact.hours.zone for contact in contacts if contact.hours.zone not in (None, "local")}


def _zones_of_places() -> set[str]:
    """Time zones that an overlay file may print tomorrow."""
    return {f"zone_{zone}" for code in shipped().jurisdictions for zone in place_for(code).zones}


def families() -> set[str]:
    made = FAMILIES | {"condition_": _conditions(), "zone_": _zones()}
    return {prefix + value for prefix, values in made.items() for value in values}


@cache
def written() -> frozenset[str]:
    """Codes that stand as they are in the code and the templates of the package, words.py aside."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name != "words.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= {
                n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)
            }
    for path in PACKAGE.glob("*/templates/**/*.html"):
        found |= set(re.findall(r"[\"'](\w+)[\"']\|(?:word|say)", path.read_text(encoding="utf-8")))
    return frozenset(found)


def prefixes() -> set[str]:
    """Each literal that starts a code: `line(f"limit_{…}")` in the code, `"bad_"|add:` in a template."""
    found: set[str] = set()
    for path in (PACKAGE / "report").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "line":
                text = call.args[0] if call.args else None
                if isinstance(text, ast.JoinedStr) and isinstance(text.values[0], ast.Constant):
                    found.add(str(text.values[0].value))
    for path in PACKAGE.glob("*/templates/**/*.html"):
        found |= set(re.findall(r"[\"'](\w+_)[\"']\|add:", path.read_text(encoding="utf-8")))
    return found


def said_codes() -> set[str]:
    """First arguments of `line(…)` and of the makers of reasons in whom.py."""
    found: set[str] = set()
    for path in (PACKAGE / "report").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", None) in (
                "line",
                "_always",
                "_placed",
            ):
                given = call.args[0] if call.args else None
                for text in (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,):
                    if isinstance(text, ast.Constant) and isinstance(text.value, str):
                        found.add(text.value)
    return found


def test_every_prefix_of_codes_is_known_to_this_test() -> None:
    assert prefixes() - {*FAMILIES, "condition_", "zone_"} == set()
    assert {*FAMILIES, "condition_", "zone_"} - prefixes() == set()


def test_every_code_that_can_be_said_has_words() -> None:
    assert len(said_codes()) > 100
    assert (said_codes() | families()) - WORDS.keys() == set()


def test_no_words_are_idle() -> None:
    assert WORDS.keys() - written() - families() - _zones_of_places() == set()


# --- easy to read -----------------------------------------------------------------------------------------------------

GRADE = 6.0
# A sentence of fewer words is read with its neighbour: the formulas were made for running text.
SHORT = 5
# What the law or a name says, and no easier word would be true. Each is read as one short word.
LEGAL = {
    "en": [
        "commercial sex", "Family Advocacy Program", "pornography", "prostitution", "trafficking",
    ],
    "es": [
        "Programa de Apoyo Familiar", "Family Advocacy Program",
    ],
}  # fmt: skip
_STANDS_FOR = {"en": "law", "es": "ley"}
_FILLED = {"en": "Maine", "es": "Maine"}


def grade(text: str, language: str) -> float:
    """School years to read `text`: by Flesch-Kincaid in English, by Crawford (made for Spanish) in Spanish."""
    meter = _meter(language)
    return float(meter.flesch_kincaid_grade(text) if language == "en" else meter.crawford(text))


@cache
def _meter(language: str) -> Any:
    meter = textstatistics()
    meter.set_lang({"en": "en_US", "es": "es"}[language])
    return meter


def read_as(said: str, language: str) -> str:
    """The sentence with each value as one short word, and each legal term as another."""
    filled = re.sub(r"\{\w+\}|%\(\w+\)s", _FILLED[language], said)
    for term in LEGAL[language]:
        filled = re.sub(rf"\b{term}\b", _STANDS_FOR[language], filled, flags=re.IGNORECASE)
    return filled


def sentences(said: str) -> list[str]:
    """The sentences of a message; one that is too short to judge is joined with the one before or after it."""
    joined: list[str] = []
    for sentence in re.findall(r"[^.?!]+(?:[.?!]+”?|$)", said):
        if joined and min(_words(joined[-1]), _words(sentence)) < SHORT:
            joined[-1] += sentence
        else:
            joined.append(sentence)
    return [text.strip() for text in joined]


def _words(text: str) -> int:
    return len(re.findall(r"\w[\w'’-]*", text))


def hard(said: str, language: str) -> str | None:
    """What makes a message hard, or None. A message too short for the formula is judged by its syllables a word."""
    for text in sentences(read_as(said, language)):
        if _words(text) < SHORT:
            long = _meter(language).syllable_count(text) / max(1, _words(text))
            if long > {"en": 2.0, "es": 3.0}[language]:
                return f"{long:.1f} syllables a word: {said}"
        elif grade(text, language) > GRADE:
            return f"grade {grade(text, language)}: {text}"
    return None


def is_label(said: str) -> bool:
    return not is_sentence(said) and _words(said) <= 4


def is_a_name_or_a_quote(message: Message) -> bool:
    """Names of places and clocks, and a law quoted in its own words, are not ours to make easier."""
    return any(code.startswith(("name_US-", "zone_", "standard_")) for code in message.auto_comments)


def is_for_staff_alone(message: Message) -> bool:
    """Staff pages may use the trade's words. A sentence that stands anywhere else too is everybody's."""
    return bool(message.locations) and all("alerts/staff/" in where for where, _line in message.locations)


def test_every_english_sentence_is_at_sixth_grade_or_below() -> None:
    said = [
        each
        for message in english().values()
        if not is_a_name_or_a_quote(message) and not is_for_staff_alone(message)
        for each in forms(message.id)
    ]
    assert [why for each in said if not is_label(each) and (why := hard(each, "en"))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translated_sentence_is_at_sixth_grade_or_below_by_its_own_scale(language: str) -> None:
    said = [
        each
        for m in committed(language)
        if m.id and not is_a_name_or_a_quote(m) and not is_for_staff_alone(m)
        for each in forms(m.string)
    ]
    assert [why for each in said if not is_label(each) and (why := hard(each, language))] == []


def test_the_grade_can_tell_hard_from_easy() -> None:
    law = "A mandated individual possessing reasonable suspicion of maltreatment shall immediately communicate it."
    assert hard(law, "en")
    assert not hard("Call now. You do not need proof. Say what you saw or heard.", "en")
    ley = "Toda persona obligada que razonablemente sospeche maltrato comunicará inmediatamente dicha circunstancia."
    assert hard(ley, "es")
    assert not hard("Llame ahora. No necesita pruebas. Diga lo que vio u oyó.", "es")


@pytest.mark.parametrize("language", LEGAL)
def test_every_legal_term_is_still_needed(language: str) -> None:
    words = [_first(m) for m in english().values()] if language == "en" else _all_said(language)
    assert [term for term in LEGAL[language] if not any(term.lower() in said.lower() for said in words)] == []


def _all_said(language: str) -> list[str]:
    return [said for message in committed(language) if message.id for said in forms(message.string)]


# --- safe to say ------------------------------------------------------------------------------------------------------

NEVER = {
    "en": r"low risk|no risk|not to worry|don't worry|do not worry|tell your (parent|mom|dad|mother|father)",
    "es": r"bajo riesgo|poco riesgo|sin riesgo|no (se|te) preocup|(cuén?ta|dí?)[a-z]* a (tus|sus) (padres|papás)",
}
REPORT = {"en": r"report", "es": r"report|denunci"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_reassures_or_sends_a_child_to_a_parent(language: str) -> None:
    said = [_first(m) for m in english().values()] if language == "en" else _all_said(language)
    assert [each for each in said if re.search(NEVER[language], each, re.IGNORECASE)] == []


@cache
def answers_for_youth() -> tuple[Answer, ...]:
    """What a young person is told, everywhere and about everything; and whoever says that it is about them."""
    facts, at = shipped(), dt.datetime(2026, 11, 22, 18, tzinfo=dt.UTC)
    asked = [(concern, Role.youth) for concern in Concern] + [(Concern.about_me, Role.anyone)]
    places = [None, *(place_for(code) for code in facts.jurisdictions)]
    return tuple(answer(place, concern, role, at, facts) for place in places for concern, role in asked)


def lines_of(value: object) -> Iterator[Line]:
    """Every Line in an Answer, those inside other Lines too."""
    if isinstance(value, Line):
        yield value
        yield from lines_of(tuple(inner for _name, inner in value.params))
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from lines_of(each)
    elif isinstance(value, msgspec.Struct):
        yield from lines_of(tuple(getattr(value, name) for name in value.__struct_fields__))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_young_person_never_reads_the_word_report(language: str) -> None:
    lines = {each for given in answers_for_youth() for each in lines_of(given)}
    texts = {as_text(given, language) for given in answers_for_youth()}
    said = {say(each, language) for each in lines if not each.code.startswith("name_")} | texts
    assert len(lines) > 100
    # The address of an agency's page may hold the word; we did not write it.
    ours = {re.sub(r"https?://\S+", "", each) for each in said}
    assert sorted(each for each in ours if re.search(REPORT[language], each, re.IGNORECASE)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_messages_fold_into_the_gsm_alphabet_and_lose_no_character(language: str) -> None:
    for code in [code for code in WORDS if code.startswith(("text_", "name_US-", "day_"))]:
        for filled in each_filled(code):
            said = say(filled, language)
            folded = fold(said)
            assert folded.count("?") == said.count("?"), said
            assert len(folded) == len(said)
            assert segments(folded) == 1, f"{units(folded)} units: {said}"


# --- compiled, signed, mirrored ---------------------------------------------------------------------------------------


def _copy(language: str, folder: Path) -> Path:
    target = folder / "porchlight" / "site" / "locale" / language / "LC_MESSAGES" / "django.po"
    target.parent.mkdir(parents=True)
    shutil.copy(catalogue.LOCALES / language / "LC_MESSAGES" / "django.po", target)
    return target


def _compiled(path: Path) -> dict[str, str]:
    with path.open("rb") as compiled:
        said: dict[str, str] = vars(gettext.GNUTranslations(compiled))["_catalog"]
    return {sentence: words for sentence, words in said.items() if sentence}


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_build_compiles_what_the_source_says(language: str, tmp_path: Path) -> None:
    copy = _copy(language, tmp_path)
    (built,) = hatch_build.compile_languages(tmp_path)
    by_build = _compiled(built)
    assert by_build == _compiled(catalogue.compile_mo(copy))
    assert by_build == _compiled(catalogue.LOCALES / language / "LC_MESSAGES" / "django.mo"), HOW


def _small(folder: Path) -> Path:
    """A whole catalogue of two sentences, where the build would look for one."""
    small = catalogue.Translations(locale="es", fuzzy=False)
    small.add("Call now.", "Llame ahora.")
    small.add(("one line", "%(count)s lines"), ("una línea", "%(count)s líneas"))
    target = folder / "porchlight" / "site" / "locale" / "es" / "LC_MESSAGES" / "django.po"
    target.parent.mkdir(parents=True)
    target.write_bytes(catalogue.as_po(small))
    return target


def test_the_build_carries_the_signature(tmp_path: Path) -> None:
    catalogue.sign(_small(tmp_path), "Ana Example", dt.date(2026, 11, 22))
    (built,) = hatch_build.compile_languages(tmp_path)
    with built.open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).info().get("x-reviewed-by") == "Ana Example, 2026-11-22"


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_said_is_what_the_catalogue_says(language: str) -> None:
    for sentence in WORDS.values():
        message = committed(language).get(sentence)
        assert message is not None
        assert translate(sentence, language) == message.string


def _signed_by(path: Path) -> str:
    with catalogue.compile_mo(path).open("rb") as compiled:
        return gettext.GNUTranslations(compiled).info().get("x-reviewed-by", "")


def test_a_signature_holds_until_a_word_changes(tmp_path: Path) -> None:
    small = _small(tmp_path)
    assert _signed_by(small) == ""
    catalogue.sign(small, "Ana Example", dt.date(2026, 11, 22))
    assert _signed_by(small) == "Ana Example, 2026-11-22"
    small.write_bytes(catalogue.as_po(catalogue.read(small)))
    assert _signed_by(small) == "Ana Example, 2026-11-22"
    text = small.read_text(encoding="utf-8")
    small.write_text(text.replace("Llame ahora.", "Llame luego."), encoding="utf-8")
    assert _signed_by(small) == ""


def test_a_new_sentence_ends_the_signature_too(tmp_path: Path) -> None:
    small = _small(tmp_path)
    catalogue.sign(small, "Ana Example", dt.date(2026, 11, 22))
    more = catalogue.read(small)
    more.add("You do not need proof.", "No necesita pruebas.")
    small.write_bytes(catalogue.as_po(more))
    assert _signed_by(small) == ""


def test_nobody_can_sign_what_is_not_whole_or_without_a_name(tmp_path: Path) -> None:
    small = _small(tmp_path)
    with pytest.raises(catalogue.CatalogueError, match="name"):
        catalogue.sign(small, " ", dt.date(2026, 11, 22))
    text = small.read_text(encoding="utf-8")
    small.write_text(text.replace("%(count)s líneas", ""), encoding="utf-8")
    with pytest.raises(catalogue.CatalogueError, match="1 of 2 sentences"):
        catalogue.sign(small, "Ana Example", dt.date(2026, 11, 22))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_language_counts_as_reviewed_only_while_its_signature_holds(language: str) -> None:
    holds = committed(language).is_reviewed()
    assert reviewed_by(language) == (committed(language).reviewed_by if holds else None)


@pytest.mark.parametrize(
    ("language", "direction"), [("en", None), ("es", None), ("ar", "rtl"), ("he", "rtl")]
)
def test_a_page_runs_the_way_its_language_does(language: str, direction: str | None) -> None:
    with translation.override(language):
        page = render_to_string("site/error.html", {"what": "", "then": "", "style": "", "exit_url": "#"})
    opening = re.search(r"<html[^>]*>", page)
    assert opening is not None
    assert f'lang="{language}"' in opening[0]
    assert ('dir="rtl"' in opening[0]) == (direction == "rtl")


_ONE_SIDED = re.compile(
    r"(?:margin|padding|border|inset)-(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius"
    r"|(?:^|[;{\s])(?:left|right)\s*:|(?:text-align|float|clear|justify-\w+)\s*:\s*(?:left|right)|translateX",
)


def one_sided(style: str) -> list[str]:
    """Rules that would not turn around in a language that runs from right to left."""
    found = [match[0] for match in _ONE_SIDED.finditer(style)]
    for name, value in re.findall(r"(margin|padding|inset|border-width)\s*:\s*([^;}]+)", style):
        sides = value.split()
        if len(sides) == 4 and sides[1] != sides[3]:
            found.append(f"{name}: {value}")
    return found


def test_the_look_turns_around_with_the_language() -> None:
    styles = list(PACKAGE.rglob("*.css")) + list(PACKAGE.glob("*/templates/**/*.html"))
    assert any(path.suffix == ".css" for path in styles)
    assert {
        path.name: found for path in styles if (found := one_sided(path.read_text(encoding="utf-8")))
    } == {}


def test_one_sided_rules_are_seen() -> None:
    for rule in ("a{margin-left:1px}", "a{left:0}", "a{text-align:right}", "a{padding:1px 2px 1px 3px}"):
        assert one_sided(rule), rule
    assert not one_sided("a{margin-inline-start:1px;padding:1px 2px;inset-inline-end:0;text-align:start}")
