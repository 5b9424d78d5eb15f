"""What a person reads from top to bottom beside the contacts: what to do now, what to say, and what not to do."""

from __future__ import annotations

from porchlight.facts import Facts
from porchlight.facts.schema import Item
from porchlight.report.answer import Concern, Line, Role, line
from porchlight.report.law import is_new_and_sure
from porchlight.report.whom import CHILD_CONCERNS, Asking, place_name


def now(asking: Asking) -> tuple[Line, ...]:
    concern = asking.concern
    if concern is Concern.about_me:
        return (line("now_you"), line("now_you_text"))
    if concern is Concern.danger_now:
        return (line("now_danger_is"), line("now_text_911"), line("now_stay_safe"))
    if concern is Concern.missing_or_runaway:
        return (line("now_missing"), line("now_missing_seen"), line("now_danger"))
    if concern is Concern.struggling:
        return (line("now_danger"), line("now_hurt_fear"))
    if concern is Concern.adult_trafficking:
        return (line("now_danger"), line("now_text_911"))
    return (line("now_danger"), line("now_call"))


_OPENINGS = {
    Concern.danger_now: "say_open_danger",
    Concern.abuse_neglect: "say_open",
    Concern.sex_trafficking: "say_open_sex",
    Concern.labor_trafficking: "say_open_labor",
    Concern.online: "say_open_online",
    Concern.missing_or_runaway: "say_open_missing",
    Concern.struggling: "say_open_family",
    Concern.adult_trafficking: "say_open_adult",
}


def say(asking: Asking) -> tuple[Line, ...]:
    if asking.concern is Concern.about_me:
        return ()
    lines = [line(_OPENINGS[asking.concern])]
    if asking.concern is Concern.struggling:
        return (*lines, line("family_help_first"), line("family_not_report"), line("family_hurt"))
    lines += [line("say_saw"), line("say_where"), line("say_unknown")]
    if asking.concern in CHILD_CONCERNS:
        lines.append(line("say_words"))
    if asking.concern is Concern.online:
        lines.append(line("say_screenshots"))
    if asking.concern is Concern.abuse_neglect:
        lines.append(line("say_poverty"))
    if asking.concern is Concern.adult_trafficking:
        lines.append(line("adult_under_18"))
    return (*lines, line("say_number"), line("say_language"))


# What any line will want to know, for places whose own list nobody sourced.
_USUAL_ITEMS = (
    Item.child_identity,
    Item.child_age,
    Item.child_location,
    Item.facts,
    Item.suspect_identity,
    Item.caretaker_identity,
    Item.danger_to_worker,
    Item.reporter_identity,
)


def beside_you(facts: Facts, asking: Asking) -> tuple[Line, ...]:
    if asking.concern not in CHILD_CONCERNS:
        return ()
    contents = facts.jurisdictions[asking.jurisdiction].law.contents if asking.jurisdiction else None
    items = list(contents.items) if contents is not None else list(_USUAL_ITEMS)
    # Where the child is now saves the most time, whether or not a law lists it.
    if Item.child_location not in items:
        items.insert(1, Item.child_location)
    return (line("beside_open"), *(line(f"item_{item.value}") for item in items))


def to_child(asking: Asking) -> tuple[Line, ...]:
    if asking.concern not in CHILD_CONCERNS:
        return ()
    if asking.role is Role.youth:
        return (line("youth_friend_listen"), line("child_fault"), line("youth_friend"))
    return (line("child_believe"), line("child_fault"), line("child_next"), line("child_listen"))


def do_not(asking: Asking) -> tuple[Line, ...]:
    if asking.concern not in CHILD_CONCERNS | {Concern.adult_trafficking}:
        return ()
    lines = [line("not_confront"), line("not_follow")]
    if asking.concern in CHILD_CONCERNS:
        lines = [line("not_promise"), line("not_question"), *lines]
        if asking.role is not Role.parent and asking.concern is not Concern.missing_or_runaway:
            lines.append(line("not_tell_family"))
    return tuple(lines)


def next_(asking: Asking) -> tuple[Line, ...]:
    if asking.concern is Concern.about_me:
        return ()
    if asking.concern is Concern.struggling:
        return (line("next_family"),)
    if asking.concern is Concern.adult_trafficking:
        return (line("next_listen"), line("next_adult"), line("next_write"))
    return (
        line("next_listen"),
        line("next_child_safe"),
        line("next_decide"),
        line("next_police"),
        line("next_may_not_hear"),
        line("next_write"),
    )


def about_me(facts: Facts, asking: Asking) -> tuple[Line, ...]:
    if asking.concern is not Concern.about_me:
        return ()
    return (
        line("me_fault"),
        line("me_alone"),
        line("me_where"),
        line("me_little"),
        line("me_trace"),
        line("me_device"),
        _trouble(facts, asking),
        line("me_images"),
        line("me_trusted"),
        line("me_again"),
    )


def _trouble(facts: Facts, asking: Asking) -> Line:
    code = asking.jurisdiction
    rules = facts.jurisdictions[code].law.trafficking if code is not None else None
    harbor = rules.safe_harbor if rules is not None else None
    if code is not None and harbor is not None and is_new_and_sure(facts, code, harbor, asking.day):
        return line("me_trouble_no", place=place_name(code))
    return line("me_trouble_unsure")
