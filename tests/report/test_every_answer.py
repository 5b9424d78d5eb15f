"""Every jurisdiction, concern, role and language, at every boundary of opening hours and on days of clock change.

The Answers are made once; each rule looks at each of them, and is shown a broken one to prove that it can see.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest

from porchlight.facts import shipped
from porchlight.facts.hours import OpenState, opening
from porchlight.facts.schema import BadReason, ContactRole, Day, HoursKind, Kind
from porchlight.facts.standing import Standing, is_of_jurisdiction
from porchlight.places import Place
from porchlight.report.answer import Answer, Concern, Line, Must, Role, line
from porchlight.report.rules import answer
from porchlight.report.say import say
from porchlight.report.words import WORDS
from tests.report.asking import NOON, all_places, ask, codes, counties_with_lines, find, lines_of, words

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
    if not said & {"route_police"}:
        yield "no word that the police can take it"
    if given.place.jurisdiction is not None and "route_connector" not in said:
        yield "nobody who helps to find the office"
    if not any(c.role is ContactRole.connector and c.kind is Kind.phone for c in given.contacts):
        yield "no connector among the contacts"


def authority_lines(given: Answer) -> set[str]:
    """The ids of phone lines that take reports for the authority, or connect with the office that does."""
    return {
        each.id
        for each in given.contacts
        if each.kind is Kind.phone and (each.role is ContactRole.intake or _leads_to_the_office(each.id))
    }


@cache
def _leads_to_the_office(contact_id: str) -> bool:
    fact = shipped().contact_by_id[contact_id]
    return (
        re.match(r"us-[a-z]{2}-", contact_id) is not None
        and fact.role is ContactRole.connector
        and not fact.second_choice
    )


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
    # A safe haven for a baby may have the number of the child line: it is another reason to call it.
    numbers = ((c.kind, c.value, c.keyword, c.role is ContactRole.safe_haven) for c in given.contacts)
    for number, count in Counter(numbers).items():
        if count > 1:
            yield str(number)


def says_nothing_twice_of_a_contact(given: Answer) -> Broken:
    for each in given.contacts:
        said = [line.code for line in (*each.limits, *each.pass_on, *each.if_closed, *each.trust)]
        texts = {_SAME_WORDS.get(code, code) for code in said}
        if len(texts) < len({*said}):
            yield f"{each.id}: {said}"


# Two codes with one sentence.
_SAME_WORDS = {"limit_is_a_report": "pass_on_is_a_police_report"}


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


# Rules of whom to reach, and how: they hang on what stands in _REACH and on nothing else.
REACH_RULES: list[Rule] = [
    has_a_number_or_says_that_none_is_known,
    reaches_the_authority_or_says_how,
    names_911_at_once,
    puts_911_first_in_danger,
    shows_no_number_that_is_withheld_or_known_to_be_bad,
    holds_childhelp_for_a_connector,
    helps_first_when_a_parent_is_struggling,
    says_each_line_of_the_route_once,
    shows_each_number_once,
    says_nothing_twice_of_a_contact,
    tells_what_to_do_when_nobody_answers,
    sends_nobody_on_to_a_next_line_that_is_not_there,
    keeps_open_lines_before_closed_ones,
]
_REACH = ("place", "concern", "now", "contacts", "route")
OTHER_RULES: list[Rule] = [
    never_says_that_someone_need_not_call,
    says_now_before_any_limit_of_time,
    names_a_source_for_every_contact,
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
    reach: tuple[object, ...] = ()
    young: bool = False
    with_hours: set[str] = field(default_factory=set)
    contacts: dict[tuple[str, Concern, Role], frozenset[str]] = field(default_factory=dict)

    def look(self, given: Answer) -> bool:
        """Hold one Answer against every rule, and each of its sentences that was not met before.

        False when it reaches the same as the one before it did.
        """
        self.answers += 1
        parts = [getattr(given, name) for name in _OTHER_PARTS]
        rules = OTHER_RULES
        # Roles that are spoken to alike reach the same at the same moment: equal values break no other rules.
        reach = tuple(getattr(given, name) for name in _REACH)
        is_new = reach != self.reach or (given.role is Role.youth) is not self.young
        if is_new:
            self.reach, self.young = reach, given.role is Role.youth
            rules = REACH_RULES + OTHER_RULES
            parts += [*given.contacts, given.now, given.route]
        for rule in rules:
            for wrong in rule(given):
                self.note(rule.__name__, f"{_where(given)}: {wrong}")
        for part in parts:
            # Answers of one day share what does not hang on the hour: the same object holds the same sentences.
            if self.parts.get(id(part)) is not part:
                self.parts[id(part)] = part
                self.look_at_lines(part, given)
        return is_new

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


_OTHER_PARTS = ("duty", "law", "say", "beside_you", "to_child", "do_not", "next", "about_me")


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


def _ask_all(found: Enumeration, place: Place | None, note: str | None, roles: Sequence[Role]) -> None:
    found.parts.clear()
    for concern in Concern:
        asked = roles
        if concern is Concern.about_me:
            # Whoever asks for themselves is spoken to as a young person; then the hours are the same too.
            asked = (Role.youth,)
            _ask_as_others(found, place, note, roles)
        at_noon = [answer(place, concern, role, NOON, shipped(), note) for role in asked]
        for given in at_noon:
            found.contacts[_key(place), concern, given.role] = _calls(given)
            found.look(given)
        _ask_at_boundaries(found, place, note, at_noon)


def _ask_as_others(found: Enumeration, place: Place | None, note: str | None, roles: Sequence[Role]) -> None:
    young = answer(place, Concern.about_me, Role.youth, NOON, shipped(), note)
    for role in roles:
        found.answers += 1
        found.contacts[_key(place), Concern.about_me, role] = _calls(young)
        if answer(place, Concern.about_me, role, NOON, shipped(), note) != young:
            found.note("about_me_is_the_same_for_every_role", f"{_key(place)} {role}")


def _ask_at_boundaries(
    found: Enumeration, place: Place | None, note: str | None, at_noon: Sequence[Answer]
) -> None:
    """Ask again, as each role, at every moment at which an Answer to one of them may change.

    In a county only its own lines are followed: those of the nation and of its jurisdiction were, there.
    """
    zones = place.zones if place is not None else ("America/New_York",)
    of_county = place is not None and place.county_fips is not None
    moments: set[dt.datetime] = set()
    for each in {contact.id: contact for given in at_noon for contact in given.contacts}.values():
        if each.hours.code in ("hours_weekly", "hours_weekly_local", "hours_outside"):
            found.with_hours.add(each.id)
            if not of_county or each.area or each.area_except:
                moments |= _boundaries(each.id, at_noon[0].place.jurisdiction, zones)
    if moments or not of_county:
        moments |= {moment for zone in zones for moment in _around_clock_change(zone)}
    before: dict[Role, Answer] = {}
    for moment in sorted(moments):
        for given in at_noon:
            now = answer(place, given.concern, given.role, moment, shipped(), note)
            found.at_boundaries += 1
            if found.look(now):
                for wrong in _wrong_hours(now, zones):
                    found.note("each_line_is_as_open_as_its_hours_say", wrong)
                for wrong in _wrong_change(before[given.role], now) if given.role in before else ():
                    found.note("the_answer_holds_until_changes_at_and_differs_then", wrong)
            before[given.role] = now


def _wrong_change(before: Answer, now: Answer) -> Broken:
    changes_at = before.changes_at
    if changes_at is None or changes_at <= before.at:
        yield f"{_where(before)}: no moment of change after it"
    elif now.at < changes_at and _timeless(now) != _timeless(before):
        yield f"{_where(before)}: differs at {now.at}, before {changes_at}"
    elif now.at == changes_at and changes_at.time() != dt.time() and _timeless(now) == _timeless(before):
        yield f"{_where(before)}: does not differ at {changes_at}"


def _wrong_hours(given: Answer, zones: tuple[str, ...]) -> Broken:
    """Answers of one day share what was found of it; here each contact's hours are judged at the moment itself."""
    facts = shipped()
    for each in given.contacts:
        now = opening(facts.contact_by_id[each.id], given.at, zones, facts.contact_by_id.get)
        times = (
            now.changes_at if now.state is OpenState.closed else None,
            now.changes_at if now.state is OpenState.open else None,
        )
        if each.open is not now.state or (each.opens_at, each.closes_at) != times:
            yield f"{_where(given)}: {each.id} is {now.state}, and is shown as {each.open}"


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

_RULES_OF_TIME = [
    "the_answer_holds_until_changes_at_and_differs_then",
    "each_line_is_as_open_as_its_hours_say",
]
_RULE_NAMES = [rule.__name__ for rule in (*REACH_RULES, *OTHER_RULES, *LINE_RULES)]


@pytest.mark.parametrize("rule", [*_RULE_NAMES, *_RULES_OF_TIME])
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


def test_the_rules_look_at_every_part_of_an_answer() -> None:
    told = {"at", "changes_at", "role", "sources"}
    assert {*_REACH, *_OTHER_PARTS} == set(Answer.__struct_fields__) - told


def test_the_enumeration_is_whole(every: Enumeration) -> None:
    assert len(all_places()) == 57
    assert {
        (place, concern, role) for place in map(_key, all_places()) for concern in Concern for role in Role
    } <= set(every.contacts)
    assert every.answers > 57 * len(Concern) * len(Role)
    assert every.at_boundaries > 0


# --- the rules can see ------------------------------------------------------------------------------------------------


def _with_contact(given: Answer, index: int, **changes: object) -> Answer:
    contacts = list(given.contacts)
    contacts[index] = msgspec.structs.replace(contacts[index], **changes)
    return msgspec.structs.replace(given, contacts=tuple(contacts))


def _without(given: Answer, *roles: ContactRole) -> Answer:
    return msgspec.structs.replace(
        given, contacts=tuple(c for c in given.contacts if c.role not in roles), route=()
    )


def _broken_answers() -> dict[Rule, Answer]:
    """For each rule, an Answer that differs from a true one in just what the rule forbids."""
    kentucky, danger = ask("40202"), ask("40202", "danger_now")
    parent, samoa = ask("40202", "struggling", "parent"), ask("American Samoa")
    calls = len([c for c in kentucky.contacts if c.no_answer is not None])
    assert kentucky.duty is not None
    bad = next(bad for bad in shipped().known_bad("US-KY") if bad.kind is Kind.phone)
    last = max(n for n, c in enumerate(kentucky.contacts) if c.no_answer is not None)
    denied = msgspec.structs.replace(
        kentucky.duty, must_i=msgspec.structs.replace(kentucky.duty.must_i, lines=(line("boss_personal"),))
    )
    late = msgspec.structs.replace(
        kentucky.duty,
        deadline=msgspec.structs.replace(
            kentucky.duty.deadline, lines=(line("deadline_hours", hours=24), line("deadline_now"))
        ),
    )
    assert calls > 1
    replace = msgspec.structs.replace
    return {
        has_a_number_or_says_that_none_is_known: _without(
            kentucky, ContactRole.intake, ContactRole.connector
        ),
        reaches_the_authority_or_says_how: replace(samoa, route=()),
        names_911_at_once: replace(kentucky, now=(line("now_call"),)),
        puts_911_first_in_danger: replace(danger, contacts=danger.contacts[1:]),
        shows_no_number_that_is_withheld_or_known_to_be_bad: _with_contact(kentucky, 0, value=bad.value),
        holds_childhelp_for_a_connector: _with_contact(
            samoa, [c.id for c in samoa.contacts].index("us-childhelp-phone"), role=ContactRole.intake
        ),
        helps_first_when_a_parent_is_struggling: replace(parent, contacts=parent.contacts[::-1]),
        says_each_line_of_the_route_once: replace(samoa, route=samoa.route * 2),
        shows_each_number_once: replace(kentucky, contacts=kentucky.contacts * 2),
        says_nothing_twice_of_a_contact: _with_contact(
            kentucky, 0, limits=(line("limit_is_a_report"),), pass_on=(line("pass_on_is_a_police_report"),)
        ),
        tells_what_to_do_when_nobody_answers: _with_contact(kentucky, 0, no_answer=None),
        sends_nobody_on_to_a_next_line_that_is_not_there: _with_contact(
            kentucky, last, no_answer=line("no_answer_next")
        ),
        keeps_open_lines_before_closed_ones: replace(
            kentucky,
            contacts=(
                replace(kentucky.contacts[0], open=OpenState.closed),
                replace(kentucky.contacts[0], open=OpenState.open),
            ),
        ),
        never_says_that_someone_need_not_call: replace(kentucky, duty=denied),
        says_now_before_any_limit_of_time: replace(kentucky, duty=late),
        names_a_source_for_every_contact: replace(kentucky, sources={}),
    }


@pytest.mark.parametrize("rule", [*REACH_RULES, *OTHER_RULES])
def test_each_rule_sees_an_answer_that_breaks_it(rule: Rule) -> None:
    assert list(rule(_broken_answers()[rule])) != []


@pytest.mark.parametrize(
    ("rule", "said", "role"),
    [
        (is_whole_in_both_languages, line("route_connector", name="{name}", printed="911"), Role.anyone),
        (is_whole_in_both_languages, line("closed_contact", printed="call route_police"), Role.anyone),
        (never_says_report_to_a_young_person, line("must_everyone", place="Guam"), Role.youth),
        (
            never_takes_poverty_origin_or_youth_for_a_reason,
            line("closed_contact", printed="poor"),
            Role.anyone,
        ),
    ],
)
def test_each_rule_of_sentences_sees_one_that_breaks_it(
    rule: Callable[[Line, Role], Broken], said: Line, role: Role
) -> None:
    assert list(rule(said, role)) != []


def test_a_change_at_the_wrong_moment_is_seen() -> None:
    night = dt.datetime(2026, 12, 2, 9, 30, tzinfo=dt.UTC)
    before, opens = ask("40202", at=night), ask("40202", at=night.replace(hour=13, minute=0))
    assert list(_wrong_change(before, opens)) == []
    too_late = msgspec.structs.replace(before, changes_at=night.replace(hour=14))
    too_early = msgspec.structs.replace(before, changes_at=night.replace(hour=10))
    same = msgspec.structs.replace(before, at=night.replace(hour=10))
    assert list(_wrong_change(too_late, opens)) != []
    assert list(_wrong_change(too_early, same)) != []
    assert list(_wrong_change(msgspec.structs.replace(before, changes_at=None), opens)) != []


def test_a_line_that_is_shown_open_when_it_is_closed_is_seen() -> None:
    zones = ("America/New_York",)
    given = ask("40202", at=dt.datetime(2026, 12, 2, 9, 30, tzinfo=dt.UTC))
    portal = [c.id for c in given.contacts].index("us-ky-portal")
    assert list(_wrong_hours(given, zones)) == []
    assert list(_wrong_hours(_with_contact(given, portal, open=OpenState.open), zones)) != []
    assert list(_wrong_hours(_with_contact(given, portal, opens_at=None), zones)) != []
