"""What the pages of Report It show: an Answer arranged for a screen, with its links. No Django in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from porchlight import places
from porchlight.facts import Facts
from porchlight.facts.schema import ContactRole, Kind
from porchlight.places import Place
from porchlight.report.answer import Answer, AnswerContact, Concern, Duty, Law, Line, Point, Role
from porchlight.report.whom import place_name

# The order in which a person picks a worry: the most frequent first, danger before all.
PICKED_CONCERNS = (
    Concern.danger_now,
    Concern.abuse_neglect,
    Concern.sex_trafficking,
    Concern.online,
    Concern.missing_or_runaway,
    Concern.labor_trafficking,
    Concern.struggling,
    Concern.about_me,
    Concern.adult_trafficking,
)
# The order in which a person picks what they do: everyone first, then the work that meets most children.
PICKED_ROLES = (
    Role.anyone,
    Role.parent,
    Role.youth,
    Role.school,
    Role.child_care,
    Role.health,
    Role.mental_health,
    Role.social_work,
    Role.coach,
    Role.youth_program,
    Role.clergy,
    Role.church_workers,
    Role.law_enforcement,
    Role.ems,
    Role.firefighters,
    Role.foster,
    Role.higher_ed,
    Role.volunteers,
    Role.librarians,
    Role.pharmacist,
    Role.victim_services,
    Role.court_staff,
    Role.attorneys,
    Role.juvenile_justice,
    Role.probation,
    Role.corrections,
    Role.coroner,
    Role.animal_services,
    Role.film_processor,
    Role.computer_technician,
    Role.other_listed,
)
WORK_ROLES = tuple(role for role in PICKED_ROLES if role not in (Role.anyone, Role.parent, Role.youth))


# What a young person reads before all else; the rest of it follows the ways to reach someone.
_FIRST_SAID = frozenset({"me_fault", "me_alone", "me_where"})
# A language in which alone a way answers, by its own name; most answer in English.
_ONLY_IN: dict[tuple[str, ...], tuple[str, str]] = {("es",): ("es", "Español"), ("ase",): ("en", "ASL")}


@dataclass(frozen=True, slots=True)
class Way:
    """One contact on a card, with what holds for it alone.

    `before` is what to know before using it, `after` the rest. `only_in` is (language tag, name) where it answers in
    that language alone.
    """

    contact: AnswerContact
    why: Line | None
    before: tuple[Line, ...]
    state: Line | None
    after: tuple[Line, ...]
    only_in: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Card:
    """Those who answer, said once, with every way to reach them; what holds for all ways is said once too.

    `lamp` is True where the first way is the one to press before all others.
    """

    name: str | None
    why: Line | None
    before: tuple[Line, ...]
    state: Line | None
    after: tuple[Line, ...]
    ways: tuple[Way, ...]
    lamp: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """An Answer arranged for the screen: the line to call first, the others, and how it is asked again.

    `first` is the number to press before all others, None where only 911 can be. `regional` are the lines for a part
    of the place each, while the county is not known. `cards` come next and `more` stand folded under them; on a young
    person's page `first` is the first way of the first card. `slug` is the place in addresses, `note` what was known
    of it besides ("military").
    """

    answer: Answer
    first: AnswerContact | None
    regional: tuple[Card, ...]
    cards: tuple[Card, ...]
    more: tuple[Card, ...]
    slug: str | None
    place: Line
    county: str | None
    note: str | None
    duty: tuple[tuple[str, Point], ...]
    law: tuple[tuple[str, Point], ...]
    said_first: tuple[Line, ...]
    said_later: tuple[Line, ...]

    @property
    def is_about_me(self) -> bool:
        return self.answer.concern is Concern.about_me

    @property
    def is_danger(self) -> bool:
        return self.answer.concern is Concern.danger_now

    @property
    def has_law(self) -> bool:
        return bool(self.duty)

    @property
    def has_ways(self) -> bool:
        return bool(self.cards)

    @property
    def connects(self) -> bool:
        """Does the first line pass the caller on to the office that takes the call?"""
        return self.first is not None and self.first.why.code == "why_connector_state"

    @property
    def leads_there(self) -> bool:
        """Does one call to the first line reach the office? Else the page says first what to do without such a line."""
        return self.connects or (self.first is not None and self.first.role is ContactRole.intake)


def arrange(answer: Answer, place: Place | None, note: str | None = None) -> Page:
    """Arrange an Answer for the screen."""
    lines = _lines(answer.contacts, answer.concern, knows_county=answer.place.county_fips is not None)
    slug = places.slug(place) if place is not None else None
    return Page(
        answer=answer,
        first=lines.first,
        regional=lines.regional,
        cards=lines.cards,
        more=lines.more,
        slug=slug,
        place=place_name(place.jurisdiction if place is not None else None),
        county=place.county if place is not None and slug is not None and slug.count("/") == 2 else None,
        note=note,
        duty=_points(answer.duty),
        law=_points(answer.law),
        said_first=tuple(said for said in answer.about_me if said.code in _FIRST_SAID),
        said_later=tuple(said for said in answer.about_me if said.code not in _FIRST_SAID),
    )


def first_to_call(answer: Answer) -> AnswerContact | None:
    """The largest number on the page: the first of the Answer, but never 911, which stands above every page.

    A line of one region is not offered as the number of a whole state.
    """
    return _first(answer.contacts, knows_county=answer.place.county_fips is not None)


def _first(contacts: tuple[AnswerContact, ...], *, knows_county: bool) -> AnswerContact | None:
    for contact in contacts:
        narrow = bool(contact.area or contact.area_except) and not knows_county
        if (
            contact.kind in (Kind.phone, Kind.sms)
            and contact.role is not ContactRole.emergency
            and not narrow
        ):
            return contact
    return None


@dataclass(frozen=True, slots=True)
class Worry:
    """A worry with the number for it; None where the county decides, and no one number is right."""

    concern: Concern
    contact: AnswerContact | None


def worry(answer: Answer) -> Worry:
    """The line of the list of worries for an Answer."""
    phones = [
        contact
        for contact in answer.contacts
        if contact.kind in (Kind.phone, Kind.sms) and contact.role is not ContactRole.emergency
    ]
    first = first_to_call(answer)
    return Worry(answer.concern, first if phones[:1] == [first] else None)


def other_cards(answer: Answer, tried: str) -> tuple[Card, ...]:
    """Every way but the contact `tried`, for someone whose call to it failed."""
    others = [contact for contact in answer.contacts if contact.id != tried]
    return _cards([contact for contact in others if contact.role is not ContactRole.emergency])


@dataclass(frozen=True, slots=True)
class _Lines:
    """The contacts of an Answer by their place on a Page."""

    first: AnswerContact | None
    regional: tuple[Card, ...]
    cards: tuple[Card, ...]
    more: tuple[Card, ...]


@lru_cache(maxsize=512)  # who asks, and most worries, change nothing of it
def _lines(contacts: tuple[AnswerContact, ...], concern: Concern, *, knows_county: bool) -> _Lines:
    first = _first(contacts, knows_county=knows_county)
    if concern is Concern.about_me:
        cards, more = _folded(_cards(_without_911(contacts)), is_about_me=True)
        return _Lines(first, (), (*(replace(card, lamp=True) for card in cards[:1]), *cards[1:]), more)
    part = [] if knows_county else _regional(contacts)
    above = {contact.id for contact in (first, *part) if contact is not None}
    shown = contacts if concern is Concern.danger_now else _without_911(contacts)
    cards, more = _folded(
        _cards([contact for contact in shown if contact.id not in above]), is_about_me=False
    )
    return _Lines(first, _cards(part), cards, more)


def _regional(contacts: tuple[AnswerContact, ...]) -> list[AnswerContact]:
    """The phone lines that take calls for a part of the place each, for when no county is known."""
    return [
        contact
        for contact in contacts
        if contact.kind is Kind.phone
        and contact.role is ContactRole.intake
        and (contact.area or contact.area_except)
    ]


def _without_911(contacts: tuple[AnswerContact, ...]) -> list[AnswerContact]:
    """The contacts for the cards: 911 stands above every page, but for one about danger."""
    return [contact for contact in contacts if contact.role is not ContactRole.emergency]


def _cards(contacts: Sequence[AnswerContact]) -> tuple[Card, ...]:
    """Contacts of one name on one card, in the order in which each is met first."""
    by_name: dict[str, list[AnswerContact]] = {}
    for contact in contacts:
        by_name.setdefault(contact.name or contact.id, []).append(contact)
    # Relay is a way to use the other ways: it stands after them.
    return tuple(sorted((_card(tuple(same)) for same in by_name.values()), key=_is_relay))


@lru_cache(maxsize=1024)  # the same few hundred stand on every page
def _card(same: tuple[AnswerContact, ...]) -> Card:
    why = _shared([(contact.why,) for contact in same])
    before = _shared([_before(contact) for contact in same])
    state = _shared([(contact.state,) for contact in same])
    after = _shared([_after(contact) for contact in same])
    ways = tuple(
        Way(
            contact=contact,
            why=None if contact.why in why else contact.why,
            before=_without(_before(contact), before),
            state=None if contact.state in state else contact.state,
            after=_without(_after(contact), after),
            only_in=_ONLY_IN.get(contact.languages),
        )
        for contact in same
    )
    return Card(same[0].name, next(iter(why), None), before, next(iter(state), None), after, ways)


def _before(contact: AnswerContact) -> tuple[Line, ...]:
    return (*contact.limits, *contact.pass_on)


def _after(contact: AnswerContact) -> tuple[Line, ...]:
    return (*hours_shown(contact), *if_closed_shown(contact), *contact.trust)


def hours_shown(contact: AnswerContact) -> tuple[Line, ...]:
    """The hours, where whether it is open now does not say all of them."""
    told = contact.hours.code in ("hours_always", "hours_unknown") or contact.hours == contact.state
    return () if told else (contact.hours,)


def if_closed_shown(contact: AnswerContact) -> tuple[Line, ...]:
    """What to do when it is closed, for a line that is not always open."""
    return () if contact.hours.code == "hours_always" else contact.if_closed


def _shared(said: list[tuple[Line, ...]]) -> tuple[Line, ...]:
    """The lines that all have, in the order of the first."""
    return tuple(one for one in said[0] if all(one in lines for lines in said))


def _without(lines: tuple[Line, ...], shared: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(one for one in lines if one not in shared)


def _is_relay(card: Card) -> bool:
    return any(way.contact.role is ContactRole.relay for way in card.ways)


_OPEN_CARDS = 4  # that stand open: more than that, and a frightened person reads none


def _folded(cards: tuple[Card, ...], *, is_about_me: bool) -> tuple[tuple[Card, ...], tuple[Card, ...]]:
    """Cards to stand open, and those to fold away. Relay stays open; on a young person's page so do the child line
    and help with pictures."""

    def stays(index: int, card: Card) -> bool:
        if index < _OPEN_CARDS or _is_relay(card):
            return True
        return is_about_me and any(
            way.contact.role is ContactRole.intake or way.contact.why.code == "why_images"
            for way in card.ways
        )

    stay = [stays(index, card) for index, card in enumerate(cards)]
    return (
        tuple(card for card, open_ in zip(cards, stay, strict=True) if open_),
        tuple(card for card, open_ in zip(cards, stay, strict=True) if not open_),
    )


def _points(group: Duty | Law | None) -> tuple[tuple[str, Point], ...]:
    """(name, Point) of every question a Duty or Law answers, in its order."""
    if group is None:
        return ()
    named = [(name, getattr(group, name)) for name in group.__struct_fields__]
    return tuple((name, point) for name, point in named if isinstance(point, Point))


def may_show(facts: Facts, code: str | None, contact_id: str) -> bool:
    """Is `contact_id` a contact that the pages of `code` may show?"""
    return any(c.id == contact_id and c.withhold is None for c in facts.contacts(code))
