"""Settings are typed, checked together, and say what to set."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from porchlight.site import config, keys


def test_with_nothing_set_the_site_is_for_kentucky_on_this_machine_only() -> None:
    settings = config.read({})
    assert settings.home == "US-KY"
    assert settings.hosts == ("localhost", "127.0.0.1", "[::1]")
    assert settings.database == config.Database("sqlite", path=Path("data/porchlight.sqlite3").absolute())
    assert (settings.debug, settings.neutral_titles, settings.workers) == (False, False, 1)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORCHLIGHT_HOME", "Kentucky", "like US-KY"),
        ("PORCHLIGHT_HOME", "US-XX", "one of the 56 jurisdictions"),
        ("PORCHLIGHT_HOSTS", "https://help.example.org", "set names like help.example.org"),
        ("PORCHLIGHT_HOSTS", " , ", "set at least one host name"),
        ("PORCHLIGHT_DEBUG", "maybe", "set 1 or 0"),
        ("PORCHLIGHT_NEUTRAL_TITLES", "2", "set 1 or 0"),
        ("PORCHLIGHT_WORKERS", "0", "from 1 to 64"),
        ("PORCHLIGHT_EXIT_URL", "javascript:alert(1)", "https://"),
        ("PORCHLIGHT_SECRET_KEY", "short", "at least 32 characters"),
        ("PORCHLIGHT_SITE_NAME", "x" * 61, "1 to 60 characters"),
        ("PORCHLIGHT_SITE_NAME", "a\nb", "control characters"),
        ("PORCHLIGHT_DATABASE_URL", "mysql://host/name", "postgres://"),
        ("PORCHLIGHT_DATABASE_URL", "postgres://host:port/name", "postgres://"),
        ("PORCHLIGHT_DATABASE_URL", "postgres://host", "postgres://"),
        ("PORCHLIGHT_DATABASE_URL", "sqlite://", "sqlite:///FILE"),
        ("PORCHLIGHT_EMAIL_URL", "mail.example.org", "smtps://"),
        ("PORCHLIGHT_EMAIL_URL", "https://mail.example.org", "smtps://"),
        ("PORCHLIGHT_EMAIL_URL", "smtps://me@mail.example.org:port", "smtps://"),
        ("PORCHLIGHT_EMAIL_URL", "smtps://me:word@mail.example.org", "?from="),
        ("PORCHLIGHT_EMAIL_URL", "smtps://mail.example.org?form=me@example.org", "?from="),
        ("PORCHLIGHT_EMAIL_URL", "smtp://me%40example.org:word@mail.example.org", "in the clear"),
        ("PORCHLIGHT_DATA_DIR", __file__, "is not a directory"),
        ("PORCHLIGHT_HOEM", "US-KY", "no such setting"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_set(name: str, value: str, says: str) -> None:
    with pytest.raises(config.ConfigError) as refused:
        config.read({name: value})
    assert len(refused.value.problems) == 1
    assert refused.value.problems[0].startswith(f"{name}: ")
    assert says in refused.value.problems[0]


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(config.ConfigError) as refused:
        config.read({"PORCHLIGHT_HOME": "x", "PORCHLIGHT_DEBUG": "x"})
    assert len(refused.value.problems) == 2


def test_a_password_in_a_wrong_database_address_is_not_repeated() -> None:
    with pytest.raises(config.ConfigError) as refused:
        config.read({"PORCHLIGHT_DATABASE_URL": "postgres://me:hunter2@host:x/name"})
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(config.read({"PORCHLIGHT_DATABASE_URL": "postgres://me:hunter2@host/name"}))


@pytest.mark.parametrize(
    ("address", "server"),
    [
        (
            "smtps://duty%40example.org:p%2Fw@mail.example.org",
            ("smtps", "mail.example.org", 465, "duty@example.org", "p/w", "duty@example.org"),
        ),
        (
            "starttls://duty:word@mail.example.org:2525?from=duty@example.org",
            ("starttls", "mail.example.org", 2525, "duty", "word", "duty@example.org"),
        ),
        (
            "smtp://localhost?from=duty@example.org",
            ("smtp", "localhost", 25, "", "", "duty@example.org"),
        ),
    ],
)
def test_a_mail_server_is_told_in_one_address(
    address: str, server: tuple[str, str, int, str, str, str]
) -> None:
    assert config.read({"PORCHLIGHT_EMAIL_URL": address}).mail_server == config.MailServer(*server)
    assert config.read({}).mail_server is None


@pytest.mark.parametrize("rest", ["@host:x", "@mail.example.org", "@mail.example.org/path"])
def test_a_mail_servers_password_is_never_repeated(rest: str) -> None:
    with pytest.raises(config.ConfigError) as refused:
        config.read({"PORCHLIGHT_EMAIL_URL": f"smtp://me:hunter2{rest}"})
    assert "hunter2" not in str(refused.value)
    good = config.read({"PORCHLIGHT_EMAIL_URL": "smtps://me%40example.org:hunter2@mail.example.org"})
    assert "hunter2" not in repr(good)


def test_a_postgresql_address_may_name_a_socket_and_options() -> None:
    url = "postgres://me%40x:p%2Fw@/name?host=/run/pg&sslmode=require"
    database = config.read({"PORCHLIGHT_DATABASE_URL": url}).database
    assert (database.user, database.password, database.host) == ("me@x", "p/w", "/run/pg")
    assert database.options == (("sslmode", "require"),)


def test_a_key_and_a_key_file_together_are_refused() -> None:
    with pytest.raises(config.ConfigError, match="not both"):
        config.read({"PORCHLIGHT_SECRET_KEY": "k" * 40, "PORCHLIGHT_SECRET_KEY_FILE": "key"})


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = config.read({"PORCHLIGHT_DATA_DIR": str(tmp_path / "new")})
    key = keys.secret_key(settings)
    assert len(key) >= 50
    assert keys.secret_key(settings) == key
    assert stat.S_IMODE(keys.secret_key_path(settings).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new" / "keys").iterdir()] == ["secret_key"]


def test_a_key_from_a_file_is_used(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    assert keys.secret_key(config.read({"PORCHLIGHT_SECRET_KEY_FILE": str(tmp_path / "key")})) == "k" * 40


@pytest.mark.parametrize("content", [None, "short"])
def test_a_key_file_that_is_absent_or_too_short_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    with pytest.raises(config.ConfigError, match="PORCHLIGHT_SECRET_KEY_FILE"):
        keys.secret_key(config.read({"PORCHLIGHT_SECRET_KEY_FILE": str(tmp_path / "key")}))


def test_a_data_directory_that_cannot_be_made_is_refused_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(config.ConfigError, match="PORCHLIGHT_DATA_DIR"):
        keys.secret_key(config.read({"PORCHLIGHT_DATA_DIR": str(tmp_path / "file" / "below")}))
