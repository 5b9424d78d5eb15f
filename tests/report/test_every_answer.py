"""Every jurisdiction, concern, role and language, at every boundary of opening hours and on days of clock change.

The Answers are made once; each rule looks at each of them, and is shown a broken one to prove that it can see.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest

from porchlight.facts import shipped
from porchlight.facts.hours import OpenState
from porchlight.facts.schema import BadReason, ContactRole, Day, HoursKind, Kind
from porchlight.facts.standing import Standing, is_of_jurisdiction
from porchlight.places import Place
from porchlight.report.answer import Answer, Concern, Line, Must, Role
from porchlight.report.rules import answer
from porchlight.report.say import say
from porchlight.report.words import WORDS
from tests.report.asking import NOON, all_places, codes, counties_with_lines, find, lines_of, words

CHILD = {
    Concern.danger_now,
    Concern.abuse_neglect,
    Concern.sex_trafficking,
    Concern.labor_trafficking,
    Concern.online,
    Concern.missing_or_runaway,
}
Broken = Iterator[str]
Rule = Callable[[Answer], Broken]

# --- the rules: each yields what is wrong with an Answer --------------------------------------------------------------


def has_a_number_or_says_that_none_is_known(given: Answer) -> Broken:
    phones = [c for c in given.contacts if c.kind is Kind.phone and c.role is not ContactRole.emergency]
    if not phones and not codes(given.route) & _NO_LINE:
        yield "no number, and no word about it"


_NO_LINE = {
    "route_none_known",
    "route_ask_county",
    "route_ask_region",
    "route_county_unknown",
    "route_no_place",
}


def reaches_the_authority_or_says_how(given: Answer) -> Broken:
    """For a child: a line that takes reports, or the plain word that we have none, the police and a connector."""
    if given.concern not in CHILD or authority_lines(given):
        return
    said = codes(given.route)
    if not said & _NO_LINE:
        yield "no line of the authority, and no word about it"
    if not said & {"route_police", "route_police_young"}:
        yield "no word that the police can take it"
    if given.place.jurisdiction is not None and "route_connector" not in said:
        yield "nobody who helps to find the office"
    if not any(c.role is ContactRole.connector and c.kind is Kind.phone for c in given.contacts):
        yield "no connector among the contacts"


def authority_lines(given: Answer) -> set[str]:
    """The ids of phone lines that take reports for the authority, or connect with the office that does."""
    return {
        c.id
        for c in given.contacts
        if c.kind is Kind.phone
        and (c.role is ContactRole.intake or (c.role is ContactRole.connector and re.match(r"us-..-", c.id)))
    }


def names_911_at_once(given: Answer) -> Broken:
    if "911" not in words(given.now):
        yield "911 is not in `now`"
    if not any(c.role is ContactRole.emergency and c.value == "911" for c in given.contacts):
        yield "911 is not among the contacts"


def puts_911_first_in_danger(given: Answer) -> Broken:
    if given.concern is not Concern.danger_now:
        return
    if "911" not in say(given.now[0], "en"):
        yield "`now` does not begin with 911"
    if given.contacts[0].value != "911" or given.contacts[0].kind is not Kind.phone:
        yield f"the first contact is {given.contacts[0].id}"


def shows_no_number_that_is_withheld_or_known_to_be_bad(given: Answer) -> Broken:
    for each in given.contacts:
        if each.standing is Standing.withheld:
            yield f"{each.id} is withheld"
        yield from _wrong_number(given.place.jurisdiction, each.id, each.kind, each.value)


@cache
def _wrong_number(code: str | None, contact_id: str, kind: Kind, value: str) -> tuple[str, ...]:
    fact = shipped().contact_by_id[contact_id]
    if (fact.kind, fact.value) != (kind, value):
        return (f"{contact_id} is shown as {value}",)
    if fact.withhold is not None:
        return (f"{contact_id} is withheld: {fact.withhold}",)
    narrow = bool(fact.counties or fact.except_counties)
    return tuple(
        f"{contact_id} is known to be bad: {bad.reason}"
        for bad in shipped().known_bad(code if is_of_jurisdiction(fact) else None)
        # What a list prints for a whole State may be right for the county that owns it.
        if (bad.kind, bad.value) == (kind, value) and not (narrow and bad.reason is BadReason.wrong_scope)
    )


def never_says_that_someone_need_not_call(given: Answer) -> Broken:
    if given.duty is None:
        return
    if given.duty.must not in (Must.yes, Must.may, Must.unknown) or say(
        given.duty.must_i.lines[0], "en"
    ).startswith("No"):
        yield "a duty that is denied"


def says_now_before_any_limit_of_time(given: Answer) -> Broken:
    if given.duty is not None and not (
        say(given.duty.deadline.lines[0], "en").startswith("Now")
        and say(given.duty.deadline.lines[0], "es").startswith(("Ahora", "Ya"))
    ):
        yield "the limit of time does not begin with now"


def holds_childhelp_for_a_connector(given: Answer) -> Broken:
    for each in given.contacts:
        if "childhelp" in each.id and each.role is ContactRole.intake:
            yield "Childhelp takes no reports"
        if each.value == "+18004224453" and each.why.code.startswith("why_intake"):
            yield "Childhelp is said to take reports"


def helps_first_when_a_parent_is_struggling(given: Answer) -> Broken:
    if given.concern is not Concern.struggling:
        return
    first = given.contacts[0]
    if first.role is not ContactRole.family_help:
        yield f"the first contact is {first.id}"


def says_each_line_of_the_route_once(given: Answer) -> Broken:
    for each, count in Counter(given.route).items():
        if count > 1:
            yield say(each, "en")


def shows_each_number_once(given: Answer) -> Broken:
    for number, count in Counter((c.kind, c.value, c.keyword) for c in given.contacts).items():
        if count > 1:
            yield str(number)


def tells_what_to_do_when_nobody_answers(given: Answer) -> Broken:
    for each in given.contacts:
        if each.kind in (Kind.phone, Kind.sms, Kind.tty) and each.role is not ContactRole.emergency:
            if each.no_answer is None:
                yield each.id
            elif each.role is ContactRole.intake and each.open is OpenState.closed and not each.if_closed:
                yield f"{each.id} is closed and nothing is said about it"


def sends_nobody_on_to_a_next_line_that_is_not_there(given: Answer) -> Broken:
    calls = [c for c in given.contacts if c.kind in (Kind.phone, Kind.sms, Kind.tty)]
    if calls and calls[-1].no_answer is not None and calls[-1].no_answer.code == "no_answer_next":
        yield f"{calls[-1].id} is the last"


def names_a_source_for_every_contact(given: Answer) -> Broken:
    if not all(each.sources for each in given.contacts):
        yield "a contact without a source"
    if not {source for each in given.contacts for source in each.sources} <= given.sources.keys():
        yield "a source that is not told"


def keeps_open_lines_before_closed_ones(given: Answer) -> Broken:
    closed = [
        c.open is OpenState.closed
        for c in given.contacts
        if c.role is ContactRole.intake and c.kind is Kind.phone
    ]
    if closed != sorted(closed):
        yield "a closed line stands before an open one"


ANSWER_RULES: list[Rule] = [
    has_a_number_or_says_that_none_is_known,
    reaches_the_authority_or_says_how,
    names_911_at_once,
    puts_911_first_in_danger,
    shows_no_number_that_is_withheld_or_known_to_be_bad,
    never_says_that_someone_need_not_call,
    says_now_before_any_limit_of_time,
    holds_childhelp_for_a_connector,
    helps_first_when_a_parent_is_struggling,
    says_each_line_of_the_route_once,
    shows_each_number_once,
    tells_what_to_do_when_nobody_answers,
    sends_nobody_on_to_a_next_line_that_is_not_there,
    names_a_source_for_every_contact,
    keeps_open_lines_before_closed_ones,
]


# --- rules of one sentence: each yields what is wrong with a Line said to this role -----------------------------------


def is_whole_in_both_languages(said: Line, role: Role) -> Broken:
    english, spanish = say(said, "en"), say(said, "es")
    for text in (english, spanish):
        if not text or _LEFT_OVER.search(_WEB.sub("", text)):
            yield f"{said.code}: {text!r}"
    if english == spanish and _has_words_of_its_own(said):
        yield f"{said.code} reads the same in both languages: {english!r}"


_WEB = re.compile(r"https?://\S+")
_LEFT_OVER = re.compile(r"[{}]|\bclock:|\b[a-z]+(_[a-z0-9]+)+\b|\b[a-z]+_[A-Z]")


def _has_words_of_its_own(said: Line) -> bool:
    """False for a name of a place, and for a sentence that is nothing but what fills it."""
    template = re.sub(r"\{\w+\}", "", WORDS[said.code])
    return not said.code.startswith("name_US-") and any(letter.isalpha() for letter in template)


def never_says_report_to_a_young_person(said: Line, role: Role) -> Broken:
    if role is Role.youth:
        for language in ("en", "es"):
            if _NOT_FOR_THE_YOUNG.search(_WEB.sub("", say(said, language))):
                yield f"{said.code}: {say(said, language)}"


_NOT_FOR_THE_YOUNG = re.compile(
    r"\breport|denunci|reporta|tell your (parent|mother|father|mom|dad)|(a tus|a sus) (padres|papás)"
    r"|prostitute|promiscu|you should have|your own fault|delinquen|delincuen|debiste",
    re.IGNORECASE,
)


def never_takes_poverty_origin_or_youth_for_a_reason(said: Line, role: Role) -> Broken:
    if said.code in _SAYS_THAT_POVERTY_IS_NO_HARM:
        return
    for language in ("en", "es"):
        if _STIGMA.search(say(said, language)):
            yield f"{said.code}: {say(said, language)}"


_SAYS_THAT_POVERTY_IS_NO_HARM = {"say_poverty", "family_not_report"}
_STIGMA = re.compile(
    r"\b(poor|poverty|income|welfare|immigra|migrant|undocumented|foreign|alien|race\b|homeless|single parent"
    r"|(young|teen) (mother|father|parent)s?|pobre|inmigr|indocument|extranjer|raza)",
    re.IGNORECASE,
)

LINE_RULES: list[Callable[[Line, Role], Broken]] = [
    is_whole_in_both_languages,
    never_says_report_to_a_young_person,
    never_takes_poverty_origin_or_youth_for_a_reason,
]


# --- the enumeration --------------------------------------------------------------------------------------------------

_WEEK = [dt.date(2026, 11, 30) + dt.timedelta(days=n) for n in range(7)]
_CLOCK_CHANGES = [dt.date(2026, 11, 1), dt.date(2027, 3, 14)]
_DAYS = list(Day)
_SECOND = dt.timedelta(seconds=1)
_COUNTY_ROLES = (Role.anyone, Role.youth, Role.parent, Role.school)


@dataclass
class Enumeration:
    """What was found in all Answers, by the name of the rule."""

    answers: int = 0
    at_boundaries: int = 0
    broken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lines: set[tuple[Line, bool]] = field(default_factory=set)
    parts: dict[int, object] = field(default_factory=dict)
    with_hours: set[str] = field(default_factory=set)
    contacts: dict[tuple[str, Concern, Role], frozenset[str]] = field(default_factory=dict)

    def look(self, given: Answer) -> None:
        """Hold one Answer against every rule, and each of its sentences that was not met before."""
        self.answers += 1
        for rule in ANSWER_RULES:
            for wrong in rule(given):
                self.note(rule.__name__, f"{_where(given)}: {wrong}")
        for part in (*given.contacts, *(getattr(given, name) for name in _PARTS_WITH_LINES)):
            # Answers of one day share what does not hang on the hour: the same object holds the same sentences.
            if self.parts.get(id(part)) is not part:
                self.parts[id(part)] = part
                self.look_at_lines(part, given)

    def look_at_lines(self, part: object, given: Answer) -> None:
        """Hold each Line of a part of an Answer against every rule of sentences, once for each audience."""
        young = given.role is Role.youth
        for said in lines_of(part):
            if (said, young) not in self.lines:
                self.lines.add((said, young))
                for rule in LINE_RULES:
                    for wrong in rule(said, given.role):
                        self.note(rule.__name__, f"{_where(given)}: {wrong}")

    def note(self, rule: str, wrong: str) -> None:
        """Keep enough of what is wrong to mend it, not all of it."""
        if len(self.broken[rule]) < 20:
            self.broken[rule].append(wrong)


_PARTS_WITH_LINES = [
    name for name in Answer.__struct_fields__ if name not in ("contacts", "sources", "place")
]


def _where(given: Answer) -> str:
    place = given.place.county or given.place.jurisdiction or "nowhere"
    return f"{place}, {given.concern}, {given.role}, {given.at:%Y-%m-%d %H:%M:%S}"


@pytest.fixture(scope="module")
def every() -> Enumeration:
    found = Enumeration()
    for place in all_places():
        _ask_all(found, place, None, list(Role))
    for place in counties_with_lines():
        _ask_all(found, place, None, _COUNTY_ROLES)
    for typed in ("Fort Campbell, KY", "Navajo Nation, AZ"):
        _ask_all(found, *find(typed), _COUNTY_ROLES)
    print(
        f"\n{found.answers} Answers, {found.at_boundaries} of them at boundaries of opening hours or of clock change; "
        f"{len(found.lines)} different lines; {len(found.with_hours)} contacts with weekly hours"
    )
    return found


def _ask_all(found: Enumeration, place: Place | None, note: str | None, roles: Iterable[Role]) -> None:
    found.parts.clear()
    for concern in Concern:
        for role in roles:
            given = answer(place, concern, role, NOON, shipped(), note)
            found.contacts[_key(place), concern, role] = _calls(given)
            if concern is Concern.about_me and role is not Role.youth:
                # Whoever asks for themselves is spoken to as a young person: then the hours are too.
                if given != answer(place, concern, Role.youth, NOON, shipped(), note):
                    found.note("about_me_is_the_same_for_every_role", f"{_key(place)} {role}")
                found.answers += 1
                continue
            found.look(given)
            _ask_at_boundaries(found, place, note, given)


def _ask_at_boundaries(found: Enumeration, place: Place | None, note: str | None, given: Answer) -> None:
    zones = place.zones if place is not None else ("America/New_York",)
    moments = {moment for zone in zones for moment in _around_clock_change(zone)}
    for each in given.contacts:
        moments |= _boundaries(each.id, given.place.jurisdiction, zones)
        if each.hours.code in ("hours_weekly", "hours_weekly_local", "hours_outside"):
            found.with_hours.add(each.id)
    before: Answer | None = None
    for moment in sorted(moments):
        now = answer(place, given.concern, given.role, moment, shipped(), note)
        found.look(now)
        found.at_boundaries += 1
        if before is not None:
            for wrong in _wrong_change(before, now):
                found.note("the_answer_holds_until_changes_at_and_differs_then", wrong)
        before = now


def _wrong_change(before: Answer, now: Answer) -> Broken:
    where = f"{_where(before)} to {now.at:%Y-%m-%d %H:%M:%S}"
    changes_at = before.changes_at
    if changes_at is None or changes_at <= before.at:
        yield f"{where}: no moment of change after {before.at}"
    elif now.at < changes_at and _timeless(now) != _timeless(before):
        yield f"{where}: differs before {changes_at}"
    elif now.at == changes_at and changes_at.time() != dt.time() and _timeless(now) == _timeless(before):
        yield f"{where}: does not differ at {changes_at}"


def _timeless(given: Answer) -> Answer:
    return msgspec.structs.replace(given, at=NOON, changes_at=None)


def _key(place: Place | None) -> str:
    return "nowhere" if place is None else place.label


def _calls(given: Answer) -> frozenset[str]:
    """Lines that a person or an officer answers: of the authority, and 911."""
    return frozenset(
        c.id
        for c in given.contacts
        if c.role is ContactRole.emergency or (c.role is ContactRole.intake and c.kind in _ANSWERED)
    ) | frozenset(authority_lines(given))


_ANSWERED = (Kind.phone, Kind.sms, Kind.tty)


@cache
def _boundaries(contact_id: str, code: str | None, zones: tuple[str, ...]) -> frozenset[dt.datetime]:
    """A second before, at, and a second after each opening and closing, on each day of a week and of clock change."""
    by_id = {c.id: c for c in shipped().contacts(code)}
    hours = by_id[contact_id].hours
    if hours.kind is HoursKind.outside and hours.of is not None:
        hours = by_id[hours.of].hours
    if hours.kind is not HoursKind.weekly:
        return frozenset()
    named = zones if hours.zone in (None, "local") else (str(hours.zone),)
    return frozenset(
        moment + around
        for zone in named
        for day in (*_WEEK, *_CLOCK_CHANGES)
        for span in hours.spans
        if _DAYS[day.weekday()] in span.days
        for moment in (_moment(day, span.start, zone), _moment(day, span.end, zone))
        for around in (-_SECOND, dt.timedelta(), _SECOND)
    )


def _moment(day: dt.date, clock: str, zone: str) -> dt.datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    midnight = dt.datetime.combine(day, dt.time())
    return (
        (midnight + dt.timedelta(hours=hour, minutes=minute))
        .replace(tzinfo=ZoneInfo(zone))
        .astimezone(dt.UTC)
    )


@cache
def _around_clock_change(zone: str) -> frozenset[dt.datetime]:
    """The half hours and seconds around the moment when the clocks of `zone` change; none where they do not."""
    found = set()
    for day in _CLOCK_CHANGES:
        hours = [
            dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC) + n * dt.timedelta(hours=1) for n in range(30)
        ]
        offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
        for hour, (before, after) in zip(hours[1:], pairwise(offsets), strict=True):
            if before != after:
                found |= {hour - _SECOND, hour, hour + dt.timedelta(minutes=30)}
    return frozenset(found)


# --- what they show ---------------------------------------------------------------------------------------------------

_RULE_NAMES = [rule.__name__ for rule in (*ANSWER_RULES, *LINE_RULES)]


@pytest.mark.parametrize("rule", [*_RULE_NAMES, "the_answer_holds_until_changes_at_and_differs_then"])
def test_every_answer(every: Enumeration, rule: str) -> None:
    assert every.broken[rule] == []


def test_about_me_is_the_same_for_every_role(every: Enumeration) -> None:
    assert every.broken["about_me_is_the_same_for_every_role"] == []


def test_danger_only_adds(every: Enumeration) -> None:
    """No line that a person answers is lost when someone says that there is danger."""
    lost = [
        (place, role, sorted(calls - every.contacts[place, Concern.danger_now, role]))
        for (place, concern, role), calls in every.contacts.items()
        if concern is Concern.abuse_neglect and not calls <= every.contacts[place, Concern.danger_now, role]
    ]
    assert lost == []


def test_no_concern_and_no_role_takes_a_line_of_the_authority_or_911_away(every: Enumeration) -> None:
    """What anyone is told about abuse is the least that anybody is told; 711 and texts may stand elsewhere."""
    lost = []
    for (place, concern, role), calls in every.contacts.items():
        least = every.contacts[place, concern, Role.anyone]
        if not least <= calls:
            lost.append((place, concern, role, sorted(least - calls)))
        if not calls:
            lost.append((place, concern, role, ["911"]))
    assert lost == []


def test_wherever_abuse_has_a_line_every_other_concern_has_one(every: Enumeration) -> None:
    facts = shipped()
    lost = []
    for (place, concern, role), calls in every.contacts.items():
        of_abuse = every.contacts[place, Concern.abuse_neglect, role]
        has, had = (
            {c for c in some if facts.contact_by_id[c].role is not ContactRole.emergency}
            for some in (calls, of_abuse)
        )
        if had and not has:
            lost.append((place, concern, role))
    assert lost == []


def test_the_boundaries_of_every_contact_with_hours_were_met(every: Enumeration) -> None:
    """A contact with hours that stands in no Answer would have gone unchecked."""
    facts = shipped()
    usable = {
        c.id
        for code in (None, *facts.jurisdictions)
        for c in facts.contacts(code)
        if c.hours.kind in (HoursKind.weekly, HoursKind.outside) and c.withhold is None
    }
    assert sorted(usable - every.with_hours) == []


def test_the_enumeration_is_whole(every: Enumeration) -> None:
    assert len(all_places()) == 57
    assert {
        (place, concern, role) for place in map(_key, all_places()) for concern in Concern for role in Role
    } <= set(every.contacts)
    assert every.answers > 57 * len(Concern) * len(Role)
    assert every.at_boundaries > 0
