"""Numbers: one row each, found under every key, and never let go of a STOP."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from porchlight.alerts import keyring, numbers, private, rotation, subscribe
from porchlight.alerts.models import Consent, Number, StaffAction, Subscriber, Suppression
from porchlight.places import place_for
from tests.alerts.conversation import NOON, Telephone, program

pytestmark = pytest.mark.django_db

NUMBER = "+15025550134"


def test_a_number_is_kept_sealed_and_found_again() -> None:
    made = numbers.get(NUMBER, NOON)
    assert numbers.find(NUMBER) == made == numbers.get(NUMBER, NOON)
    assert numbers.open_(made) == NUMBER
    assert NUMBER[2:].encode() not in bytes(made.sealed)
    assert 0 <= made.shard < numbers.SHARDS
    assert numbers.find("+15025550135") is None


def test_a_number_is_on_the_clocks_of_its_area_code_s_state_until_its_owner_says_where_they_are() -> None:
    made = numbers.get(NUMBER, NOON)
    assert set(made.clock.split(",")) >= {"America/Chicago", "America/New_York"}  # Kentucky has two
    made = numbers.get(NUMBER, NOON, place=place_for("US-KY", "21111"))
    assert "America/Chicago" not in made.clock.split(",")
    assert Number.objects.get().clock == made.clock


def test_a_number_is_shown_with_its_last_two_digits_alone() -> None:
    shown = numbers.masked(numbers.get(NUMBER, NOON))
    assert shown == "(502) •••-••34"
    assert "555" not in shown


def test_a_full_look_is_written_down_before_it_is_given() -> None:
    user = User.objects.create_user("ada")
    number = numbers.get(NUMBER, NOON)
    assert numbers.reveal(number, user, "she called us", NOON) == NUMBER
    look = StaffAction.objects.get()
    assert (look.who, look.what, look.number, look.why) == (user, "look", number, "she called us")


def test_a_number_under_an_old_key_is_found_and_not_made_twice() -> None:
    made = numbers.get(NUMBER, NOON)
    keyring.add_keys()
    assert numbers.get(NUMBER, NOON) == made
    assert Number.objects.count() == 1


def test_stop_is_kept_once_and_says_when_it_is_new() -> None:
    number = numbers.get(NUMBER, NOON)
    assert numbers.suppress(number, Suppression.Source.TEXT, NOON)
    assert not numbers.suppress(number, Suppression.Source.WEB, NOON)
    assert numbers.is_stopped(NUMBER)
    numbers.lift(number, NOON)
    assert not numbers.is_stopped(NUMBER)
    later = NOON + dt.timedelta(days=1)
    assert numbers.suppress(number, Suppression.Source.STAFF, later)
    kept = Suppression.objects.get()
    assert (kept.source, kept.since, kept.lifted) == ("staff", later, None)


def test_the_confirmation_that_the_carrier_took_is_written_down_once() -> None:
    number = numbers.get(NUMBER, NOON)
    numbers.suppress(number, Suppression.Source.TEXT, NOON)
    numbers.acknowledged(number, NOON)
    numbers.acknowledged(number, NOON + dt.timedelta(hours=1))
    assert Suppression.objects.get().acknowledged == NOON


def test_a_number_that_was_erased_comes_back_stopped() -> None:
    numbers.suppress(numbers.get(NUMBER, NOON), Suppression.Source.TEXT, NOON)
    private.erase(NUMBER, NOON)
    keyring.add_keys()
    assert not Number.objects.exists()
    assert numbers.get(NUMBER, NOON).stopped
    assert numbers.is_stopped(NUMBER)


# --- whatever happens, a STOP holds -----------------------------------------------------------------------------------

STEPS = st.lists(
    st.sampled_from(
        [
            "STOP",
            "START",
            "JOIN",
            "YES",
            "hello",
            "erase",
            "rotate",
            "new keys",
            "web",
            "code",
            "purge",
            "staff",
        ]
    ),
    max_size=14,
)
# What the number itself says, and what alone may end a STOP.
_ENDS_STOP = {"START", "YES"}


class _Life:
    """One number, whatever happens to it; remembers whether it said STOP last."""

    def __init__(self) -> None:
        self.phone = Telephone(NUMBER)
        self.stopped = False

    def step(self, name: str) -> None:
        self.phone.now += dt.timedelta(minutes=7)
        does: dict[str, Callable[[], object]] = {
            "erase": lambda: private.erase(NUMBER, self.phone.now),
            "rotate": rotation.rotate,
            "new keys": keyring.add_keys,
            "web": self._web,
            "code": self._code,
            "purge": self._purge,
            "staff": self._staff,
        }
        does.get(name, lambda: self.phone.text(name))()
        if name == "STOP":
            self.stopped = True
        if name == "erase":
            self.stopped = self.stopped or numbers.is_stopped(NUMBER)  # erased: nobody may write to it
        if name in _ENDS_STOP:
            self.stopped = numbers.is_stopped(NUMBER)  # it may have ended
        assert not (self.stopped and not numbers.is_stopped(NUMBER)), "a STOP was forgotten"
        known = numbers.find(NUMBER)
        assert known is None or known.stopped == numbers.is_stopped(NUMBER)
        if self.stopped and known is not None:
            assert not Subscriber.objects.filter(number=known, state=Subscriber.State.ACTIVE).exists()
        assert Number.objects.count() <= 1
        assert Suppression.objects.filter(lifted=None).count() <= 1
        assert Consent.objects.filter(confirmed=None).count() == 0

    def _web(self) -> None:
        wish = subscribe.Wish(language="en", source=Consent.Source.WEB, programs=("local",), zip_code="40202")
        self.page = subscribe.ask(NUMBER, wish, self.phone.now)

    def _code(self) -> None:
        """Someone at the page types the right code, as if they had seen it."""
        if known := numbers.find(NUMBER):
            texts = [text for text in self.phone.new() if text[:6].isdigit()]
            if texts and hasattr(self, "page"):
                subscribe.try_code(numbers.open_(known), self.page, texts[-1][:6], self.phone.now)

    def _purge(self) -> None:
        self.phone.now += dt.timedelta(days=400)
        private.purge(self.phone.now)

    def _staff(self) -> None:
        if known := numbers.find(NUMBER):
            subscribe.leave(known, Suppression.Source.STAFF, self.phone.now)
            self.stopped = True


@given(steps=STEPS)
@hypothesis_settings(max_examples=60, deadline=None)
def test_only_the_number_itself_ends_its_stop_whatever_happens(steps: list[str]) -> None:
    before = settings.CONFIG
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        settings.CONFIG = replace(before, data_dir=Path(folder))
        try:
            program()
            life = _Life()
            for step in steps:
                life.step(step)
        finally:
            settings.CONFIG = before
            transaction.set_rollback(True)


def test_the_life_of_a_number_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above sees a look-up that tries the newest key alone."""
    newest = keyring.index
    monkeypatch.setattr(keyring, "indexes", lambda value, about="number": (newest(value, about),))
    program()
    life = _Life()
    life.step("STOP")
    with pytest.raises(AssertionError, match="forgotten"):
        life.step("new keys")
