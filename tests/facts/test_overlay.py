"""A site's own corrections: they hold soon, whole or not at all, and never break the shipped facts."""

from __future__ import annotations

import datetime as dt
import os
import threading
from pathlib import Path

import pytest

from porchlight.facts import FactStore, shipped
from porchlight.facts.load import FactError, Facts
from porchlight.facts.overlay import LOOK_EVERY, MAX_BYTES, Loaded, lay_over
from porchlight.facts.schema import Contact, KnownBad, Limit, WithholdReason
from porchlight.facts.standing import Standing, trust
from tests.facts.made import TODAY

HEAD = "by: Ann Lee\non: 2026-11-22\n"
NEW_NUMBER = f"""{HEAD}change:
  us-ky-intake:
    value: '+15022222222'
    printed: 502-222-2222
    sources: [our-call]
sources:
  our-call:
    publisher: Our own call to the Cabinet
    kind: other
    date: 2026-11-22
"""
ADDED = f"""{HEAD}add:
- jurisdiction: US-KY
  contact:
    id: us-ky-jefferson-intake
    role: intake
    kind: phone
    value: '+15025955437'
    printed: 502-595-KIDS
    takes: [abuse]
    counties: [Jefferson]
    sources: [chfs-service-regions]
"""


class Clock:
    """Stands in for the clock, so that a test waits for nothing."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("porchlight.facts.overlay.time", clock)
    return clock


def _write(folder: Path, text: str, name: str = "ours.yaml") -> None:
    (folder / name).write_text(text, "utf-8")


def _laid(folder: Path, text: str, name: str = "ours.yaml") -> Loaded:
    _write(folder, text, name)
    return lay_over(shipped(), folder)


def _refusal(folder: Path, text: str) -> FactError:
    """The reason for which the only file of the folder is refused; the shipped facts stand."""
    loaded = _laid(folder, text)
    assert loaded.held == ()
    assert loaded.facts is shipped()
    (refused,) = loaded.refused
    assert refused.path == "ours.yaml"
    return refused


def _ky(facts: Facts, contact_id: str = "us-ky-intake") -> Contact:
    return next(contact for contact in facts.contacts("US-KY") if contact.id == contact_id)


# --- what an overlay can do -------------------------------------------------------------------------------------------


def test_a_changed_number_holds_with_its_own_sources_and_day(tmp_path: Path) -> None:
    loaded = _laid(tmp_path, NEW_NUMBER.replace("on: 2026-11-22", "on: 2026-11-28"))
    assert (loaded.held, loaded.refused) == (("ours.yaml",), ())
    changed = _ky(loaded.facts)
    assert (changed.value, changed.sources) == ("+15022222222", ("our-call",))
    assert changed.checked == dt.date(2026, 11, 28)
    assert loaded.facts.source("US-KY", "our-call").publisher == "Our own call to the Cabinet"
    found = trust(changed, lambda source_id: loaded.facts.source("US-KY", source_id), TODAY)
    assert (found.standing, found.sources) == (Standing.unconfirmed, 1)


def test_what_the_overlay_does_not_name_stays_as_shipped(tmp_path: Path) -> None:
    laid = _laid(tmp_path, NEW_NUMBER).facts
    assert _ky(laid).takes == _ky(shipped()).takes
    assert laid.jurisdictions["US-TN"] is shipped().jurisdictions["US-TN"]
    assert _ky(shipped()).value == "+18775972331"


def test_a_number_can_be_added(tmp_path: Path) -> None:
    laid = _laid(tmp_path, ADDED).facts
    assert _ky(laid, "us-ky-jefferson-intake").counties == ("Jefferson",)
    assert len(laid.jurisdictions["US-KY"].contacts) == len(shipped().jurisdictions["US-KY"].contacts) + 1


def test_a_number_can_be_withheld_and_a_withheld_one_shown(tmp_path: Path) -> None:
    change = "change:\n  us-ky-intake:\n    withhold: did_not_work\n  us-ky-ag-office:\n    show: true\n"
    laid = _laid(tmp_path, HEAD + change).facts
    assert _ky(laid).withhold is WithholdReason.did_not_work
    assert _ky(shipped(), "us-ky-ag-office").withhold is not None
    assert _ky(laid, "us-ky-ag-office").withhold is None


def test_a_number_can_be_confirmed(tmp_path: Path) -> None:
    confirmed = "    confirmed:\n      by: Ann Lee\n      on: 2026-11-20\n      how: called\n"
    laid = _laid(tmp_path, f"{HEAD}change:\n  us-ky-intake:\n{confirmed}").facts
    found = trust(_ky(laid), lambda source_id: laid.source("US-KY", source_id), TODAY)
    assert found.standing is Standing.confirmed


def test_hours_limits_and_languages_can_be_changed(tmp_path: Path) -> None:
    change = "    hours:\n      kind: office\n    limits: [name_required]\n"
    change += "    languages: [es]\n    notes: [We called.]\n"
    changed = _ky(_laid(tmp_path, f"{HEAD}change:\n  us-ky-intake:\n{change}").facts)
    assert changed.hours.kind == "office"
    assert (changed.limits, changed.languages) == ((Limit.name_required,), ("es",))
    assert changed.notes == ("We called.",)


def test_a_national_line_can_be_changed(tmp_path: Path) -> None:
    laid = _laid(tmp_path, f"{HEAD}change:\n  us-988-text:\n    withhold: did_not_work\n").facts
    assert laid.contact_by_id["us-988-text"].withhold is WithholdReason.did_not_work


def test_a_confirmation_does_not_pass_to_a_new_number(tmp_path: Path) -> None:
    confirmed = "    confirmed:\n      by: Ann Lee\n      on: 2026-11-20\n      how: called\n"
    _write(tmp_path, f"{HEAD}change:\n  us-ky-intake:\n{confirmed}", "1-confirmed.yaml")
    loaded = _laid(tmp_path, NEW_NUMBER, "2-number.yaml")
    assert loaded.held == ("1-confirmed.yaml", "2-number.yaml")
    assert _ky(loaded.facts).confirmed is None


def test_files_are_laid_in_order_of_their_names(tmp_path: Path) -> None:
    for name, reason in (("b.yaml", "recheck"), ("a.yaml", "conflict")):
        _write(tmp_path, f"{HEAD}change:\n  us-ky-intake:\n    withhold: {reason}\n", name)
    loaded = lay_over(shipped(), tmp_path)
    assert loaded.held == ("a.yaml", "b.yaml")
    assert _ky(loaded.facts).withhold is WithholdReason.recheck


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "line", "reason"),
    [
        ("  us-ky-intak:\n    show: true\n", 4, "there is no contact `us-ky-intak` to change"),
        ("  us-zz-intake:\n    show: true\n", 4, "there is no contact `us-zz-intake` to change"),
        ("  us-ky-intake:\n    valu: x\n", 5, "there is no key `valu` here; did you mean `value`?"),
        ("  us-ky-intake:\n    withhold: because\n", 5, "`because` is not one of: not_intake, owner_unclear"),
        (
            "  us-ky-intake:\n    value: '+15022222222'\n",
            4,
            "`us-ky-intake` gets a new value: name the `sources`",
        ),
        ("  us-ky-intake:\n    sources: [nowhere]\n", 4, "us-ky-intake: no source `nowhere` in this file"),
        ("  us-ky-intake:\n    sources: []\n", 4, "us-ky-intake: name at least one source"),
        (
            "  us-ky-intake:\n    printed: 1-877-597-2332\n",
            4,
            "us-ky-intake: `1-877-597-2332` does not spell",
        ),
        (
            "  us-ky-intake:\n    hours:\n      kind: weekly\n",
            4,
            "us-ky-intake: weekly hours need spans and a zone",
        ),
        ("  us-ky-intake:\n    show: true\n   show: x\n", 6, "not readable as YAML: "),
        (
            "  us-al-missing-children:\n    show: true\n",
            4,
            "us-al-missing-children: +18002287688 is known to be bad",
        ),
    ],
)
def test_a_wrong_overlay_is_refused_whole_with_its_line_and_a_reason(
    tmp_path: Path, change: str, line: int, reason: str
) -> None:
    good = "change:\n"
    refused = _refusal(tmp_path, f"{HEAD}{good}{change}")
    assert refused.reason.startswith(reason)
    assert refused.line == line


def test_one_wrong_entry_refuses_the_good_ones_beside_it(tmp_path: Path) -> None:
    text = f"{HEAD}change:\n  us-ky-intake:\n    withhold: recheck\n  us-ky-nothing:\n    show: true\n"
    assert _refusal(tmp_path, text).line == 6


def test_the_line_told_is_that_of_the_very_contact(tmp_path: Path) -> None:
    """`us-ca-butte-intake` is the beginning of `us-ca-butte-intake-2`, which stands first here."""
    text = f"{HEAD}change:\n  us-ca-butte-intake-2:\n    notes: [a]\n  us-ca-butte-intake:\n    sources: []\n"
    assert _refusal(tmp_path, text).line == 6


def _with_known_bad() -> list[tuple[str, KnownBad]]:
    """One jurisdiction's known-bad phone for every reason there is."""
    found = {bad.reason: (code, bad) for code in shipped().jurisdictions for bad in shipped().known_bad(code)
             if bad.kind == "phone" and bad.value.startswith("+1") and bad.value != "+187706522873"}  # fmt: skip
    return list(found.values())


@pytest.mark.parametrize(("code", "bad"), _with_known_bad(), ids=lambda value: getattr(value, "value", value))
def test_a_known_bad_number_cannot_come_back_through_an_overlay(
    tmp_path: Path, code: str, bad: KnownBad
) -> None:
    text = ADDED.replace("US-KY", code).replace("us-ky-jefferson-intake", f"{code.lower()}-back")
    text = text.replace("    counties: [Jefferson]\n", "").replace("chfs-service-regions", bad.sources[0])
    text = text.replace("+15025955437", bad.value).replace("502-595-KIDS", bad.value)
    refused = _refusal(tmp_path, text)
    assert refused.line == 6
    assert f"{bad.value} is known to be bad" in refused.reason


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("us-ky-jefferson-intake", "us-ky-intake", 6, "`us-ky-intake` is the id of a contact already"),
        ("us-ky-jefferson-intake", "us-tn-intake-9", 6, "`us-tn-intake-9`: ids of contacts of US-KY start with"),
        ("us-ky-jefferson-intake", "jefferson", 6, "`jefferson`: ids of contacts of US-KY start with `us-ky-`"),
        ("jurisdiction: US-KY", "jurisdiction: US-ZZ", 4, "US-ZZ is not one of the 56 jurisdictions"),
        ("[Jefferson]", "[Jeferson]", 6, "us-ky-jefferson-intake: US-KY has no county `Jeferson`"),
        ("502-595-KIDS", "502-595-KIDZ", 6, "us-ky-jefferson-intake: `502-595-KIDZ` does not spell +15025955437"),
        ("+15025955437'\n    printed: 502-595-KIDS", "+18772370004'\n    printed: 877-237-0004", 6, "US-KY, US-TN: "),
        ("+15025955437'\n    printed: 502-595-KIDS", "+18004224453'\n    printed: 800-422-4453", 6, "US-KY: "),
    ],
)  # fmt: skip
def test_an_added_number_passes_the_checks_of_a_shipped_one(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    assert ADDED.count(old) == 1
    refused = _refusal(tmp_path, ADDED.replace(old, new))
    assert refused.reason.startswith(reason)
    assert refused.line == line


@pytest.mark.parametrize("taken", ["list-a", "chfs-reportabuse"])
def test_an_overlay_may_not_take_the_id_of_a_source_that_is_there(tmp_path: Path, taken: str) -> None:
    refused = _refusal(tmp_path, NEW_NUMBER.replace("our-call", taken))
    assert refused.reason == f"there is a source `{taken}` already; give yours another id"


def test_a_file_that_is_no_text_or_too_large_or_unreadable_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"by: Ren\xe9\n")
    (tmp_path / "b.yaml").write_text(HEAD + "#" * MAX_BYTES)
    (tmp_path / "c.yaml").mkdir()
    (tmp_path / "d.yaml").symlink_to(tmp_path / "nowhere")
    _write(tmp_path, NEW_NUMBER, "e.yaml")
    loaded = lay_over(shipped(), tmp_path)
    assert [(refused.path, refused.line) for refused in loaded.refused] == [(f"{n}.yaml", 1) for n in "abcd"]
    reasons = [refused.reason for refused in loaded.refused]
    assert reasons[0] == "not UTF-8 text; save it as UTF-8"
    assert reasons[1].startswith(f"larger than {MAX_BYTES} bytes")
    assert all(reason.startswith("cannot be read: ") for reason in reasons[2:])
    assert loaded.held == ("e.yaml",)


def test_a_broken_file_leaves_the_other_corrections_standing(tmp_path: Path) -> None:
    _write(tmp_path, "by: [", "1-broken.yaml")
    _write(tmp_path, ADDED.replace("[Jefferson]", "[Nowhere]"), "2-wrong.yaml")
    loaded = _laid(tmp_path, NEW_NUMBER, "3-good.yaml")
    assert [refused.path for refused in loaded.refused] == ["1-broken.yaml", "2-wrong.yaml"]
    assert loaded.held == ("3-good.yaml",)
    assert _ky(loaded.facts).value == "+15022222222"


# --- when corrections hold --------------------------------------------------------------------------------------------


def _value(store: FactStore) -> str:
    return _ky(store.current()).value


def test_a_correction_holds_within_two_seconds_and_its_removal_too(tmp_path: Path, clock: Clock) -> None:
    assert LOOK_EVERY <= 2
    store = FactStore(shipped(), tmp_path)
    assert _value(store) == "+18775972331"
    _write(tmp_path, NEW_NUMBER)
    clock.now += 2
    assert _value(store) == "+15022222222"
    _write(tmp_path, NEW_NUMBER.replace("2222'", "2223'").replace("222-2222", "222-2223"))
    clock.now += 2
    assert _value(store) == "+15022222223"
    (tmp_path / "ours.yaml").unlink()
    clock.now += 2
    assert _value(store) == "+18775972331"


def test_a_correction_that_breaks_gives_way_to_the_shipped_fact_and_says_why(
    tmp_path: Path, clock: Clock
) -> None:
    store = FactStore(shipped(), tmp_path)
    _write(tmp_path, NEW_NUMBER)
    assert _value(store) == "+15022222222"
    _write(tmp_path, NEW_NUMBER.replace("502-222-2222", "502-222-2221"))
    clock.now += 2
    assert _value(store) == "+18775972331"
    (refused,) = store.loaded().refused
    assert (refused.path, refused.line) == ("ours.yaml", 4)


def test_the_folder_is_looked_at_once_a_second_and_read_only_when_it_changed(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Path] = []
    reads: list[Path] = []

    def look(folder: Path) -> tuple[object, ...]:
        looks.append(folder)
        return ("the same",)

    def read(facts: Facts, folder: Path) -> Loaded:
        reads.append(folder)
        return Loaded(facts, (), ())

    monkeypatch.setattr("porchlight.facts.overlay._fingerprint", look)
    monkeypatch.setattr("porchlight.facts.overlay.lay_over", read)
    store = FactStore(shipped(), tmp_path)
    for _ in range(100):
        store.current()
    assert (len(looks), len(reads)) == (1, 1)
    clock.now += LOOK_EVERY
    store.current()
    assert (len(looks), len(reads)) == (2, 1)


def test_a_file_being_written_under_a_dot_name_is_not_read(tmp_path: Path) -> None:
    _write(tmp_path, NEW_NUMBER, ".ours.yaml")
    _write(tmp_path, NEW_NUMBER, "ours.yaml~")
    _write(tmp_path, NEW_NUMBER, "ours.txt")
    assert lay_over(shipped(), tmp_path) == Loaded(shipped(), (), ())


def test_a_site_without_the_folder_has_the_shipped_facts(tmp_path: Path) -> None:
    assert FactStore(shipped(), tmp_path / "nowhere").current() is shipped()
    assert FactStore(shipped(), None).current() is shipped()


def test_a_reader_sees_the_old_facts_or_the_new_and_never_a_mixture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two contacts are changed together, over and over, while another thread reads both."""
    monkeypatch.setattr("porchlight.facts.overlay.LOOK_EVERY", 0.0)
    store = FactStore(shipped(), tmp_path)
    mixed, done = [], threading.Event()
    read: set[tuple[WithholdReason | None, WithholdReason | None]] = set()

    def reader() -> None:
        while not done.is_set():
            facts = store.current()
            pair = (_ky(facts).withhold, _ky(facts, "us-ky-portal").withhold)
            read.add(pair)
            if pair[0] is not pair[1]:
                mixed.append(pair)

    thread = threading.Thread(target=reader)
    thread.start()
    for turn in range(40):
        reason = ("recheck", "conflict")[turn % 2]
        both = f"  us-ky-intake:\n    withhold: {reason}\n  us-ky-portal:\n    withhold: {reason}\n"
        _write(tmp_path, f"{HEAD}change:\n{both}", ".next")
        (tmp_path / ".next").replace(tmp_path / "ours.yaml")
        os.utime(tmp_path / "ours.yaml", ns=(turn, turn))
        store.current()
    done.set()
    thread.join()
    assert mixed == []
    assert len(read) >= 2
