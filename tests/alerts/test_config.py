"""alerts.toml: what a site's owner sets, checked; and practice where there is none."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from porchlight.alerts import config
from porchlight.alerts.config import CarrierKind, Site, UnknownSender
from porchlight.alerts.rules import SENDER_CLASSES
from porchlight.site.config import ConfigError

REAL = """
organization = "County Help Line"
help_contact = "help.example.org or 502-555-0123"

[cost]
ceiling = 50

[[senders]]
name = "tollfree"
number = "+18885550123"
carrier = "http"
kind = "toll_free"
account = "AC0123456789"
auth_token_env = "CARRIER_TOKEN"
cost = 0.0079
"""
TOKEN = {"CARRIER_TOKEN": "a very secret token"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, "https://help.example.org", 8000, "k" * 50)


def read(site: Site, text: str, environ: dict[str, str] | None = None) -> config.AlertsConfig:
    (site.data_dir / config.FILE_NAME).write_text(text)
    return config.read(site, TOKEN if environ is None else environ)[0]


def problems(site: Site, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as wrong:
        read(site, text, environ)
    return "\n".join(wrong.value.problems)


def test_without_a_file_everything_can_be_tried_and_nothing_leaves_the_machine(tmp_path: Path) -> None:
    settings, files = config.read(Site(tmp_path, "", 8100, "k" * 50), {})
    (sender,) = settings.senders
    assert sender.carrier is CarrierKind.PRACTICE
    assert sender.is_practice
    assert settings.is_practice
    assert settings.offered
    assert settings.any_hour
    assert sender.account is not None
    assert sender.account.api == "http://127.0.0.1:8101"
    assert settings.address == "http://127.0.0.1:8100"
    assert files == ()


def test_a_public_site_without_a_real_sender_offers_no_texts(site: Site) -> None:
    assert not config.read(site, {})[0].offered


def test_the_practice_number_belongs_to_nobody(tmp_path: Path) -> None:
    (sender,) = config.read(Site(tmp_path, "", 8000, "k" * 50), {})[0].senders
    assert sender.number[-7:-2] == "55501"


def test_a_real_sender_is_read_with_what_is_usual_for_its_class(site: Site) -> None:
    settings = read(site, REAL)
    sender = settings.sender("tollfree")
    usual = SENDER_CLASSES["toll_free"]
    assert (sender.rate, sender.burst, sender.a_day) == (usual.rate, usual.burst, usual.a_day)
    assert sender.cost == Decimal("0.0079")
    assert settings.cost == config.CostLimits(Decimal(50), Decimal(40))
    assert settings.link_hosts == ("help.example.org",)
    assert settings.offered
    assert not settings.is_practice
    assert not settings.any_hour
    with pytest.raises(UnknownSender):
        settings.sender("practice")


@pytest.mark.parametrize("kind", sorted(set(SENDER_CLASSES) - {"practice"}))
def test_every_class_gives_a_sender_that_can_send(site: Site, kind: str) -> None:
    sender = read(site, REAL.replace("toll_free", kind)).sender("tollfree")
    assert sender.rate > 0
    assert sender.burst >= 1
    assert 0 < sender.grace <= 0.25
    assert sender.rate * sender.grace <= sender.burst / 2


def test_what_is_set_holds_against_what_is_usual(site: Site) -> None:
    sender = read(site, REAL + 'rate = 25\na_day = 9000\nwindow = 5\nweight = 0\n[[senders]]\nname="b"\n'
        'number="12345"\ncarrier="http"\nkind="short_code"\naccount="AC1"\nauth_token_env="CARRIER_TOKEN"\ncost=0\n',
    ).sender("tollfree")  # fmt: skip
    assert (sender.rate, sender.burst, sender.a_day, sender.window, sender.weight) == (25, 25, 9000, 5, 0)


def test_a_token_comes_from_a_file_beside_the_settings(site: Site) -> None:
    (site.data_dir / "token").write_text("from the file\n")
    settings = read(site, REAL.replace('auth_token_env = "CARRIER_TOKEN"', 'auth_token_file = "token"'))
    account = settings.sender("tollfree").account
    assert account is not None
    assert account.token == "from the file"


def test_nothing_that_is_shown_of_the_settings_holds_a_secret(site: Site) -> None:
    assert TOKEN["CARRIER_TOKEN"] not in repr(read(site, REAL))
    assert "k" * 50 not in repr(site)


WRONG = [
    ("orgnization = 'x'", "there is no setting `orgnization`"),
    ("organization = 'x'\n[[senders]]\ntoken = 's3cret'", "there is no setting `token`"),
    ("[[senders]]\nname = 'a'\nnumber = '+15025550100'", "set `carrier`"),
    ("[[senders]]\nname = 'a'\nnumber = '1'\ncarrier = 'pigeon'", "carrier: set one of http, smpp, practice"),
    ("organization = 'x", "is not TOML"),
    ("second_approver_above = 'many'", "second_approver_above: expected `int`"),
    (REAL.replace("+18885550123", "888-555-0123"), "senders.tollfree: number: write it like"),
    (REAL.replace('"tollfree"', '"Toll free"'), "name: use small letters"),
    (REAL.replace("toll_free", "carrier_pigeon"), "kind: set one of 10dlc_charity"),
    (REAL.replace("toll_free", "practice"), "kind: set one of 10dlc_charity"),
    (REAL.replace("cost = 0.0079", ""), "cost: set what one segment costs you"),
    (REAL.replace("ceiling = 50", ""), "cost.ceiling: set the most"),
    (REAL.replace("ceiling = 50", "ceiling = 50\nalarm = 60"), "cost.alarm: set dollars between 0 and the ceiling"),
    (REAL.replace('account = "AC0123456789"', ""), "account: set the account's name"),
    (REAL.replace('auth_token_env = "CARRIER_TOKEN"', ""), "set auth_token_file or auth_token_env"),
    (REAL.replace('auth_token_env = "CARRIER_TOKEN"', 'auth_token_env = "NOT_THERE"'), "variable is not set"),
    (REAL.replace('auth_token_env = "CARRIER_TOKEN"', 'auth_token_file = "nowhere"'), "auth_token_file: cannot be"),
    (REAL + 'api = "http://carrier.example"', "api: set an address that starts with https://"),
    (REAL + "rate = 0", "rate: set how many segments"),
    (REAL + "burst = 0.5", "burst: set at least 1"),
    (REAL + "grace = 0", "grace: set above 0"),
    (REAL + "window = 0", "window: set 1 to 1000"),
    (REAL + "validity = 0", "validity: set 1 to 36000"),
    (REAL + "weight = 0", "give at least one a weight above 0"),
    (REAL + "a_day = -1", "a_day: set segments a day"),
    (REAL.replace('help_contact = "help.example.org or 502-555-0123"', ""), "help_contact: set how people reach you"),
    ("any_hour = true\n" + REAL, "any_hour: only practice may"),
    ("link_hosts = ['https://x.org/']\n" + REAL, "link_hosts: write host names alone"),
    ("[retention]\ninbound_days = 0", "retention.inbound_days: set 1 to 365"),
    ("[retention]\npending_hours = 0", "retention.pending_hours: set 1 to 168"),
    ("[retention]\nstopped_days = 9999", "retention.stopped_days: set 1 to 1830"),
    ("[sign_up]\nall_per_hour = 0", "sign_up: each limit must be at least 1"),
    ("[staff_alarm]\nemails = ['nobody']", "staff_alarm.emails: write addresses"),
    ("[staff_alarm]\nnumbers = ['5025550123']", "staff_alarm.numbers: write them like"),
    ("second_approver_above = -1", "second_approver_above: set how many"),
    ("organization = ''", "organization: give the name"),
    ("organization = 'Child Abuse Hotline'", "organization: choose a name that does not tell"),
    ("organization = 'Human Trafficking Line'", "organization: choose a name that does not tell"),
    (REAL + "[[senders]]\nname = 'p'\nnumber = '+15025550100'\ncarrier = 'practice'", "cannot stand together"),
    (REAL + REAL[REAL.index("[[senders]]") :], "tollfree is the name of two"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said for _text, said in WRONG])
def test_what_is_wrong_is_said_with_what_to_set(site: Site, text: str, said: str) -> None:
    told = problems(site, text)
    assert said in told
    assert all(line.startswith("alerts.toml: ") for line in told.splitlines())
    assert "s3cret" not in told


def test_every_problem_is_told_at_once(site: Site) -> None:
    told = problems(site, REAL.replace("ceiling = 50", "").replace("cost = 0.0079", "rate = -1"))
    assert len(told.splitlines()) >= 3


def test_a_real_sender_needs_a_public_address_where_its_carrier_calls_us(tmp_path: Path) -> None:
    local = Site(tmp_path, "", 8000, "k" * 50)
    assert "PORCHLIGHT_PUBLIC_URL" in problems(local, REAL)
    assert not read(local, SMPP, PASSWORD).is_practice


# --- SMPP ---

SMPP = """
help_contact = "help.example.org"

[cost]
ceiling = 50

[[senders]]
name = "code"
number = "12345"
carrier = "smpp"
kind = "short_code"
cost = 0.01
host = "smpp.example.org"
port = 2776
tls = true
system_id = "countyline"
password_env = "SMPP_PASSWORD"
"""
PASSWORD = {"SMPP_PASSWORD": "s3cret12"}


def smpp_of(settings: config.AlertsConfig) -> config.Smpp:
    (sender,) = settings.senders
    assert sender.account is None
    assert sender.smpp is not None
    return sender.smpp


def test_an_smpp_sender_is_read_with_what_is_usual(site: Site) -> None:
    assert smpp_of(read(site, SMPP, PASSWORD)) == config.Smpp(
        host="smpp.example.org",
        port=2776,
        tls=True,
        ca_file=None,
        system_id="countyline",
        password="s3cret12",
        system_type="",
        coding=config.Coding.GSM,
        long_text=config.LongText.UDH,
        receipt_ids=config.ReceiptIds.SAME,
        binds=1,
        enquire=30,
        timeout=10,
    )


def test_the_ways_of_an_smpp_carrier_are_set(site: Site) -> None:
    (site.data_dir / "ca.pem").write_text("a certificate")
    (site.data_dir / "password").write_text("from a f\n")
    ways = (
        'coding = "latin1"\nlong_text = "sar"\nreceipt_ids = "hex"\nbinds = 4\nenquire = 50\ntimeout = 5\n'
        'system_type = "SMPP"\nca_file = "ca.pem"\n'
    )
    text = SMPP.replace('password_env = "SMPP_PASSWORD"', 'password_file = "password"') + ways
    smpp = smpp_of(read(site, text, {}))
    assert (smpp.coding, smpp.long_text, smpp.receipt_ids) == ("latin1", "sar", "hex")
    assert (smpp.binds, smpp.enquire, smpp.timeout, smpp.system_type) == (4, 50, 5, "SMPP")
    assert (smpp.ca_file, smpp.password) == (site.data_dir / "ca.pem", "from a f")


def test_an_smpp_password_is_never_shown(site: Site) -> None:
    assert "s3cret12" not in repr(read(site, SMPP, PASSWORD))
    told = problems(site, SMPP, {"SMPP_PASSWORD": "s3cret12-too-long"})
    assert "password: SMPP carries at most 8" in told
    assert "s3cret12" not in told


@pytest.mark.parametrize("tls", [False, True])
def test_practice_over_smpp_stays_on_this_machine(
    tmp_path: Path, tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMPP_PORT", raising=False)
    text = f"[[senders]]\nname='p'\nnumber='+15025550100'\ncarrier='practice-smpp'\ntls={str(tls).lower()}\nbinds=2"
    settings = read(Site(tmp_path, "", 8100, "k" * 50), text)
    smpp = smpp_of(settings)
    assert settings.is_practice
    assert (smpp.host, smpp.port, smpp.tls, smpp.binds) == ("127.0.0.1", 8102 + tls, tls, 2)
    assert smpp.ca_file == (tmp_path / "practice-carrier.pem" if tls else None)
    assert smpp.password == config.practice_smpp_password("k" * 50)
    assert config.practice_token("k" * 50).startswith(smpp.password)
    assert len(smpp.password) == 8
    monkeypatch.setenv("SMPP_PORT", "2775")
    assert smpp_of(read(Site(tmp_path, "", 8100, "k" * 50), text)).port == 2775 + tls


PRACTICE_SMPP = "[[senders]]\nname='p'\nnumber='+15025550100'\ncarrier='practice-smpp'\n"
WRONG_SMPP = [
    (SMPP.replace('"smpp.example.org"', '"smpp://x"'), "senders.code: host: set the carrier's host"),
    (SMPP.replace("2776", "0"), "senders.code: port: set the carrier's port"),
    (SMPP.replace("tls = true", ""), "senders.code: tls: set true"),
    (SMPP.replace('"countyline"', '""'), "senders.code: system_id: set the name"),
    (SMPP.replace("countyline", "a-very-long-system-id"), "senders.code: system_id: set at most 15"),
    (SMPP.replace('password_env = "SMPP_PASSWORD"', ""), "senders.code: set password_file or password_env"),
    (SMPP.replace("SMPP_PASSWORD", "NOT_THERE"), "senders.code: password_env: the environment variable"),
    (SMPP + "system_type = 'thirteen-char'", "senders.code: system_type: set at most 12"),
    (SMPP + "ca_file = 'nowhere.pem'", "senders.code: ca_file: is not there"),
    (SMPP.replace("tls = true", "tls = false") + "ca_file = 'x'", "senders.code: ca_file: is only for tls"),
    (SMPP + "binds = 0", "senders.code: binds: set 1 to 32"),
    (SMPP + "binds = 5\nwindow = 4", "senders.code: binds: set 1 to 32"),
    (SMPP + "enquire = 0", "senders.code: enquire: set 1 to 600"),
    (SMPP + "timeout = 61", "senders.code: timeout: set up to 60"),
    (SMPP + "coding = 'ebcdic'", "coding: set one of gsm, latin1"),
    (SMPP + "long_text = 'x'", "long_text: set one of udh, sar, payload"),
    (SMPP + "receipt_ids = 'x'", "receipt_ids: set one of same, hex, decimal"),
    (REAL + "system_id = 'x'", "senders.tollfree: system_id: is only for carrier"),
    (REAL + "binds = 2", "senders.tollfree: binds: is only for carrier"),
    (PRACTICE_SMPP + "host = 'smpp.example.org'", "senders.p: host: is only for carrier"),
    (PRACTICE_SMPP + "password_env = 'X'", "senders.p: password_env: is only for carrier"),
]


@pytest.mark.parametrize(("text", "said"), WRONG_SMPP, ids=[said for _text, said in WRONG_SMPP])
def test_what_is_wrong_with_smpp_is_said_with_what_to_set(site: Site, text: str, said: str) -> None:
    assert said in problems(site, text, PASSWORD | TOKEN)


@pytest.fixture
def in_force(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(
        config, "_this_site", lambda: Site(tmp_path, "https://help.example.org", 8000, "k" * 50)
    )
    monkeypatch.setattr(config, "_kept", None)
    monkeypatch.setitem(os.environ, "CARRIER_TOKEN", "one")
    return tmp_path / config.FILE_NAME


def touch_later(path: Path) -> None:
    """Give a file a later time, however coarse the file system's clock is."""
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))


def test_a_change_holds_without_a_restart(in_force: Path) -> None:
    in_force.write_text(REAL)
    assert config.alerts().organization == "County Help Line"
    assert config.alerts() is config.alerts()
    in_force.write_text(REAL.replace("County", "Valley"))
    touch_later(in_force)
    assert config.alerts().organization == "Valley Help Line"


def test_a_changed_token_file_holds_without_a_restart(in_force: Path) -> None:
    (in_force.parent / "token").write_text("old")
    in_force.write_text(REAL.replace('auth_token_env = "CARRIER_TOKEN"', 'auth_token_file = "token"'))
    account = config.sender("tollfree").account
    assert account is not None
    assert account.token == "old"
    (in_force.parent / "token").write_text("new")
    touch_later(in_force.parent / "token")
    account = config.sender("tollfree").account
    assert account is not None
    assert account.token == "new"


def test_a_file_that_becomes_wrong_stops_nothing_and_is_told(in_force: Path) -> None:
    in_force.write_text(REAL)
    held = config.alerts()
    in_force.write_text("organization = 'half a li")
    touch_later(in_force)
    assert config.alerts() == held
    (told,) = config.refused()
    assert "is not TOML" in told
    in_force.write_text(REAL)
    touch_later(in_force)
    touch_later(in_force)
    assert config.refused() == ()


def test_a_file_that_is_wrong_at_the_start_stops_the_start(in_force: Path) -> None:
    in_force.write_text("nonsense")
    with pytest.raises(ConfigError):
        config.alerts()
