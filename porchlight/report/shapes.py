"""The shapes of what the JSON porch sends. The OpenAPI document is made from them, and so are its tests.

An Answer is put into words by `porches.as_json`; `AnswerDocument` is the shape of that. Facts go out as they are: their
shapes are those of `facts.schema`.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta, Struct

from porchlight.facts import Standing, Trust
from porchlight.facts.hours import OpenState
from porchlight.facts.schema import Contact, ContactRole, Kind, KnownBad, Law, Routing, Source
from porchlight.report.answer import AnswerPlace, AnswerSource, Concern, Must, Role

Language = Annotated[str, Meta(description="Language of every `text`.", pattern="^(en|es)$")]
Version = Annotated[
    int, Meta(description="Version of this shape. A field may be added; none changes its meaning.")
]


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is sent: every field is there, and no other."""


class Said(Shape, frozen=True, kw_only=True):
    """One sentence."""

    code: Annotated[str, Meta(description="Stable code of the sentence, the same in every language.")]
    text: Annotated[str, Meta(description="The sentence, in the language asked for. Show it as it is.")]


class Step(Shape, frozen=True, kw_only=True):
    """One sentence of an Answer, read from top to bottom."""

    part: Annotated[
        str,
        Meta(
            description="`now`, `about_me`, `route`, `say`, `beside_you`, `to_child`, `do_not` or `next`.",
            pattern="^(now|about_me|route|say|beside_you|to_child|do_not|next)$",
        ),
    ]
    code: Annotated[str, Meta(description="Stable code of the sentence, the same in every language.")]
    text: Annotated[str, Meta(description="The sentence, in the language asked for. Show it as it is.")]


class AnswerContact(Shape, frozen=True, kw_only=True):
    """One way to reach one authority or service, with why it stands here and whether it answers now."""

    id: Annotated[str, Meta(description="Stable id, like `us-ky-intake`.")]
    kind: Annotated[Kind, Meta(description="Phone, text, TTY, web page, fax, e-mail or chat.")]
    role: Annotated[ContactRole, Meta(description="What it is for. Only `intake` takes reports.")]
    value: Annotated[
        str, Meta(description="E.164 for a number, or a short or service code; an address for web and chat.")
    ]
    printed: Annotated[str, Meta(description="As its source prints it, letters and all.")]
    href: Annotated[str | None, Meta(description="What to link: `tel:`, `sms:`, `mailto:` or `https:`.")]
    why: Annotated[Said, Meta(description="Why this contact stands here.")]
    standing: Annotated[Standing, Meta(description="How far the value can be trusted. Show it, or `trust`.")]
    trust: Annotated[tuple[Said, ...], Meta(description="The standing and its age, in words.")]
    open: Annotated[OpenState, Meta(description="Does it answer now? `unknown` is not `closed`.")]
    state: Annotated[Said, Meta(description="The same in words, with the time of the next change.")]
    hours: Annotated[Said, Meta(description="When it answers, in words.")]
    name: Annotated[str | None, Meta(description="The line's own name.")]
    keyword: Annotated[str | None, Meta(description="The word to text.")]
    area: Annotated[tuple[str, ...], Meta(description="Counties it serves. Empty: all but `area_except`.")]
    area_except: Annotated[tuple[str, ...], Meta(description="Counties it does not serve.")]
    opens_at: Annotated[dt.datetime | None, Meta(description="When it next opens, in UTC.")]
    closes_at: Annotated[dt.datetime | None, Meta(description="When it next closes, in UTC.")]
    limits: Annotated[tuple[Said, ...], Meta(description="What a person must know before using it.")]
    pass_on: Annotated[tuple[Said, ...], Meta(description="What it may have to tell others.")]
    if_closed: Annotated[tuple[Said, ...], Meta(description="What to do while it is closed.")]
    no_answer: Annotated[Said | None, Meta(description="What to do when nobody answers, at any hour.")]
    languages: Annotated[tuple[str, ...], Meta(description="BCP 47 tags, or `interpreter`.")]
    sources: Annotated[tuple[str, ...], Meta(description="Ids of `sources`.")]


class AnswerPoint(Shape, frozen=True, kw_only=True):
    """What the law says on one question."""

    lines: Annotated[tuple[Said, ...], Meta(description="The answer, in words.")]
    cite: Annotated[str | None, Meta(description="Citation.")]
    sources: Annotated[tuple[str, ...], Meta(description="Ids of `sources`.")]
    check: Annotated[bool, Meta(description="True where we cannot vouch for it: ask the hotline.")]


class AnswerDuty(Shape, frozen=True, kw_only=True):
    """What the law asks of the person who asks. "Now" comes before any deadline."""

    must: Annotated[Must, Meta(description="Does the law bind them? There is no `no`: anyone may report.")]
    must_i: Annotated[AnswerPoint, Meta(description="Must I?")]
    how_sure: Annotated[AnswerPoint, Meta(description="How sure must I be?")]
    deadline: Annotated[AnswerPoint, Meta(description="The legal limit of time, after `now`.")]
    to_whom: Annotated[AnswerPoint, Meta(description="To whom?")]
    form: Annotated[AnswerPoint, Meta(description="By voice, in writing, online?")]
    boss: Annotated[AnswerPoint, Meta(description="Is telling my boss enough?")]
    name: Annotated[AnswerPoint, Meta(description="May I stay unnamed?")]
    protected: Annotated[AnswerPoint, Meta(description="Am I protected?")]
    silence: Annotated[AnswerPoint, Meta(description="What if I do not?")]
    false_report: Annotated[
        AnswerPoint | None, Meta(description="What of a report that is known to be false?")
    ]
    privilege: Annotated[AnswerPoint | None, Meta(description="What of secrets told to clergy or a lawyer?")]
    federal: Annotated[AnswerPoint | None, Meta(description="The federal duty, on top.")]
    cross_border: Annotated[AnswerPoint | None, Meta(description="What if two States are involved?")]


class AnswerLaw(Shape, frozen=True, kw_only=True):
    """What child trafficking means in the law there."""

    sex_minor: Annotated[AnswerPoint, Meta(description="A child in commercial sex.")]
    labor_minor: Annotated[AnswerPoint, Meta(description="A child made to work.")]
    family: Annotated[AnswerPoint, Meta(description="A child sold by family, for money, drugs or favors.")]
    child_abuse: Annotated[
        AnswerPoint | None, Meta(description="Is trafficking child abuse in that law? Null without a place.")
    ]
    child_charged: Annotated[
        AnswerPoint | None, Meta(description="Can the child be in trouble? Null without a place.")
    ]
    notice: Annotated[AnswerPoint | None, Meta(description="Must a notice hang in workplaces?")]


class AnswerDocument(Shape, frozen=True, kw_only=True):
    """The Answer: whom to call, what the law asks, what to say. The same for the same ETag, byte for byte.

    It holds no moment: the `Date` header says when it was sent, and `Expires` until when it may be shown.
    """

    version: Version
    language: Language
    place: Annotated[AnswerPlace, Meta(description="Where the child is, as far as we know it.")]
    concern: Annotated[Concern, Meta(description="The worry it answers.")]
    role: Annotated[Role, Meta(description="Who asks. `about_me` is always answered for `youth`.")]
    steps: Annotated[tuple[Step, ...], Meta(description="All there is to say, in order. Show `now` first.")]
    contacts: Annotated[tuple[AnswerContact, ...], Meta(description="Whom to call, in order.")]
    duty: Annotated[AnswerDuty | None, Meta(description="The duty; null where a young person asks for help.")]
    law: Annotated[AnswerLaw, Meta(description="What the law there calls child trafficking.")]
    sources: Annotated[dict[str, AnswerSource], Meta(description="Each source by its id.")]


class JurisdictionListed(Shape, frozen=True, kw_only=True):
    """One of the 56 jurisdictions."""

    code: Annotated[str, Meta(description="`US-KY`.", pattern="^US-[A-Z]{2}$")]
    name: Annotated[str, Meta(description="Its name, in the language asked for.")]
    facts: Annotated[str, Meta(description="Path of what is known of it, as JSON.")]
    page: Annotated[str, Meta(description="Path of its page for people.")]


class JurisdictionList(Shape, frozen=True, kw_only=True):
    """The 50 states, the District of Columbia and five territories, by name."""

    version: Version
    language: Language
    jurisdictions: Annotated[tuple[JurisdictionListed, ...], Meta(description="All 56.")]


class KnownContact(Shape, frozen=True, kw_only=True):
    """A contact as it stands in the fact file, and how far it can be trusted today."""

    contact: Annotated[Contact, Meta(description="The contact, in codes and values.")]
    trust: Annotated[Trust, Meta(description="Its standing today, and what it rests on.")]


class JurisdictionDocument(Shape, frozen=True, kw_only=True):
    """All that is known of one jurisdiction. A number that is withheld is not shown: it is only counted."""

    version: Version
    language: Language
    code: Annotated[str, Meta(description="`US-KY`.", pattern="^US-[A-Z]{2}$")]
    name: Annotated[str, Meta(description="Its name, in the language asked for.")]
    agency: Annotated[str, Meta(description="The authority that takes reports.")]
    routing: Annotated[Routing, Meta(description="How a report finds its office.")]
    contacts: Annotated[
        tuple[KnownContact, ...], Meta(description="Its own contacts, without the national ones.")
    ]
    withheld: Annotated[int, Meta(description="How many contacts are withheld.")]
    known_bad: Annotated[
        tuple[KnownBad, ...],
        Meta(description="Numbers in print that must not be used. Never show one as a number."),
    ]
    duty: Annotated[AnswerDuty | None, Meta(description="What the law asks of anyone, in words.")]
    law: Annotated[AnswerLaw, Meta(description="What the law there calls child trafficking, in words.")]
    law_facts: Annotated[
        Law, Meta(description="The law in codes. What is missing was not sourced: it is not `no`.")
    ]
    gaps: Annotated[tuple[str, ...], Meta(description="What is not known yet, in English.")]
    notes: Annotated[tuple[str, ...], Meta(description="How we know, in English.")]
    sources: Annotated[dict[str, Source], Meta(description="Each source by its id.")]


# --- when it cannot be answered as asked ------------------------------------------------------------------------------


class Choice(Shape, frozen=True, kw_only=True):
    """One place that may be meant."""

    label: Annotated[str, Meta(description="Its name, for a person to pick.")]
    place: Annotated[str, Meta(description="Send this as `place`.")]


class Problem(Shape, frozen=True, kw_only=True):
    """A question that cannot be answered as asked (RFC 9457). It still says whom to call."""

    type: Annotated[str, Meta(description="Address of what this kind of problem is.")]
    title: Annotated[str, Meta(description="What happened, in the language asked for.")]
    status: Annotated[int, Meta(description="The HTTP status.")]
    detail: Annotated[str, Meta(description="What to do about it, in English, for a programmer.")]
    parameter: Annotated[str | None, Meta(description="The parameter to change.")]
    reason: Annotated[str | None, Meta(description="Why no single place was found, as a code.")]
    choices: Annotated[tuple[Choice, ...], Meta(description="The places that may be meant, likeliest first.")]
    now: Annotated[tuple[Said, ...], Meta(description="What a person in danger does now.")]
    contacts: Annotated[tuple[AnswerContact, ...], Meta(description="Whom to call all the same, 911 first.")]
