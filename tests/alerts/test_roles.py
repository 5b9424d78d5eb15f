"""Every page of staff, for every role, by every method: exactly what the table says, and nothing else."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from porchlight.alerts import inbound
from porchlight.alerts.carriers import Received
from porchlight.alerts.models import Broadcast, Inbound, Program
from porchlight.alerts.staff import accounts, sending, urls
from porchlight.alerts.staff.roles import TABLE, Role, give, may, role_of
from tests.alerts import office

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
OPEN_TO_ALL = {"log_in", "welcome", "part"}  # the doors, and how the pages look
# The same, written by hand from what each role is for: a slip in the table is seen here.
EXPECTED = {
    Role.VIEWER: {
        "home",
        "broadcasts",
        "broadcast",
        "progress",
        "delivery_csv",
        "programs",
        "program",
        "subscribers",
    },
}


@pytest.fixture
def parts(db: None) -> dict[str, dict[str, object]]:
    """What each address needs, of things that are there."""
    author = office.member("someone", Role.AUTHOR)
    to = office.program()
    series = Program.objects.create(
        slug="tips", kind=Program.Kind.SERIES, names={"en": "Tips", "es": "Consejos"}, series="parenting"
    )
    broadcast = office.draft(to, author)
    inbound.receive("practice", Received("m1", "+15025550001", "+15025550100", "hello there"), timezone.now())
    text = Inbound.objects.get()
    return {
        "pk": {"person": author.pk, "text": text.pk, "": broadcast.pk},
        "slug": {"review": series.slug, "": to.slug},
    }


def address(name: str, parts: dict[str, dict[str, object]]) -> str:
    route = next(str(each.pattern) for each in urls.urlpatterns if each.name == name)
    needed = [part for part in ("pk", "slug") if f":{part}>" in route]
    return reverse(f"staff:{name}", kwargs={part: parts[part].get(name, parts[part][""]) for part in needed})


def names() -> set[str]:
    return {str(each.name) for each in urls.urlpatterns} - OPEN_TO_ALL


def test_every_page_is_a_row_of_the_table_and_every_row_a_page() -> None:
    assert names() == set(TABLE)


@pytest.mark.parametrize(("name", "role"), list(itertools.product(sorted(TABLE), Role)))
def test_each_cell_of_the_table_is_what_happens(
    name: str, role: Role, parts: dict[str, dict[str, object]]
) -> None:
    browser = office.at_work(office.member("me", role))
    for method in METHODS:
        where = address(name, parts)
        status = browser.generic(method, where).status_code
        row = TABLE[name].get("GET" if method == "HEAD" else method)
        if row is None:
            assert status == 405, method
        elif role in row:
            assert status in {200, 302, 404, 409, 422}, (method, status)
        else:
            assert status == 403, (method, status)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_stranger_is_sent_to_the_door_and_changes_nothing(
    name: str, parts: dict[str, dict[str, object]]
) -> None:
    before = list(Broadcast.objects.values())
    for method in TABLE[name]:
        response = Client(headers={"host": "localhost"}).generic(method, address(name, parts))
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("staff:log_in"))
    assert list(Broadcast.objects.values()) == before


@pytest.mark.parametrize("name", sorted(TABLE))
def test_someone_without_a_role_is_a_stranger(name: str, parts: dict[str, dict[str, object]]) -> None:
    user = User.objects.create_user("nobody")
    user.groups.add(Group.objects.create(name="visitors"))
    for method in TABLE[name]:
        response = office.at_work(user).generic(method, address(name, parts))
        assert response.status_code == 302
        assert "log-in" in response.headers["Location"]


@pytest.mark.parametrize("name", sorted(name for name, row in TABLE.items() if "POST" in row))
def test_no_form_is_taken_from_another_site(name: str, parts: dict[str, dict[str, object]]) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    browser.force_login(office.member("me", Role.APPROVER))
    before = list(Broadcast.objects.values())
    response = browser.post(address(name, parts))
    assert response.status_code == 403
    assert "Nothing was changed" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    assert list(Broadcast.objects.values()) == before


def test_a_viewer_changes_nothing_and_reads_nothing_that_people_wrote() -> None:
    allowed = {name for name in TABLE if any(may(Role.VIEWER, name, method) for method in TABLE[name])}
    assert allowed - {"me", "log_out"} == EXPECTED[Role.VIEWER]
    assert {name for name in TABLE if may(Role.VIEWER, name, "POST")} == {"me", "log_out"}


def test_only_an_approver_approves_and_looks_after_programs_and_people() -> None:
    only = {
        (name, method)
        for name, row in TABLE.items()
        for method, roles in row.items()
        if roles == frozenset({Role.APPROVER})
    }
    assert only == {
        ("approve", "POST"),
        ("program", "POST"),
        ("review", "POST"),
        ("people", "GET"),
        ("people", "POST"),
        ("person", "POST"),
        ("record", "GET"),
    }


def test_an_approver_may_do_all_that_an_author_may() -> None:
    for name, row in TABLE.items():
        for method in row:
            assert may(Role.APPROVER, name, method) >= may(Role.AUTHOR, name, method)


@pytest.mark.django_db
def test_a_role_takes_the_place_of_the_one_before() -> None:
    user = office.member("ana", Role.VIEWER)
    give(user, Role.AUTHOR)
    again = User.objects.get(username="ana")
    assert role_of(again) is Role.AUTHOR
    assert again.groups.count() == 1


@pytest.mark.django_db
def test_an_account_that_ends_is_out_at_once() -> None:
    office.member("boss", Role.APPROVER)
    user = office.member("ana", Role.AUTHOR)
    browser = office.at_work(user)
    assert browser.get(reverse("staff:home")).status_code == 200
    accounts.disable(user)
    assert browser.get(reverse("staff:home")).status_code == 302
    assert role_of(User.objects.get(pk=user.pk)) is None


@pytest.mark.django_db
def test_the_last_approver_cannot_be_ended_nor_made_something_else() -> None:
    boss = office.member("boss", Role.APPROVER)
    with pytest.raises(accounts.LastApproverError):
        accounts.disable(boss)
    with pytest.raises(accounts.LastApproverError):
        accounts.change_role(boss, Role.VIEWER)
    office.member("second", Role.APPROVER)
    accounts.disable(boss)
    assert role_of(User.objects.get(pk=boss.pk)) is None


# --- the second person ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nobody_says_yes_to_their_own_not_even_an_approver() -> None:
    boss, second = office.member("boss", Role.APPROVER), office.member("second", Role.APPROVER)
    broadcast = office.draft(office.program(), boss, state=Broadcast.State.WAITING)
    office.subscriber(broadcast.program, "+15025550001")
    where = reverse("staff:approve", args=[broadcast.pk])
    assert office.at_work(boss).post(where).status_code == 409
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.approver) == (Broadcast.State.WAITING, None)
    assert office.at_work(second).post(where).status_code == 302
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.approver) == (Broadcast.State.SENDING, second)


@pytest.mark.django_db
def test_whoever_asked_for_an_override_cannot_grant_it_though_another_submitted_it() -> None:
    asked, sent, third = (office.member(name, Role.APPROVER) for name in ("one", "two", "three"))
    broadcast = office.draft(office.program(), asked)
    office.subscriber(broadcast.program, "+15025550001")
    now = timezone.now()
    sending.ask_override(
        broadcast.pk, asked, now, police_reference="LMPD 26-1", reason="Seen an hour ago", hours=6
    )
    sending.submit(broadcast.pk, sent, now, not_before=None, expires=None)
    with pytest.raises(sending.Refused):
        sending.approve(broadcast.pk, asked, now)
    with pytest.raises(sending.Refused):
        sending.approve(broadcast.pk, sent, now)
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.WAITING
    sending.approve(broadcast.pk, third, now)
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.SENDING
    assert broadcast.override.approved_by == third
    assert broadcast.override.expires - now == dt.timedelta(hours=6)
