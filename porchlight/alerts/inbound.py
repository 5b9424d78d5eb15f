"""A text that someone sent us: kept once, read, acted upon and answered, in one transaction.

A text that is not exactly a command may be from a child. It gets the lines to call and to text at any hour, also where
the number said STOP, and a person looks at it. Each text gets one answer; only the same words again and again, as a
machine that answers ours would send, are answered a few times and then every five minutes. New words always are.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from porchlight.alerts import (
    alarm,
    commands,
    config,
    consent,
    keyring,
    numbers,
    outbox,
    replies,
    rules,
    subscribe,
)
from porchlight.alerts.carriers import Received
from porchlight.alerts.commands import Kind, Reading
from porchlight.alerts.commits import retried
from porchlight.alerts.models import (
    Consent,
    Delivery,
    Enrollment,
    Inbound,
    Number,
    Program,
    Subscriber,
    Suppression,
)
from porchlight.alerts.plain import plain
from porchlight.places import Found, Place, area_codes, place_for

SEALED_AS = "inbound"

# Answers in an hour to the same words of one number: a child who asks again is answered again, a machine not for long.
SAME_WORDS = 3
# Answers in an hour to one number, whatever its words: more than one a minute for an hour is no person.
IN_ALL = 60
# Beyond those, nobody who writes waits longer than this for an answer: a child must never meet silence.
LONGEST_SILENCE = dt.timedelta(minutes=5)

# What a carrier that answers STOP answers: a text that is exactly one of these, in English alone (Twilio's help pages
# 223134027 and 360058144374). A confirmation too many is stopped by its block; one too few would leave someone unsure.
CARRIERS_OWN = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit"))


@retried
def receive(sender_name: str, received: Received, now: dt.datetime) -> bool:
    """Take one text; `sender_name` is the sender of ours that it came to. False when it was taken before.

    When this returns, what the text asked for is done and its answer stands in the outbox: both are committed.
    """
    with transaction.atomic():
        number = numbers.hold(numbers.get(received.source, now))
        # A replay must change nothing: not even which of our numbers someone wrote to last.
        row = _keep(number, sender_name, received, now)
        if row is None:
            return False
        if number.sender != sender_name:
            number.sender = sender_name  # the answer comes from where they wrote to
            number.save(update_fields=["sender"])
        _Text(number, sender_name, received.text, row, now).answer()
    return True


def words(row: Inbound) -> str:
    """What they wrote."""
    return keyring.unseal(row.seal_key, row.sealed, SEALED_AS).decode()


def _keep(number: Number, sender_name: str, received: Received, now: dt.datetime) -> Inbound | None:
    """The text as a row; None where the carrier brings it again."""
    if Inbound.objects.filter(carrier=sender_name, message_id=received.message_id).exists():
        return None
    seal_key, sealed = keyring.seal(received.text.encode(errors="replace"), SEALED_AS)
    try:
        with transaction.atomic():
            return Inbound.objects.create(
                carrier=sender_name,
                message_id=received.message_id,
                sender=sender_name,
                number=number,
                seal_key=seal_key,
                sealed=sealed,
                reading=Inbound.Reading.WORDS,
                received=now,
                purge=now + dt.timedelta(days=config.alerts().retention.inbound_days),
            )
    except IntegrityError:
        return None


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A text of the same number that was answered within the last hour."""

    said: str
    language: str | None
    at: dt.datetime


class _Text:
    """One text, and what it brings about."""

    def __init__(self, number: Number, sender_name: str, text: str, row: Inbound, now: dt.datetime) -> None:
        self._number, self._row, self._now = number, row, now
        self._sender_name = sender_name
        self._name = config.alerts().organization
        self._text = text
        keywords = {
            keyword: program.slug
            for program in Program.objects.order_by("pk")
            for keyword in program.keywords.values()
        }
        self._reading = commands.read(text, keywords)
        self._said = _compared(text, self._reading)
        self._subscriber = Subscriber.objects.filter(number=number).first()
        self._earlier = _texts_of_the_hour(row, keywords)
        self._language = self._language_of_answer()

    def answer(self) -> None:
        """Do what the text says, and put the answer in the outbox."""
        said = self._done()
        self._row.answered = said is None or self._may_answer()
        self._row.save(update_fields=["reading", "command", "paused_alerts", "answered"])
        if said is not None and self._row.answered:
            outbox.enqueue(self._number, said, Delivery.Kind.REPLY, self._language, self._now.timestamp())

    # --- whether, and in which language ---

    def _may_answer(self) -> bool:
        same = [each for each in self._earlier if each.said == self._said]
        if len(same) < SAME_WORDS and len(self._earlier) < IN_ALL:
            return True
        last = same[0] if len(self._earlier) < IN_ALL else self._earlier[0]
        return self._now - last.at >= LONGEST_SILENCE

    def _language_of_answer(self) -> str:
        """Spanish words are answered in Spanish; English ones (STOP, HELP) are what our own texts teach everyone."""
        if self._reading.language == "es":
            return "es"
        if self._subscriber is not None:
            return self._subscriber.language
        heard = (self._reading.language, *(each.language for each in self._earlier))
        return next((language for language in heard if language is not None), "en")

    def _first(self) -> bool:
        return subscribe.greet(self._number)

    # --- what it says ---

    def _done(self) -> str | None:
        """Do it; the answer, or None where there is none to send here."""
        doers = {
            Kind.STOP: self._stop,
            Kind.START: self._start,
            Kind.YES: self._yes,
            Kind.NO: self._no,
            Kind.JOIN: self._join,
            Kind.STATUS: self._status,
            Kind.HELP: self._help,
            Kind.CODE: self._code,
            Kind.REPORT: self._report,
            Kind.PLACE: self._place,
        }
        doer = doers.get(self._reading.kind)
        if doer is None:
            return self._words()
        is_place = self._reading.kind is Kind.PLACE
        self._row.reading = Inbound.Reading.PLACE if is_place else Inbound.Reading.COMMAND
        self._row.command = "" if is_place else self._reading.kind.value
        return doer()

    def _words(self) -> str:
        """Not a command: it may be someone who needs help, or someone who has had enough, or both.

        A YES, a NO or a code comes here too when it answers nothing of ours, and is read as words are.
        """
        self._reading = commands.read(self._text, asked=False)
        self._row.reading, self._row.command = Inbound.Reading.WORDS, ""
        subscriber = self._subscriber
        # 47 CFR 64.1200(a)(10): what may be a revocation counts as one until a person has read it.
        if self._reading.sounds_like_stop and subscriber is not None and self._is_in():
            subscriber.state, subscriber.changed = Subscriber.State.PAUSED, self._now
            subscriber.save(update_fields=["state", "changed"])
            self._row.paused_alerts = True
        alarm.someone_wrote(self._row, self._now)
        on_hold = subscriber is not None and subscriber.state == Subscriber.State.PAUSED
        return replies.safe(self._lines(), first=self._first(), on_hold=on_hold and not self._number.stopped)

    def _lines(self) -> replies.Lines:
        """Whom to call and text: in the place that they name, else where they live, else in their area code's state."""
        where = self._reading.where
        if isinstance(where, Found):
            return replies.lines_for(where.place, self._now, where.note)
        return replies.lines_for(self._home() or self._area_code(), self._now)

    def _home(self) -> Place | None:
        return subscribe.place_of_zip(subscribe.zip_code_of(self._subscriber)) if self._subscriber else None

    def _area_code(self) -> Place | None:
        state = area_codes.state_of(numbers.open_(self._number))
        return place_for(state) if state is not None else None

    def _help(self) -> str:
        contact = config.alerts().help_contact
        return replies.help_(self._lines(), self._name, contact, self._language, first=self._first())

    def _report(self) -> str:
        home = self._home()
        where = self._reading.where or (Found(home, None) if home is not None else None)
        if where is None:
            return replies.no_place_answer(self._now, self._language, first=self._first())
        return replies.place_answer(where, self._now, self._language, first=self._first())

    def _place(self) -> str:
        where = self._reading.where
        if where is None:
            return replies.no_place_answer(self._now, self._language, first=self._first())
        said = replies.place_answer(where, self._now, self._language, first=self._first())
        kept = self._keep_zip()
        return f"{said} {replies.zip_kept(kept, self._language)}" if kept is not None else said

    def _keep_zip(self) -> Place | None:
        """A ZIP code from someone whom we asked for it when they joined by text, within a day; else it is not kept."""
        subscriber, typed = self._subscriber, self._reading.argument
        if subscriber is None or not self._is_in() or not re.fullmatch(r"\d{5}", typed):
            return None
        place = subscribe.place_of_zip(typed)
        asked = subscriber.consents.filter(
            wording=consent.TEXT, confirmed__gt=self._now - dt.timedelta(days=1)
        ).exists()
        if place is None or not asked or subscribe.zip_code_of(subscriber):
            return None
        subscribe.keep_private(subscriber, typed, self._now)
        subscriber.save()
        numbers.get(numbers.open_(self._number), self._now, place=place)
        return place

    # --- leaving ---

    def _stop(self) -> str | None:
        enrollment = self._enrollment(self._reading.argument)
        if enrollment is not None and self._is_in():
            subscribe.leave_program(enrollment, self._now)
            program = consent.program_name(enrollment.program, self._language)
            return replies.program_stopped(self._name, program, self._language, first=self._first())
        self._leave()
        return None

    def _leave(self) -> None:
        """The one confirmation is queued by the same transaction that stops, and never a second one."""
        confirmed = None if self._carrier_answers() else replies.stop_confirmed(self._name, self._language)
        subscribe.leave(
            self._number, Suppression.Source.TEXT, self._now, reply=confirmed, language=self._language
        )

    def _carrier_answers(self) -> bool:
        """Does the carrier confirm this very text? All other words of STOP it hands on without a word of its own."""
        if self._text.strip().casefold() not in CARRIERS_OWN:
            return False
        try:
            return config.sender(self._sender_name).carrier_handles_stop
        except config.UnknownSender:
            return False

    def _enrollment(self, slug: str) -> Enrollment | None:
        if not slug or self._subscriber is None:
            return None
        return self._subscriber.enrollments.filter(program__slug=slug, active=True).first()

    # --- joining ---

    def _is_in(self) -> bool:
        subscriber = self._subscriber
        return (
            subscriber is not None
            and not self._number.stopped
            and subscriber.state in (Subscriber.State.ACTIVE, Subscriber.State.PAUSED)
        )

    def _join(self) -> str:
        program = self._program_meant()
        if program is None:
            return replies.not_joined(self._name, self._language, first=self._first())
        name = consent.program_name(program, self._language)
        if self._subscriber is None or not self._is_in():
            offer = subscribe.offer(self._number, program, self._language)
            subscribe.ask_by_text(self._number, program, self._language, offer, self._now)
            return offer
        self._go_on()
        if self._enrollment(program.slug) is not None:
            return replies.already_joined(self._name, name, self._language, first=self._first())
        shown = subscribe.welcome(self._number, [program], self._language, ask_zip=self._has_no_zip())
        subscribe.add(self._subscriber, program, self._language, shown, self._now)
        return shown

    def _program_meant(self) -> Program | None:
        """The one whose keyword was sent; for JOIN alone the first that takes everyone."""
        opened = subscribe.joinable()
        if self._reading.argument:
            return next((each for each in opened if each.slug == self._reading.argument), None)
        alerts = (each for each in opened if each.kind == Program.Kind.ALERTS)
        return next(alerts, next(iter(opened), None))

    def _has_no_zip(self) -> bool:
        return self._subscriber is not None and not subscribe.zip_code_of(self._subscriber)

    def _yes(self) -> str:
        waiting = subscribe.waiting_wish(self._number, self._now)
        if waiting is not None:
            code, wish = waiting
            return self._joined(code.subscriber, wish)
        verdict = rules.may_restart(
            ever_consented=subscribe.ever_consented(self._subscriber),
            said_yes=True,
            asked=self._number.stopped,
        )
        return self._restart() if verdict.allowed else self._words()

    def _start(self) -> str:
        if self._is_in():
            self._go_on()
            return self._already()
        verdict = rules.may_restart(ever_consented=subscribe.ever_consented(self._subscriber))
        if verdict.allowed:
            return self._restart()
        return replies.not_joined(self._name, self._language, first=self._first())

    def _go_on(self) -> None:
        """They were on hold, because of words that may have meant STOP, and say now that they did not."""
        Subscriber.objects.filter(number=self._number, state=Subscriber.State.PAUSED).update(
            state=Subscriber.State.ACTIVE, changed=self._now
        )

    def _already(self) -> str:
        names = self._program_names()
        if not names:
            return replies.not_joined(self._name, self._language, first=self._first())
        return replies.status(self._name, names, self._language, first=self._first())

    def _restart(self) -> str:
        subscriber = self._subscriber
        names = self._program_names()
        if subscriber is None or not names:
            return replies.not_joined(self._name, self._language, first=self._first())
        often = consent.how_often_together(self._active_programs(), self._language)
        shown = replies.restarted(self._name, names, often, self._language, first=self._first())
        subscriber.number = self._number
        subscribe.restart(subscriber, shown, self._language, self._now)
        return shown

    def _joined(self, subscriber: Subscriber, wish: subscribe.Wish) -> str:
        self._language = wish.language
        programs = subscribe.join(subscriber, wish, self._now)
        self._number.refresh_from_db()
        if not programs:
            return replies.not_joined(self._name, self._language, first=self._first())
        ask_zip = wish.source == Consent.Source.TEXT and not subscribe.zip_code_of(subscriber)
        return subscribe.welcome(self._number, programs, self._language, ask_zip=ask_zip)

    def _code(self) -> str | None:
        """The code of our page, sent by text: as good as typed there."""
        waiting = subscribe.code_for(self._number)
        if waiting is None:
            return self._words()
        if not subscribe.is_texted_code(self._number, self._reading.argument, self._now):
            return replies.code_wrong(self._language, first=self._first())
        wish = subscribe.wish_of(waiting)
        if not wish.leave:
            return self._joined(waiting.subscriber, wish)
        self._leave()
        return None

    def _no(self) -> str:
        if subscribe.waiting_wish(self._number, self._now) is None:
            return self._words()
        subscribe.forget_wish(self._number)
        return replies.declined(self._lines(), self._name, self._language, first=self._first())

    def _status(self) -> str:
        names = self._program_names() if self._is_in() else []
        if self._subscriber is None or not names:
            return replies.not_joined(self._name, self._language, first=self._first())
        return replies.status(
            self._name,
            names,
            self._language,
            place=self._home(),
            on_hold=self._subscriber.state == Subscriber.State.PAUSED,
            first=self._first(),
        )

    def _active_programs(self) -> list[Program]:
        if self._subscriber is None:
            return []
        active = self._subscriber.enrollments.filter(active=True).select_related("program").order_by("pk")
        return [enrollment.program for enrollment in active]

    def _program_names(self) -> list[str]:
        return [consent.program_name(program, self._language) for program in self._active_programs()]


# --- the same words again ---------------------------------------------------------------------------------------------


def _texts_of_the_hour(row: Inbound, keywords: dict[str, str]) -> list[_Earlier]:
    """Those that were answered, the newest first."""
    hour = row.received - dt.timedelta(hours=1)
    earlier = Inbound.objects.filter(number_id=row.number_id, received__gt=hour, answered=True).exclude(
        pk=row.pk
    )
    texts = [(words(each), each.received) for each in earlier.order_by("-pk")[:IN_ALL]]
    found = [(text, commands.read(text, keywords), at) for text, at in texts]
    return [_Earlier(_compared(text, reading), reading.language, at) for text, reading, at in found]


def _compared(text: str, reading: Reading) -> str:
    """A text as it is compared: of free words the letters alone, for a machine counts and tells the time."""
    said = plain(text)
    return re.sub(r"\d", "", said) if reading.kind is Kind.WORDS else said
