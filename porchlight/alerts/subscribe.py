"""Joining and leaving. Nobody is in before the number itself has proved it: by a code typed on the page, or by YES.

Until then all that is kept is a Wish, sealed, and a keyed hash of the code. Nothing tells whoever types a number
whether we know it: the same page comes for one that is in, one that is not, and one that said STOP. A number that said
STOP gets no code, for a code is a text that we start: it must write to us itself.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

import msgspec
from django.db import transaction
from django.db.models import F, Sum

from porchlight.alerts import config, consent, keyring, numbers, outbox, programs, replies
from porchlight.alerts.commits import retried
from porchlight.alerts.models import (
    Broadcast,
    Consent,
    Delivery,
    Enrollment,
    Number,
    Program,
    SenderState,
    SignUpCode,
    SignUpCount,
    Subscriber,
    Suppression,
)
from porchlight.alerts.programs import asks_birth_month, is_reviewed
from porchlight.places import Ask, Found, Place, place_for, resolve

CODE_LIVES = dt.timedelta(minutes=10)
MOST_TRIES = 5


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What someone asked for, and the words they saw when they did.

    `page` names the page on which the code must be typed, empty where it was asked by text. `birth_month` is a child's,
    "2024-05". `leave` is True where they want no more texts; the rest is empty then.
    """

    language: str
    source: Consent.Source
    leave: bool = False
    programs: tuple[str, ...] = ()
    zip_code: str = ""
    birth_month: str = ""
    wording: str = ""
    wording_sha256: str = ""
    page: str = ""


class Answer(StrEnum):
    """What came of a code."""

    JOINED = "joined"
    LEFT = "left"
    WRONG = "wrong"
    ENDED = "ended"  # too old, or tried too often


class TooManyError(Exception):
    """More codes are asked for than the site allows in an hour, or pays for in a day: nobody gets one now."""


# --- asking on the web ------------------------------------------------------------------------------------------------


@retried
def ask(e164: str, wish: Wish, now: dt.datetime) -> str:
    """Someone typed a number on our page: text it a code, and return the name of the page where it is to be typed.

    Nothing tells whether a code was sent. Raises TooManyError, which is about all numbers and not about this one.
    """
    page = secrets.token_hex(16)
    with transaction.atomic():
        _may_ask(now)
        known = numbers.find(e164)
        if _count_number(e164, now) and (known is not None or not wish.leave):
            number = known or numbers.get(e164, now)
            _keep_and_send(number, msgspec.structs.replace(wish, page=page), now)
    return page


def _keep_and_send(number: Number, wish: Wish, now: dt.datetime) -> None:
    number = numbers.hold(number)
    subscriber = Subscriber.objects.filter(number=number).first()
    if wish.leave and subscriber is None:
        return
    code = _keep(subscriber or _new_subscriber(number, wish.language, now), wish, now)
    if number.stopped:
        return
    said = replies.code(
        code,
        config.alerts().organization,
        int(CODE_LIVES.total_seconds()) // 60,
        wish.language,
        first=greet(number),
    )
    outbox.enqueue(
        number,
        said,
        Delivery.Kind.CODE,
        wish.language,
        now.timestamp(),
        expires=(now + CODE_LIVES).timestamp(),
    )


@retried
def try_code(e164: str, page: str, typed: str, now: dt.datetime) -> Answer:
    """The code that was typed on `page`. Five wrong ones end it, whether or not there was a right one."""
    with transaction.atomic():
        if not _count_try(page, now):
            return Answer.ENDED
        known = numbers.find(e164)
        waiting = code_for(known and numbers.hold(known))
        if waiting is None or waiting.subscriber.number.stopped:
            return Answer.WRONG
        wish = wish_of(waiting)
        if wish.page != page or not _is_code(waiting, typed):
            return Answer.WRONG
        if now >= waiting.ends:
            return Answer.ENDED
        return _prove(waiting, wish, now)


def _prove(waiting: SignUpCode, wish: Wish, now: dt.datetime) -> Answer:
    number = waiting.subscriber.number
    if wish.leave:
        leave(number, Suppression.Source.WEB, now)
        return Answer.LEFT
    if joined := join(waiting.subscriber, wish, now):
        outbox.enqueue(
            number,
            welcome(number, joined, wish.language, ask_zip=False),
            Delivery.Kind.CODE,  # we start it, on their request of this moment: STOP cancels it
            wish.language,
            now.timestamp(),
            expires=(now + CODE_LIVES).timestamp(),
        )
    return Answer.JOINED


# --- asking by text ---------------------------------------------------------------------------------------------------


def ask_by_text(number: Number, program: Program, language: str, offer: str, now: dt.datetime) -> None:
    """Someone sent JOIN: keep what they asked for until they send YES. `offer` is the text that asks them."""
    subscriber = subscriber_of(number, language, now)
    wish = Wish(
        language=language,
        source=Consent.Source.TEXT,
        programs=(program.slug,),
        wording=consent.TEXT,
        wording_sha256=consent.sha256(offer),
    )
    _keep(subscriber, wish, now)


def waiting_wish(number: Number, now: dt.datetime) -> tuple[SignUpCode, Wish] | None:
    """What this number asked for and YES would confirm; None where there is nothing, or it is too old."""
    waiting = code_for(number)
    if waiting is None or now - waiting.asked >= pending_for():
        return None
    wish = wish_of(waiting)
    return None if wish.leave else (waiting, wish)


def is_texted_code(number: Number, typed: str, now: dt.datetime) -> bool:
    """Is this the code that we sent to this number? Counts the try; five wrong ones end it."""
    waiting = code_for(number)
    if waiting is None or now >= waiting.ends or waiting.tries >= MOST_TRIES:
        return False
    if _is_code(waiting, typed):
        return True
    SignUpCode.objects.filter(pk=waiting.pk).update(tries=F("tries") + 1)
    return False


def pending_for() -> dt.timedelta:
    """How long a sign-up without proof is kept, and YES still means it."""
    return dt.timedelta(hours=config.alerts().retention.pending_hours)


def joinable() -> list[Program]:
    """The programs that one can join: open, and not a series whose texts may not leave before someone has read them."""
    programs.begin()
    opened = Program.objects.filter(open=True).order_by("kind", "pk")
    practice = config.alerts().is_practice
    return [each for each in opened if practice or each.kind == Program.Kind.ALERTS or is_reviewed(each)]


# --- being in ---------------------------------------------------------------------------------------------------------


def join(
    subscriber: Subscriber,
    wish: Wish,
    now: dt.datetime,
    *,
    agreed: dt.datetime | None = None,
    evidence: str = "",
) -> list[Program]:
    """The number proved it: keep the consent, and be in. Returns the programs joined, those that still take people.

    `agreed` and `evidence` are of someone who agreed elsewhere: when, and where the proof is kept.

    Only a number that wrote to us itself may come here while it is stopped; then the STOP ends.
    """
    place = keep_private(subscriber, wish.zip_code, now)
    number = numbers.get(numbers.open_(subscriber.number), now, place=place)
    if number.stopped:
        numbers.lift(number, now)
    if subscriber.state != Subscriber.State.ACTIVE:
        subscriber.joined = now
    subscriber.state = Subscriber.State.ACTIVE
    subscriber.language = wish.language
    subscriber.changed = now
    subscriber.save()
    asked = SignUpCode.objects.filter(subscriber=subscriber).values_list("asked", flat=True).first() or now
    SignUpCode.objects.filter(subscriber=subscriber).delete()
    joined = [program for program in joinable() if program.slug in wish.programs]
    for program in joined:
        month = wish.birth_month if asks_birth_month(program) else ""
        enroll(subscriber, program, month, now)
        Consent.objects.create(
            subscriber=subscriber,
            program=program,
            wording=wish.wording,
            wording_sha256=wish.wording_sha256,
            language=wish.language,
            source=wish.source,
            evidence=evidence,
            asked=agreed or asked,
            confirmed=agreed or now,
        )
    return joined


def enroll(subscriber: Subscriber, program: Program, birth_month: str, now: dt.datetime) -> Enrollment:
    """Be in a program; one that was left begins anew, and so does a series for a child of another month."""
    enrollment, _ = Enrollment.objects.get_or_create(
        subscriber=subscriber, program=program, defaults={"since": now}
    )
    if not enrollment.active:
        enrollment.since, enrollment.next_step, enrollment.next_due = now, "", None
    enrollment.active = True
    if birth_month and birth_month != _birth_month_or_none(enrollment):
        # Their place is sought again (`tips.py`); `since` stays, by which a tip that they had does not come twice.
        enrollment.next_step, enrollment.next_due = "", None
        _take_back_tips(enrollment)
        enrollment.seal_key, enrollment.private = keyring.seal(
            msgspec.json.encode({"birth_month": birth_month}), ENROLLMENT
        )
    enrollment.save()
    return enrollment


def _birth_month_or_none(enrollment: Enrollment) -> str | None:
    """The month that we were told before; None where there is none, or it cannot be opened."""
    try:
        return birth_month_of(enrollment) or None
    except keyring.WrongSealError:
        return None


def _take_back_tips(enrollment: Enrollment) -> None:
    """Tips that wait to go out are for a child of another age: nobody gets them, as if they had not been written."""
    live = (Broadcast.State.SENDING, Broadcast.State.PAUSED)
    tips = Broadcast.objects.filter(program=enrollment.program, state__in=live).exclude(step="")
    Delivery.objects.filter(
        number=enrollment.subscriber.number_id,
        broadcast__in=list(tips.values_list("pk", flat=True)),
        state=Delivery.State.QUEUED,
    ).delete()


def add(subscriber: Subscriber, program: Program, language: str, shown: str, now: dt.datetime) -> None:
    """Someone who is in sent another program's keyword: the number is proved, so that is consent enough."""
    enroll(subscriber, program, "", now)
    Consent.objects.create(
        subscriber=subscriber,
        program=program,
        wording=consent.ADDED,
        wording_sha256=consent.sha256(shown),
        language=language,
        source=Consent.Source.TEXT,
        asked=now,
        confirmed=now,
    )


def restart(subscriber: Subscriber, shown: str, language: str, now: dt.datetime) -> None:
    """START from a number that had joined: the programs it was in are on again."""
    numbers.lift(subscriber.number, now)
    subscriber.state = Subscriber.State.ACTIVE
    subscriber.changed = now
    subscriber.save(update_fields=["state", "changed"])
    for enrollment in subscriber.enrollments.filter(active=True):
        Consent.objects.create(
            subscriber=subscriber,
            program=enrollment.program,
            wording=consent.RESTART,
            wording_sha256=consent.sha256(shown),
            language=language,
            source=Consent.Source.TEXT,
            asked=now,
            confirmed=now,
        )


def ever_consented(subscriber: Subscriber | None) -> bool:
    """Was this number ever in, by its own proof?"""
    return subscriber is not None and subscriber.consents.exclude(confirmed=None).exists()


# --- leaving ----------------------------------------------------------------------------------------------------------


@retried
def leave(
    number: Number,
    source: Suppression.Source,
    now: dt.datetime,
    *,
    reply: str | None = None,
    language: str = "en",
) -> bool:
    """No more texts, whoever said so and by whatever means (47 CFR 64.1200(a)(10)): web, letter, telephone, STOP.

    One transaction. True when the number was not stopped before; `reply` is sent only then.
    """
    with transaction.atomic():
        first = outbox.stop(number, now.timestamp(), source=source, reply=reply, language=language)
        SignUpCode.objects.filter(subscriber__number=number).delete()
        Subscriber.objects.filter(number=number, state=Subscriber.State.PENDING).delete()
        # The programs stay marked, for START: whoever left gets nothing of them (`Subscriber.state`, `Number.stopped`).
        Subscriber.objects.filter(number=number).update(state=Subscriber.State.LEFT, changed=now)
        Consent.objects.filter(subscriber__number=number, revoked=None).update(revoked=now)
        number.refresh_from_db()
    return first


def leave_program(enrollment: Enrollment, now: dt.datetime) -> None:
    """No more texts of one program."""
    enrollment.active = False
    enrollment.save(update_fields=["active"])
    Consent.objects.filter(subscriber=enrollment.subscriber, program=enrollment.program, revoked=None).update(
        revoked=now
    )


def forget_wish(number: Number) -> None:
    """NO, where we asked for YES: nothing of what they had asked for is kept."""
    SignUpCode.objects.filter(subscriber__number=number).delete()
    Subscriber.objects.filter(number=number, state=Subscriber.State.PENDING).delete()


# --- what is kept sealed ----------------------------------------------------------------------------------------------

PRIVATE, ENROLLMENT, WISH = "subscriber", "enrollment", "wish"  # what each is sealed as


def zip_code_of(subscriber: Subscriber) -> str:
    """Their ZIP code, or nothing."""
    kept = msgspec.json.decode(
        keyring.unseal(subscriber.seal_key, subscriber.private, PRIVATE), type=dict[str, str]
    )
    return kept.get("zip", "")


def keep_private(subscriber: Subscriber, zip_code: str, now: dt.datetime) -> Place | None:
    """Seal a ZIP code and keep its indexes, on the row that the caller saves; the place it is. Nothing for none."""
    if not zip_code:
        return None
    subscriber.seal_key, subscriber.private = keyring.seal(msgspec.json.encode({"zip": zip_code}), PRIVATE)
    indexes = place_indexes(zip_code, keyring.current())
    subscriber.zip_index, subscriber.county_index, subscriber.state_index = indexes
    subscriber.changed = now
    return place_of_zip(zip_code)


def place_indexes(zip_code: str, keys: keyring.Keyring) -> tuple[bytes | None, bytes | None, bytes | None]:
    """The newest indexes of a ZIP code, its county ("21111") and its state ("US-KY"); None for what is not known."""
    place = place_of_zip(zip_code)
    county = place.county_fips if place else None
    return (
        keys.index(zip_code, "zip")[1] if zip_code else None,
        keys.index(county, "county")[1] if county else None,
        keys.index(place.jurisdiction, "state")[1] if place else None,
    )


def birth_month_of(enrollment: Enrollment) -> str:
    """The child's, "2024-05"; or nothing."""
    if enrollment.seal_key is None or enrollment.private is None:
        return ""
    kept = keyring.unseal(enrollment.seal_key, enrollment.private, ENROLLMENT)
    return msgspec.json.decode(kept, type=dict[str, str]).get("birth_month", "")


def place_of_zip(zip_code: str) -> Place | None:
    """Where a ZIP code is: its state alone where it lies in several counties; None in several states, or nowhere."""
    found = resolve(zip_code) if zip_code else None
    if isinstance(found, Found):
        return found.place
    if isinstance(found, Ask) and found.jurisdiction is not None:
        return place_for(found.jurisdiction)
    return None


def wish_of(waiting: SignUpCode) -> Wish:
    """What was asked for."""
    return msgspec.json.decode(keyring.unseal(waiting.seal_key, waiting.wish, WISH), type=Wish)


def subscriber_of(number: Number, language: str, now: dt.datetime) -> Subscriber:
    """The number's subscriber, made when there is none: pending, until the number is proved."""
    return Subscriber.objects.filter(number=number).first() or _new_subscriber(number, language, now)


def _new_subscriber(number: Number, language: str, now: dt.datetime) -> Subscriber:
    seal_key, private = keyring.seal(b"{}", PRIVATE)
    return Subscriber.objects.create(
        number=number,
        state=Subscriber.State.PENDING,
        language=language,
        seal_key=seal_key,
        private=private,
        joined=now,
        changed=now,
    )


def code_for(number: Number | None) -> SignUpCode | None:
    """What this number has asked for and not proved yet, held until the transaction ends."""
    if number is None:
        return None
    return (
        SignUpCode.objects.select_for_update(of=("self",))
        .select_related("subscriber__number")
        .filter(subscriber__number=number)
        .first()
    )


def _keep(subscriber: Subscriber, wish: Wish, now: dt.datetime) -> str:
    """Keep a wish until it is proved, in place of any other, and return its code: six digits."""
    code = f"{secrets.randbelow(1_000_000):06}"
    seal_key, sealed = keyring.seal(msgspec.json.encode(wish), WISH)
    SignUpCode.objects.update_or_create(
        subscriber=subscriber,
        defaults={
            "code": _hashed(subscriber, code)[0],
            "tries": 0,
            "ends": now + CODE_LIVES,
            "asked": now,
            "seal_key": seal_key,
            "wish": sealed,
        },
    )
    return code


def _is_code(waiting: SignUpCode, typed: str) -> bool:
    kept = bytes(waiting.code)
    return any(hmac.compare_digest(kept, each) for each in _hashed(waiting.subscriber, typed))


def _hashed(subscriber: Subscriber, code: str) -> tuple[bytes, ...]:
    """Of a code under every index key, newest first: one that was sent before the keys were renewed still holds."""
    return keyring.digests(f"{subscriber.pk}:{code}", "code")


# --- limits -----------------------------------------------------------------------------------------------------------

_ALL = b""


def _may_ask(now: dt.datetime) -> None:
    """Against floods: codes of one hour in all, and dollars of one day. Raises TooManyError."""
    settings = config.alerts()
    spent = SenderState.objects.filter(day=now.astimezone(dt.UTC).date()).aggregate(sum=Sum("cost_today"))[
        "sum"
    ]
    asked = SignUpCount.objects.filter(index=_ALL, hour=_hour(now)).values_list("count", flat=True).first()
    if (asked or 0) >= settings.sign_up.all_per_hour:
        raise TooManyError
    if settings.cost.ceiling > 0 and (spent or Decimal(0)) >= settings.cost.ceiling:
        raise TooManyError


def _count_number(e164: str, now: dt.datetime) -> bool:
    """Count one code for this number; False where it had its share of the hour or the day."""
    limits = config.alerts().sign_up
    mine = keyring.digests(e164, "asked")
    this_hour = _held_count(mine[0], now)  # two at once wait here for each other
    day = SignUpCount.objects.filter(index__in=mine, hour__gt=now - dt.timedelta(days=1))
    asked = day.aggregate(sum=Sum("count"))["sum"] or 0
    if this_hour.count >= limits.number_per_hour or asked >= limits.number_per_day:
        return False
    for row in (this_hour, _held_count(_ALL, now)):
        row.count += 1
        row.save(update_fields=["count"])
    return True


def _count_try(page: str, now: dt.datetime) -> bool:
    """Count one code typed on a page; False where it had its tries, whatever hour they fell in."""
    tries = keyring.digests(page, "tries")
    this_hour = _held_count(tries[0], now)
    before = SignUpCount.objects.filter(index__in=tries).aggregate(sum=Sum("count"))["sum"] or 0
    if before >= MOST_TRIES:
        return False
    this_hour.count += 1
    this_hour.save(update_fields=["count"])
    return True


def _held_count(index: bytes, now: dt.datetime) -> SignUpCount:
    """This hour's count, held until the transaction ends."""
    row, _ = SignUpCount.objects.get_or_create(index=index, hour=_hour(now))
    return SignUpCount.objects.select_for_update().get(pk=row.pk)


def _hour(now: dt.datetime) -> dt.datetime:
    return now.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)


# --- what is said -----------------------------------------------------------------------------------------------------


def greet(number: Number) -> bool:
    """True once for each number: the text that is about to be written says how to delete the thread."""
    if number.greeted:
        return False
    number.greeted = True
    number.save(update_fields=["greeted"])
    return True


def welcome(number: Number, programs: Sequence[Program], language: str, *, ask_zip: bool) -> str:
    """The text that confirms that they are in (CTIA: always), and names all that they joined."""
    return replies.welcome(
        config.alerts().organization,
        [consent.program_name(each, language) for each in programs],
        consent.how_often_together(programs, language),
        language,
        ask_zip=ask_zip,
        first=greet(number),
    )


def offer(number: Number, program: Program, language: str) -> str:
    """The text that asks for YES."""
    return replies.join(
        config.alerts().organization,
        consent.program_name(program, language),
        consent.how_often(program, language),
        language,
        first=greet(number),
    )
