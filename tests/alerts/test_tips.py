"""Who gets which tip on which day, and that nobody gets one twice, late, or two at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from porchlight.alerts import config, expansion, keyring, outbox, programs, routes, subscribe, tips
from porchlight.alerts.models import Broadcast, Delivery, Enrollment, Number, Program, Subscriber
from porchlight.alerts.tips import NO_AGE, OVER, Place, next_tip
from tests.alerts.crash import people
from tests.alerts.test_programs import record_review, with_real_sender

DAY = dt.timedelta(days=1)
JOINED = people.JOINED.date()  # 5 January 2026

BY_AGE = programs.series("parenting")
BY_DAYS = programs.series("body-safety")


# --- the rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("joined_at", "expected", "when"),
    [
        ("2026-11-10", "sleep", "2026-11-23"),  # born this month
        ("2026-06-10", "answer", "2026-11-23"),  # five months old: the tip of four months holds
        ("2026-05-23", "read", "2026-11-23"),  # six months today
        ("2026-05-24", "answer", "2026-11-23"),  # six months tomorrow
        ("2022-11-01", "instead", "2026-11-23"),
        ("2020-11-24", "solve", "2026-11-23"),  # the day before the sixth birthday
        ("2027-02-10", "sleep", "2027-02-10"),  # not born yet
    ],
)
def test_who_joins_late_begins_where_the_child_is(joined_at: str, expected: str, when: str) -> None:
    today = dt.date(2026, 11, 23)
    found = next_tip(BY_AGE, Place(dt.date.fromisoformat(joined_at), 0, today), today)
    assert found is not None
    assert (found[0].id, found[1].isoformat()) == (expected, when)


def test_a_series_by_age_ends_with_the_childs_sixth_birthday() -> None:
    today = dt.date(2026, 11, 23)
    assert next_tip(BY_AGE, Place(dt.date(2020, 11, 23), 0, today), today) is None


births = st.dates(dt.date(2019, 1, 1), dt.date(2028, 12, 31)).map(
    lambda day: day.replace(day=min(day.day, 28))
)
days = st.dates(dt.date(2025, 1, 1), dt.date(2028, 12, 31))


@given(born=births, today=days, wait=st.integers(0, 40), after=st.integers(-1, 70))
def test_a_tip_by_age_is_never_for_a_child_of_another_age(
    born: dt.date, today: dt.date, wait: int, after: int
) -> None:
    soonest = today + wait * DAY
    found = next_tip(BY_AGE, Place(born, 0, soonest, after), today)
    if found is None:
        last = max(tip.at for tip in BY_AGE.tips)
        assert tips.months_old(born, soonest) >= 72 or after >= last
        return
    tip, day = found
    assert day >= soonest
    age = tips.months_old(born, day)
    assert tip.at > after
    assert tip.at <= age < 72
    # No newer tip that they have not had would be right on that day.
    assert not [other for other in BY_AGE.tips if tip.at < other.at <= age]


@given(joined=days, late=st.integers(0, 400))
def test_a_series_by_days_keeps_its_gaps_however_late_each_tip_went(joined: dt.date, late: int) -> None:
    place, today, went = Place(joined, 0, joined + DAY), joined, []
    while (found := next_tip(BY_DAYS, place, today)) is not None:
        tip, day = found
        went.append((tip.at, day))
        today = day + late % 7 * DAY
        place = Place(today, tip.at, today + DAY, tip.at)
    assert [at for at, _ in went] == [tip.at for tip in BY_DAYS.tips]
    for (at, day), (next_at, next_day) in pairwise(went):
        assert next_day - day >= (next_at - at) * DAY


@given(day=births, months=st.integers(0, 80))
def test_months_are_counted_as_people_count_them(day: dt.date, months: int) -> None:
    later = tips.in_months(day, months)
    assert later.day == day.day
    assert tips.months_old(day, later) == months
    assert tips.months_old(day, later - DAY) == months - 1


@given(month=st.dates(dt.date(2018, 1, 1), dt.date(2030, 1, 1)), spread=st.integers(0, 10**9))
def test_the_day_that_we_count_from_is_in_the_month_that_was_told(month: dt.date, spread: int) -> None:
    assert tips.birthday(f"{month:%Y-%m}", spread).strftime("%Y-%m") == f"{month:%Y-%m}"


@pytest.mark.parametrize("nonsense", ["", "2024", "2024-13", "May", "2024-05-07", "0000-01"])
def test_a_month_that_is_none_is_refused(nonsense: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month|year"):
        tips.birthday(nonsense, 3)


# --- day by day -------------------------------------------------------------------------------------------------------


@pytest.fixture
def real_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a site with real people: tips begin at their hour, once a day."""
    site = replace(config.alerts(), any_hour=False)
    monkeypatch.setattr(config, "alerts", lambda: site)


pytestmark = pytest.mark.usefixtures("real_hours")


def at(day: dt.date, hour: int = 15, minute: int = 0) -> float:
    return dt.datetime.combine(day, dt.time(hour, minute), dt.UTC).timestamp()


def minute(day: dt.date, hour: int = 15, minute_: int = 0, *, write: bool = True) -> list[str]:
    """One minute: tips are looked at, and what is on its way is written out. The steps that began."""
    before = set(Broadcast.objects.values_list("pk", flat=True))
    tips.send_due(at(day, hour, minute_))
    if write:
        write_out()
    return sorted(Broadcast.objects.exclude(pk__in=before).values_list("step", flat=True))


def write_out() -> None:
    for pk in Broadcast.objects.filter(state="sending", expanded=False).values_list("pk", flat=True):
        while not expansion.step(pk, 1000, [routes.Choice("practice", 1)]).finished:
            pass


def got(number: Number) -> list[str]:
    rows = Delivery.objects.filter(number=number).order_by("pk")
    return [step.partition("-")[2] for step in rows.values_list("broadcast__step", flat=True)]


@pytest.fixture
def body() -> Program:
    programs.sync()
    return Program.objects.get(slug="body-safety")


@pytest.fixture
def parenting() -> Program:
    programs.sync()
    return Program.objects.get(slug="parenting")


def child_born(number: Number, month: str) -> None:
    row = Enrollment.objects.get(subscriber__number=number)
    row.seal_key, row.private = keyring.seal(
        msgspec.json.encode({"birth_month": month}), subscribe.ENROLLMENT
    )
    row.save()


@pytest.mark.django_db
def test_a_series_by_days_goes_out_whole_one_tip_on_its_day(body: Program) -> None:
    (number,) = people.subscribe(body, 1)
    began = {day: minute(JOINED + day * DAY) for day in range(60)}
    assert {day: steps for day, steps in began.items() if steps} == {
        tip.at: [tip.step] for tip in BY_DAYS.tips
    }
    assert got(number) == [tip.id for tip in BY_DAYS.tips]
    assert Enrollment.objects.get().next_step == OVER


@pytest.mark.django_db
def test_a_day_of_many_ticks_sends_each_tip_once(body: Program) -> None:
    numbers = people.subscribe(body, 5)
    day = JOINED + DAY
    steps = [minute(day, hour, m) for hour in range(24) for m in (0, 20, 40)]
    assert [each for each in steps if each] == [["1-real-names"]]
    assert all(got(number) == ["real-names"] for number in numbers)


@pytest.mark.django_db
def test_nothing_begins_before_the_morning(body: Program) -> None:
    people.subscribe(body, 1)
    assert [minute(JOINED + DAY, hour) for hour in (0, 6, 13)] == [[], [], []]
    assert minute(JOINED + DAY, 14) == ["1-real-names"]


@pytest.mark.django_db
def test_a_tip_says_who_writes_and_ends_after_two_days(body: Program) -> None:
    people.subscribe(body, 1)
    minute(JOINED + DAY)
    sent = Broadcast.objects.get()
    assert sent.texts["en"].startswith("Community Help Line: Use the real names")
    assert sent.texts["es"].startswith("Community Help Line: Use los nombres")
    assert sent.unaccented
    assert sent.expires == sent.created + dt.timedelta(hours=48)
    assert sent.words_sha256 == BY_DAYS.words_sha256()
    assert sent.author_id is None


@pytest.mark.django_db
def test_a_site_that_was_away_for_two_weeks_sends_one_tip_and_keeps_the_gaps(body: Program) -> None:
    (number,) = people.subscribe(body, 1)
    minute(JOINED + DAY)
    began = {day: minute(JOINED + day * DAY) for day in range(19, 30)}
    assert {day: steps for day, steps in began.items() if steps} == {
        19: ["5-swimsuit"],
        23: ["9-boss"],
        27: ["13-secrets"],
    }
    assert got(number) == ["real-names", "swimsuit", "boss", "secrets"]


@pytest.mark.django_db
def test_someone_paused_gets_no_tip_and_goes_on_where_they_were(body: Program) -> None:
    (number,) = people.subscribe(body, 1)
    minute(JOINED + DAY)
    Subscriber.objects.update(state=Subscriber.State.PAUSED)
    assert [minute(JOINED + day * DAY) for day in range(2, 40)] == [[]] * 38
    Subscriber.objects.update(state=Subscriber.State.ACTIVE)
    assert minute(JOINED + 40 * DAY) == ["5-swimsuit"]
    assert [minute(JOINED + day * DAY) for day in (41, 42, 43)] == [[]] * 3
    assert got(number) == ["real-names", "swimsuit"]


@pytest.mark.django_db
def test_who_leaves_and_joins_again_begins_anew(body: Program) -> None:
    (number,) = people.subscribe(body, 1)
    for day in range(12):
        minute(JOINED + day * DAY)
    row = Enrollment.objects.get()
    again = dt.datetime.combine(JOINED + 100 * DAY, dt.time(16), dt.UTC)
    subscribe.leave_program(row, again - DAY)
    subscribe.enroll(row.subscriber, body, "", again)
    assert minute(JOINED + 100 * DAY, 17) == []
    assert minute(JOINED + 101 * DAY) == ["1-real-names"]
    assert got(number) == ["real-names", "swimsuit", "boss", "real-names"]


@pytest.mark.django_db
def test_by_age_everyone_gets_the_tip_of_their_child_and_then_the_next(parenting: Program) -> None:
    baby, toddler, grown, unborn = people.subscribe(parenting, 4)
    for number, month in ((baby, "2025-12"), (toddler, "2024-01"), (grown, "2019-01"), (unborn, "2026-04")):
        child_born(number, month)
    for day in range(1, 150):
        minute(JOINED + day * DAY)
    assert got(baby) in (
        ["sleep", "crying", "talk", "plan", "answer"],
        ["crying", "talk", "plan", "answer"],
        ["sleep", "crying", "talk", "plan", "answer", "read"],
        ["crying", "talk", "plan", "answer", "read"],
    )
    # Two years old on one of the first 28 days of January.
    assert got(toddler) in (["water", "tantrums"], ["tantrums"])
    assert got(grown) in ([], ["solve"])
    assert got(unborn) in (["sleep"], ["sleep", "crying"], ["sleep", "crying", "talk"])
    assert Enrollment.objects.get(subscriber__number=grown).next_step == OVER


@pytest.mark.django_db
def test_without_the_month_of_birth_no_age_is_guessed_and_with_it_tips_begin(parenting: Program) -> None:
    (number,) = people.subscribe(parenting, 1)
    assert minute(JOINED + DAY) == []
    assert Enrollment.objects.get().next_step == NO_AGE
    child_born(number, "2024-01")
    assert minute(JOINED + 2 * DAY, 15) in (["21-water"], ["24-tantrums"])


def now_born(number: Number, program: Program, month: str, day: dt.date, hour: int = 16) -> None:
    """They signed up again, with another month of birth."""
    row = Enrollment.objects.get(subscriber__number=number)
    subscribe.enroll(row.subscriber, program, month, dt.datetime.combine(day, dt.time(hour), dt.UTC))


@pytest.mark.django_db
def test_a_changed_month_of_birth_gives_the_tip_for_that_age_and_never_two_on_one_day(
    parenting: Program,
) -> None:
    (number,) = people.subscribe(parenting, 1)
    child_born(number, "2025-12")
    minute(JOINED + DAY)
    (first,) = got(number)
    Delivery.objects.update(state=Delivery.State.SENT)
    now_born(number, parenting, "2024-01", JOINED + DAY)
    assert minute(JOINED + DAY, 17) == []
    minute(JOINED + 2 * DAY)
    assert got(number)[0] == first
    assert got(number)[1:] in (["water"], ["tantrums"])


@pytest.mark.django_db
def test_a_month_of_birth_that_is_changed_and_changed_back_brings_no_tip_twice(parenting: Program) -> None:
    (number,) = people.subscribe(parenting, 1)
    child_born(number, "2025-12")
    for day in range(1, 40):
        if day % 4 == 0:
            now_born(number, parenting, "2024-01" if day % 8 else "2025-12", JOINED + day * DAY, 10)
        minute(JOINED + day * DAY)
        Delivery.objects.update(state=Delivery.State.SENT)
    had = got(number)
    assert len(had) == len(set(had))
    assert {"water", "tantrums"} & set(had)


@pytest.mark.django_db
def test_the_same_month_again_changes_nothing(parenting: Program) -> None:
    (number,) = people.subscribe(parenting, 1)
    child_born(number, "2025-12")
    minute(JOINED + DAY)
    minute(JOINED + 2 * DAY)
    before = Enrollment.objects.values_list("next_step", "next_due").get()
    assert before[1] is not None
    now_born(number, parenting, "2025-12", JOINED + 2 * DAY)
    assert Enrollment.objects.values_list("next_step", "next_due").get() == before


@pytest.mark.django_db
def test_a_tip_that_waits_to_go_out_is_taken_back_when_the_month_of_birth_changes(parenting: Program) -> None:
    number, other = people.subscribe(parenting, 2)
    for each in (number, other):
        child_born(each, "2025-12")
    minute(JOINED + DAY)
    assert len(got(number)) == 1
    now_born(number, parenting, "2024-01", JOINED + DAY)
    assert got(number) == []
    assert len(got(other)) == 1


@pytest.mark.django_db
def test_who_was_paused_while_the_child_grew_gets_the_tip_for_now_alone(parenting: Program) -> None:
    (number,) = people.subscribe(parenting, 1)
    child_born(number, "2025-12")
    minute(JOINED + DAY)
    Subscriber.objects.update(state=Subscriber.State.PAUSED)
    for day in range(2, 300, 7):
        minute(JOINED + day * DAY)
    Subscriber.objects.update(state=Subscriber.State.ACTIVE)
    for day in range(300, 304):
        minute(JOINED + day * DAY)
    assert got(number)[1:] in (["helpers"], ["rest"])


# --- the file changes -------------------------------------------------------------------------------------------------

FILE = """
clock: days
names: {en: tips, es: consejos}
tips:
%s
sources:
  page: {title: A page, publisher: A council, url: 'https://example.org/'}
"""


def _tips(*tips_: tuple[str, int, str]) -> str:
    lines = [
        f"- {{id: {id_}, at: {at_}, en: {words}., es: {words}., sources: {{page: It says this somewhere.}}}}"
        for id_, at_, words in tips_
    ]
    return FILE % "\n".join(lines)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    folder = tmp_path / "series"
    folder.mkdir()
    monkeypatch.setattr(settings, "CONFIG", replace(settings.CONFIG, data_dir=tmp_path))

    def put(text: str) -> None:
        (folder / "ours.yaml").write_text(text)

    return put


@pytest.mark.django_db
def test_changes_of_a_file_send_no_tip_again_and_skip_none_that_is_ahead(
    write: Callable[[str], None],
) -> None:
    write(_tips(("a", 1, "A"), ("b", 3, "B"), ("c", 5, "C")))
    programs.sync()
    program = Program.objects.get(slug="ours")
    (number,) = people.subscribe(program, 1)
    for day in range(4):
        minute(JOINED + day * DAY)
    assert got(number) == ["a", "b"]
    # New words for b, a new tip before it, a moved behind everything, c gone, d new.
    write(_tips(("new", 2, "New"), ("b", 3, "B changed"), ("d", 6, "D"), ("a", 9, "A")))
    for day in range(4, 30):
        minute(JOINED + day * DAY)
    assert got(number) == ["a", "b", "d"]
    assert Enrollment.objects.get().next_step == OVER


@pytest.mark.django_db
def test_a_file_that_became_wrong_stops_its_own_series_alone(
    write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(_tips(("a", 1, "A")))
    programs.sync()
    people.subscribe(Program.objects.get(slug="ours"), 1)
    people.subscribe(Program.objects.get(slug="body-safety"), 1, first=100)
    write("clock: never")
    assert minute(JOINED + DAY) == ["1-real-names"]


# --- crashes, staff, other processes ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_crash_while_a_tip_begins_leaves_nothing_behind(
    body: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    (number,) = people.subscribe(body, 1)

    def crash(*_: object) -> bool:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "start", crash)
        with pytest.raises(RuntimeError):
            tips.send_due(at(JOINED + DAY))
    assert not Broadcast.objects.exists()
    assert minute(JOINED + DAY) == ["1-real-names"]
    assert got(number) == ["real-names"]


@pytest.mark.django_db
@pytest.mark.parametrize("after_rows", [0, 1, 3])
def test_a_crash_while_people_move_on_sends_nobody_a_tip_twice(
    body: Program, monkeypatch: pytest.MonkeyPatch, after_rows: int
) -> None:
    numbers = people.subscribe(body, 7)
    minute(JOINED + DAY)
    monkeypatch.setattr(tips, "_CHUNK", 2)
    real = tips._put
    seen: list[int] = []

    def dying(*args: object) -> None:
        if len(seen) == after_rows:
            raise RuntimeError
        seen.append(1)
        real(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(tips, "_put", dying)
        with pytest.raises(RuntimeError):
            tips.send_due(at(JOINED + 2 * DAY))
    for day in range(2, 10):
        minute(JOINED + day * DAY)
    assert all(got(number) == ["real-names", "swimsuit", "boss"] for number in numbers)


@pytest.mark.django_db
def test_a_tick_that_has_no_time_left_goes_on_the_next_minute(
    body: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = people.subscribe(body, 7)
    monkeypatch.setattr(tips, "_CHUNK", 2)
    for tick in range(60):
        tips.send_due(at(JOINED + DAY, 15, tick), patience=0)
        write_out()
    assert Broadcast.objects.count() == 1
    for tick in range(60):
        tips.send_due(at(JOINED + 5 * DAY, 15, tick), patience=0)
        write_out()
    assert all(got(number) == ["real-names", "swimsuit"] for number in numbers)


@pytest.mark.django_db
def test_a_tip_that_is_still_being_written_out_is_not_begun_again(body: Program) -> None:
    people.subscribe(body, 3)
    assert minute(JOINED + DAY, write=False) == ["1-real-names"]
    assert [minute(JOINED + day * DAY, write=False) for day in (1, 2)] == [[], []]


@pytest.mark.django_db
def test_a_tip_that_staff_paused_waits_and_one_that_they_cancelled_counts_as_done(body: Program) -> None:
    (number,) = people.subscribe(body, 1)
    minute(JOINED + DAY, write=False)
    outbox.pause(Broadcast.objects.get().pk, at(JOINED + DAY))
    assert minute(JOINED + 2 * DAY) == []
    outbox.cancel(Broadcast.objects.get().pk, at(JOINED + 2 * DAY))
    assert minute(JOINED + 2 * DAY, 16) == []
    assert minute(JOINED + 5 * DAY) == ["5-swimsuit"]
    assert got(number) == ["swimsuit"]


@pytest.mark.django_db
def test_who_joins_while_a_tip_goes_out_gets_theirs_on_their_own_day(body: Program) -> None:
    (early,) = people.subscribe(body, 1)
    minute(JOINED + DAY)
    (late,) = people.subscribe(body, 1, first=500)
    Enrollment.objects.filter(subscriber__number=late).update(since=people.JOINED + DAY)
    minute(JOINED + DAY, 17)
    minute(JOINED + 2 * DAY)
    assert (got(early), got(late)) == (["real-names"], ["real-names"])
    assert Broadcast.objects.count() == 2


@pytest.mark.django_db
def test_a_row_that_cannot_be_opened_stops_nobody_else(parenting: Program) -> None:
    broken, fine = people.subscribe(parenting, 2)
    child_born(broken, "2024-01")
    child_born(fine, "2024-01")
    row = Enrollment.objects.get(subscriber__number=broken)
    row.private = bytes(reversed(bytes(row.private or b"")))
    row.save()
    minute(JOINED + DAY)
    assert (len(got(broken)), len(got(fine))) == (0, 1)


# --- the lock ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_on_a_real_site_an_unreviewed_series_waits_and_begins_at_its_beginning_once_reviewed(
    body: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = with_real_sender()
    monkeypatch.setattr(config, "alerts", lambda: site)
    (number,) = people.subscribe(body, 1)
    assert [minute(JOINED + day * DAY) for day in range(20)] == [[]] * 20
    record_review(body, User.objects.create_user("approver"), programs.words_sha256(body))
    assert minute(JOINED + 20 * DAY) == ["1-real-names"]
    assert minute(JOINED + 21 * DAY) == []
    assert minute(JOINED + 24 * DAY) == ["5-swimsuit"]
    assert got(number) == ["real-names", "swimsuit"]


@pytest.mark.django_db
def test_in_practice_a_newcomer_need_not_wait_for_the_morning(
    body: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = replace(config.alerts(), any_hour=True)
    monkeypatch.setattr(config, "alerts", lambda: site)
    (first,) = people.subscribe(body, 1)
    assert minute(JOINED + DAY, 3) == ["1-real-names"]
    (second,) = people.subscribe(body, 1, first=50)
    assert minute(JOINED + DAY, 3, 5) == ["1-real-names"]
    assert (got(first), got(second)) == (["real-names"], ["real-names"])
