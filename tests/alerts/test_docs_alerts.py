"""docs/alerts.md says what is so: every key, every rate, every word that reviewers read, every limit."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest
from django.urls import reverse

from porchlight.alerts import config, consent, programs, replies, rules
from porchlight.alerts.config import Site
from porchlight.alerts.models import Program

NAME = "Community Help Line"
NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)


@pytest.fixture
def text(root: Path) -> str:
    return (root / "docs" / "alerts.md").read_text()


def section(text: str, title: str) -> str:
    """The part under a heading of the second level."""
    begin = text.index(f"\n## {title}\n")
    return text[begin : text.index("\n## ", begin + 4)]


def rows(part: str) -> list[list[str]]:
    """The cells of all tables of a part, without the heads."""
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= {"-", " "}]


def _keys() -> dict[str, object]:
    """Every key of alerts.toml, "retention.inbound_days", with what holds without it."""
    tables: dict[str, type[msgspec.Struct]] = {
        "retention": config._Retention,
        "sign_up": config._SignUp,
        "cost": config._Cost,
        "staff_alarm": config._StaffAlarm,
        "senders": config._Sender,
    }
    found: dict[str, object] = {}
    for field in msgspec.structs.fields(config._File):
        inner = tables.get(field.name)
        if inner is None:
            found[field.name] = field.default
        else:
            found |= {f"{field.name}.{each.name}": each.default for each in msgspec.structs.fields(inner)}
    return found


def test_every_key_of_alerts_toml_is_described_and_no_other(text: str) -> None:
    described = [row[0].strip("`") for row in rows(section(text, "alerts.toml")) if row[0] != "Key"]
    assert sorted(described) == sorted(_keys())


def test_what_holds_without_a_key_is_what_the_table_says(text: str) -> None:
    said = {row[0].strip("`"): row[1].strip("`") for row in rows(section(text, "alerts.toml"))}
    for key, default in _keys().items():
        if isinstance(default, bool):
            assert said[key] == str(default).lower(), key
        elif isinstance(default, (int, str)) and default != "" and key != "senders.api":
            assert said[key] == str(default), key
    assert said["senders.grace"] == str(config._GRACE)


def example(text: str, title: str) -> str:
    """The one alerts.toml that stands under a title."""
    (found,) = re.findall(r"```toml\n(.*?)```", section(text, title), re.DOTALL)
    return str(found)


def test_the_example_of_an_smpp_sender_is_taken_beside_the_rest(text: str, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "smpp_password").write_text("secret\n")
    rest = example(text, "alerts.toml").partition("[[senders]]")[0]
    (tmp_path / config.FILE_NAME).write_text(rest + example(text, "Connect it"))
    settings, _secrets = config.read(Site(tmp_path, "", 8000, "k" * 50), {})
    (sender,) = settings.senders
    assert not sender.is_practice
    assert sender.smpp is not None
    assert (sender.smpp.tls, sender.smpp.system_id, sender.smpp.password) == (True, "helpline", "secret")


def test_the_example_of_alerts_toml_is_taken_as_it_stands(text: str, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "carrier_token").write_text("a token\n")
    (tmp_path / config.FILE_NAME).write_text(example(text, "alerts.toml"))
    settings, secrets = config.read(Site(tmp_path, "https://help.example.org", 8000, "k" * 50), {})
    (sender,) = settings.senders
    assert not sender.is_practice
    assert sender.carrier_handles_stop
    assert secrets == (tmp_path / "keys" / "carrier_token",)
    assert settings.organization == NAME
    assert not settings.any_hour


def test_the_rates_are_those_of_the_rules_with_their_sources_and_doubts(text: str) -> None:
    table = {row[0].strip("`"): row[1:] for row in rows(section(text, "Choose a number")) if row[0] != "kind"}
    assert table == {
        name: [
            f"{known.rate:g}",
            f"{known.burst:g}",
            "" if known.a_day is None else f"{known.a_day:,}",
            known.source,
            known.doubt,
        ]
        for name, known in rules.SENDER_CLASSES.items()
        if name != "practice"
    }


def test_the_words_for_reviewers_are_the_words_that_are_sent(text: str) -> None:
    part = section(text, "Pass the carrier's review")
    shown = set(re.findall(r"^    (.+)$", part, re.MULTILINE))
    first = Program(kind=Program.Kind.ALERTS, names=programs._FIRST_NAMES)
    name, often = consent.program_name(first, "en"), consent.how_often(first, "en")
    assert shown == {
        consent.words(consent.WEB, NAME, "en"),
        replies.join(NAME, name, often, "en"),
        replies.code("123456", NAME, 10, "en"),
        replies.welcome(NAME, [name], often, "en"),
        replies.help_(replies.lines_for(None, NOON), NAME, "help.example.org", "en"),
        replies.stop_confirmed(NAME, "en"),
    }


def test_the_addresses_that_a_carrier_calls_are_the_sites(text: str) -> None:
    for which in ("inbound", "status"):
        path = reverse(f"carrier:{which}", kwargs={"sender_name": "tollfree"})
        assert f"`https://help.example.org{path}`" in text


def test_hours_and_limits_are_those_of_the_rules(text: str) -> None:
    window = rules.WINDOW
    assert (
        f"from {window.opens.hour}:00 to {window.closes.hour}:00, on Sunday from {window.sunday_opens.hour}:00"
        in text
    )
    hours = int(rules.LONGEST_OVERRIDE.total_seconds() // 3600)
    assert f"at most {hours} hours" in text
    assert f"numbers of {rules.REST.days} days and more" in text
    assert "within five\n  minutes" in text
    assert dt.timedelta(minutes=5) == rules.CONFIRM_WITHIN


def test_the_series_are_described_as_they_are(text: str) -> None:
    part = section(text, "Programs and tip series")
    for name in programs.shipped():
        count = len(programs.series(name).tips)
        assert re.search(rf"`{name}`, {count} tips", part), name


def test_nothing_is_promised_of_prices_and_no_price_is_named(text: str) -> None:
    assert "Prices are the carrier's; we know none." in text
    assert not re.search(r"\$ ?\d", text)


def test_every_link_inside_the_page_leads_to_a_heading(text: str) -> None:
    heads = {
        re.sub(r"[^a-z0-9 -]", "", head.lower().replace("`", "")).replace(" ", "-")
        for head in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(#([^)]+)\)", text):
        assert target in heads, target
