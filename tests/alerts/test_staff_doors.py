"""Logging in and out: throttled without addresses, cookies under /staff/ alone, links that work once."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from porchlight import cli
from porchlight.alerts import rotation
from porchlight.alerts.models import LogInTries, StaffAction
from porchlight.alerts.staff import accounts, throttle
from porchlight.alerts.staff.roles import Role, role_of
from tests.alerts import office

pytestmark = pytest.mark.django_db

DOOR = "/staff/log-in/"
NOW = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """A password is slow to check on purpose; here nobody guesses."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.datetime], None]:
    """Set the moment at which someone logs in."""

    def set_to(now: dt.datetime) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    set_to(NOW)
    return set_to


def browser() -> Client:
    return Client(headers={"host": "localhost"})


def knock(client: Client, name: str = "ana", password: str = "wrong") -> int:
    return client.post(DOOR, {"name": name, "password": password}).status_code


def test_the_right_password_opens_and_the_wrong_one_does_not() -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    client = browser()
    assert knock(client) == 403
    assert client.get("/staff/").status_code == 302
    assert knock(client, password=office.PASSWORD) == 302
    assert client.get("/staff/").status_code == 200


def test_every_cookie_is_for_staff_pages_alone_and_out_of_reach_of_scripts() -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    client = browser()
    client.get(DOOR)
    assert knock(client, password=office.PASSWORD) == 302
    assert set(client.cookies) == {"staff", "staff_form", "staff_known"}
    for cookie in client.cookies.values():
        assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/staff/", "Strict", True)


def test_a_session_ends_after_twelve_hours(settings: Any) -> None:
    client = office.at_work(office.member("ana", Role.AUTHOR))
    client.get("/staff/?lang=es")
    left = Session.objects.get().expire_date - timezone.now()
    assert dt.timedelta(hours=11, minutes=59) < left <= dt.timedelta(hours=12)
    assert settings.SESSION_EXPIRE_AT_BROWSER_CLOSE


@pytest.mark.parametrize("path", ["/staff/", "/staff/broadcasts/", "/staff/me/", DOOR])
def test_no_page_of_staff_is_kept_by_a_browser_or_shown_in_another(path: str) -> None:
    response = office.at_work(office.member("ana", Role.AUTHOR)).get(path)
    assert response.headers["Cache-Control"] == "no-store"
    policy = response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_log_out_is_a_form_and_ends_the_session() -> None:
    client = office.at_work(office.member("ana", Role.AUTHOR))
    assert client.get("/staff/log-out/").status_code == 405
    assert client.get("/staff/").status_code == 200
    assert client.post("/staff/log-out/").status_code == 302
    assert client.get("/staff/").status_code == 302
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example/staff/", "/us/ky/", "javascript:alert(1)"]
)
def test_a_log_in_leads_to_pages_of_staff_and_nowhere_else(where: str) -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    client = browser()
    response = client.post(DOOR, {"name": "ana", "password": office.PASSWORD, "next": where})
    assert response.headers["Location"] == "/staff/"


# --- the throttle -----------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000))
def test_waits_grow_and_are_never_longer_than_a_quarter_of_an_hour(failures: int) -> None:
    assert throttle.wait(failures) <= throttle.wait(failures + 1) <= throttle.LONGEST_WAIT
    assert bool(throttle.wait(failures)) == (failures >= throttle.FREE_TRIES)


def test_after_five_failures_even_the_right_password_waits(clock: Callable[[dt.datetime], None]) -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    for _ in range(throttle.FREE_TRIES):
        assert knock(browser()) == 403
    assert knock(browser(), password=office.PASSWORD) == 403
    clock(NOW + throttle.FIRST_WAIT - dt.timedelta(seconds=1))
    assert knock(browser(), password=office.PASSWORD) == 403
    clock(NOW + throttle.FIRST_WAIT)
    assert knock(browser(), password=office.PASSWORD) == 302


def test_tries_during_the_wait_do_not_make_it_longer(clock: Callable[[dt.datetime], None]) -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    for _ in range(throttle.FREE_TRIES + 20):
        knock(browser())
    clock(NOW + throttle.FIRST_WAIT)
    assert knock(browser(), password=office.PASSWORD) == 302


def test_a_name_that_nobody_has_waits_just_the_same(clock: Callable[[dt.datetime], None]) -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    said = []
    for name in ("ana", "nobody"):
        for _ in range(throttle.FREE_TRIES + 1):
            page = browser().post(DOOR, {"name": name, "password": "wrong"})
        said.append(page.content.decode().replace(f'value="{name}"', ""))
    tokens = [each.split('name="csrfmiddlewaretoken" value="')[1][:64] for each in said]
    assert said[0].replace(tokens[0], "") == said[1].replace(tokens[1], "")
    assert "Wait 1 minute" in said[0]


def test_success_forgets_the_failures(clock: Callable[[dt.datetime], None]) -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    for _ in range(throttle.FREE_TRIES - 1):
        knock(browser())
    assert knock(browser(), password=office.PASSWORD) == 302
    assert not LogInTries.objects.exists()


def test_a_stranger_cannot_lock_out_someone_from_their_own_browser(
    clock: Callable[[dt.datetime], None],
) -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    own = browser()
    assert knock(own, password=office.PASSWORD) == 302
    own.post("/staff/log-out/")
    for _ in range(50):
        knock(browser())
    assert knock(browser(), password=office.PASSWORD) == 403
    assert knock(own, password=office.PASSWORD) == 302


def test_a_known_browser_guesses_no_faster(clock: Callable[[dt.datetime], None]) -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    own = browser()
    assert knock(own, password=office.PASSWORD) == 302
    own.post("/staff/log-out/")
    for _ in range(throttle.FREE_TRIES):
        knock(own)
    assert knock(own, password=office.PASSWORD) == 403


def test_the_mark_of_a_browser_is_of_one_person_and_cannot_be_made_up(
    clock: Callable[[dt.datetime], None],
) -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    office.member("ben", Role.AUTHOR, password=office.PASSWORD)
    bens = browser()
    assert knock(bens, "ben", office.PASSWORD) == 302
    bens.post("/staff/log-out/")
    forged = browser()
    forged.cookies["staff_known"] = "ana:made:up"
    for _ in range(throttle.FREE_TRIES):
        knock(browser())
    assert knock(bens, "ana", office.PASSWORD) == 403
    assert knock(forged, "ana", office.PASSWORD) == 403


def test_what_was_typed_is_not_kept(clock: Callable[[dt.datetime], None]) -> None:
    knock(browser(), "qzcanaryqz", "qzcanaryqz")
    kept = LogInTries.objects.get()
    assert b"qzcanaryqz" not in bytes(kept.name)
    assert {field.name for field in LogInTries._meta.fields} == {"id", "name", "failures", "last"}


def test_failures_are_forgotten_after_a_day(clock: Callable[[dt.datetime], None]) -> None:
    knock(browser(), "someone")
    clock(NOW + throttle.FORGOTTEN_AFTER + dt.timedelta(minutes=1))
    knock(browser(), "another")
    assert LogInTries.objects.count() == 1


def test_new_keys_of_texts_let_nobody_guess_more(clock: Callable[[dt.datetime], None]) -> None:
    for _ in range(throttle.FREE_TRIES):
        knock(browser(), "someone")
    rotation.rotate()
    knock(browser(), "someone")
    assert (
        LogInTries.objects.get().failures == throttle.FREE_TRIES
    )  # the wait goes on: that one was not tried


def test_a_new_secret_key_of_the_site_locks_nobody_out(
    clock: Callable[[dt.datetime], None], settings: Any
) -> None:
    office.member("ana", Role.AUTHOR, password=office.PASSWORD)
    for _ in range(throttle.FREE_TRIES):
        knock(browser())
    assert knock(browser(), password=office.PASSWORD) == 403
    settings.SECRET_KEY = "another " * 5
    assert knock(browser(), password=office.PASSWORD) == 302
    clock(NOW + throttle.FORGOTTEN_AFTER + dt.timedelta(minutes=1))
    knock(browser(), "another")
    assert LogInTries.objects.count() == 1  # what the old key had counted is gone within the day


# --- links and the command --------------------------------------------------------------------------------------------


def test_a_link_works_once_and_lets_its_owner_choose_a_password() -> None:
    user = office.member("ana", Role.AUTHOR)
    path = accounts.link(user)
    client = browser()
    assert client.get(path).status_code == 200
    chosen = {"password": office.PASSWORD, "again": office.PASSWORD}
    assert client.post(path, chosen).status_code == 302
    assert client.get("/staff/").status_code == 200
    assert browser().get(path).status_code == 404
    assert browser().post(path, chosen).status_code == 404


def test_a_link_ends_after_three_days(settings: Any) -> None:
    path = accounts.link(office.member("ana", Role.AUTHOR))
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert browser().get(path).status_code == 404


@pytest.mark.parametrize(
    "chosen",
    [
        ("porch lamp night", "porch lamp day"),
        ("short", "short"),
        ("password", "password"),
        ("anaanaana", "anaanaana"),
    ],
)
def test_a_bad_password_is_not_taken(chosen: tuple[str, str]) -> None:
    user = office.member("anaanaana", Role.AUTHOR)
    response = browser().post(accounts.link(user), {"password": chosen[0], "again": chosen[1]})
    assert response.status_code == 200
    assert 'class="error"' in response.content.decode()
    assert not User.objects.get(pk=user.pk).has_usable_password()


def test_a_link_of_a_disabled_account_is_dead() -> None:
    office.member("boss", Role.APPROVER)
    user = office.member("ana", Role.AUTHOR)
    path = accounts.link(user)
    accounts.disable(user)
    assert browser().get(path).status_code == 404


def test_an_approver_adds_someone_gives_the_link_and_it_is_on_record() -> None:
    boss = office.member("boss", Role.APPROVER)
    client = office.at_work(boss)
    page = client.post("/staff/people/", {"name": "ana", "role": "author"}).content.decode()
    user = User.objects.get(username="ana")
    assert role_of(user) is Role.AUTHOR
    assert accounts.link(user) in page
    assert StaffAction.objects.get().what == "person_added"
    again = client.post("/staff/people/", {"name": "ANA", "role": "author"})
    assert again.status_code == 422


def test_the_last_approver_is_told_so_on_the_page() -> None:
    boss = office.member("boss", Role.APPROVER)
    response = office.at_work(boss).post(reverse("staff:person", args=[boss.pk]), {"do": "disable"})
    assert response.status_code == 409
    assert "last approver" in response.content.decode()
    assert User.objects.get(pk=boss.pk).is_active


def test_the_command_makes_the_first_account(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{office.PASSWORD}\n"))
    assert cli.main(["staff", "add", "ana", "--role", "approver"]) == 0
    assert "ana can log in now as approver" in capsys.readouterr().out
    client = browser()
    assert "porchlight staff add" not in client.get(DOOR).content.decode()
    assert knock(client, password=office.PASSWORD) == 302


def test_the_command_can_print_a_link_instead(capsys: Any) -> None:
    assert cli.main(["staff", "add", "ana", "--role", "viewer", "--link"]) == 0
    printed = capsys.readouterr().out
    path = printed[printed.index("/staff/welcome/") :].strip()
    assert browser().get(path).status_code == 200


def test_a_refused_password_makes_no_account(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("password\n"))
    assert cli.main(["staff", "add", "ana", "--role", "author"]) == 2
    assert "no account was made" in capsys.readouterr().err
    assert not User.objects.exists()


def test_before_the_first_account_the_door_says_how_to_make_one() -> None:
    assert "porchlight staff add" in browser().get(DOOR).content.decode()
