"""What the people who run a site may set, read from the environment once, typed and checked at start."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from porchlight.places.jurisdictions import NAMES

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}
_HOST = re.compile(r"(\*|\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])")


@dataclass(frozen=True)
class Database:
    """Where the site's database is: a SQLite file (`path`) or a PostgreSQL server (the rest)."""

    kind: str
    path: Path | None = None
    name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MailServer:
    """Where e-mail leaves: `scheme` is smtps (encrypted from the start), starttls, or smtp (in the clear)."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str


class ConfigError(Exception):
    """The environment cannot be used; `problems` says, one line each, what to set."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def read(environ: Mapping[str, str] | None = None) -> Config:
    """Read every PORCHLIGHT_ setting from `environ` (the process's own when None).

    Raises ConfigError naming all problems at once, unknown PORCHLIGHT_ names (misspellings) among them.
    """
    environ = os.environ if environ is None else environ
    problems: list[str] = []
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = environ.get(setting.name, "")
        try:
            values[setting.field] = setting.parse(text or setting.default)
        except ValueError as error:
            problems.append(f"{setting.name}: {error}")
    known = {setting.name for setting in SETTINGS} | _NOT_SETTINGS
    problems += [
        f"{name}: there is no such setting; see docs/running.md"
        for name in sorted(environ)
        if name.startswith("PORCHLIGHT_") and name not in known
    ]
    if not problems and values["secret_key"] and values["secret_key_file"]:
        problems.append("PORCHLIGHT_SECRET_KEY: set this or PORCHLIGHT_SECRET_KEY_FILE, not both")
    if problems:
        raise ConfigError(problems)
    return Config(**values)


def _setting(name: str, default: str, parse: Callable[[str], Any], doc: str, shown: str = "") -> Any:
    return field(metadata={"name": name, "default": default, "parse": parse, "doc": doc, "shown": shown})


def _text(text: str) -> str:
    if any(ord(character) < 32 for character in text):
        raise ValueError("must not hold line breaks or control characters")
    return text.strip()


def _site_name(text: str) -> str:
    name = _text(text)
    if not 1 <= len(name) <= 60:
        raise ValueError("give a name of 1 to 60 characters")
    return name


def _flag(text: str) -> bool:
    try:
        return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
    except KeyError:
        raise ValueError(f"set 1 or 0, not {text!r}") from None


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise ValueError(f"set a whole number from 1 to 64, not {text!r}")
    return int(text)


def _directory(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is not a directory; set a directory that this process may write to")
    return path


def _optional_file(text: str) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(host.strip() for host in text.split(",") if host.strip())
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise ValueError(
                f"{host!r} is not a host name; set names like help.example.org, separated by commas"
            )
    if not hosts:
        raise ValueError("set at least one host name")
    return hosts


def _jurisdiction(text: str) -> str:
    if text not in NAMES:
        raise ValueError(f"set the code of one of the {len(NAMES)} jurisdictions, like US-KY, not {text!r}")
    return text


def _https_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(f"set an address that starts with https://, not {text!r}")
    return text


def _optional_https_address(text: str) -> str:
    return _https_address(text).rstrip("/") if text else ""


def _secret(text: str) -> str:
    if text and len(text) < 32:
        raise ValueError("must be at least 32 characters; leave it unset and Porchlight makes one")
    return text


def _database(text: str) -> Database | None:
    """None means: SQLite, in the data directory. The address itself may hold a password, so no error repeats it."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = str(parts.port or "")
    except ValueError:
        raise ValueError(
            "is not an address; set sqlite:///FILE or postgres://USER:PASSWORD@HOST/NAME"
        ) from None
    if parts.scheme == "sqlite" and len(parts.path) > 1 and not parts.netloc:
        return Database("sqlite", path=Path(unquote(parts.path[1:])).expanduser().absolute())
    if parts.scheme in {"postgres", "postgresql"} and len(parts.path) > 1:
        options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return Database(
            "postgresql",
            name=unquote(parts.path[1:]),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            host=options.pop("host", "") or (parts.hostname or ""),
            port=port,
            options=tuple(sorted(options.items())),
        )
    raise ValueError(
        "set sqlite:///FILE (four slashes for a full path) or postgres://USER:PASSWORD@HOST/NAME"
    )


_MAIL_PORTS = {"smtp": 25, "starttls": 587, "smtps": 465}


def _mail_server(text: str) -> MailServer | None:
    """None means: no e-mail leaves. The address may hold a password, so no error repeats it."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is not an address; set smtps://USER:PASSWORD@HOST") from None
    if parts.scheme not in _MAIL_PORTS or not parts.hostname or parts.path.strip("/"):
        raise ValueError("set smtps://USER:PASSWORD@HOST, starttls://… or smtp://…")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password and parts.scheme == "smtp" and parts.hostname not in _THIS_MACHINE:
        raise ValueError("a password must not travel in the clear; set smtps:// or starttls://")
    given = parse_qs(parts.query)
    sender = given.pop("from", [user])[-1]
    if given or not _EMAIL.fullmatch(sender):
        raise ValueError("say whom e-mail is from: add ?from=name@example.org")
    return MailServer(parts.scheme, parts.hostname, port or _MAIL_PORTS[parts.scheme], user, password, sender)


@dataclass(frozen=True)
class Config:
    """The settings of one site, checked. `docs/running.md` describes each; a test holds the two together."""

    data_dir: Path = _setting(
        "PORCHLIGHT_DATA_DIR",
        "data",
        _directory,
        "Directory for everything this site keeps: database, overlay facts, keys. Back this up.",
    )
    database_given: Database | None = _setting(
        "PORCHLIGHT_DATABASE_URL",
        "",
        _database,
        "`sqlite:///FILE` or `postgres://USER:PASSWORD@HOST/NAME`.",
        "SQLite, in the data directory",
    )
    secret_key: str = _setting(
        "PORCHLIGHT_SECRET_KEY",
        "",
        _secret,
        "Secret of at least 32 characters that signs things.",
        "made at first start, kept in the data directory",
    )
    secret_key_file: Path | None = _setting(
        "PORCHLIGHT_SECRET_KEY_FILE",
        "",
        _optional_file,
        "File that holds the secret, instead of PORCHLIGHT_SECRET_KEY.",
        "`keys/secret_key` in the data directory",
    )
    hosts: tuple[str, ...] = _setting(
        "PORCHLIGHT_HOSTS",
        "localhost,127.0.0.1,[::1]",
        _hosts,
        "Host names this site answers to, separated by commas; this machine's own always work.",
    )
    home: str = _setting(
        "PORCHLIGHT_HOME",
        "US-KY",
        _jurisdiction,
        "The jurisdiction whose number the home page shows first.",
    )
    site_name: str = _setting(
        "PORCHLIGHT_SITE_NAME", "Porchlight", _site_name, "The name at the top of each page."
    )
    exit_url: str = _setting(
        "PORCHLIGHT_EXIT_URL",
        "https://www.weather.gov/",
        _https_address,
        "Where “Leave now” goes. Choose a page that nobody would ask about.",
    )
    neutral_titles: bool = _setting(
        "PORCHLIGHT_NEUTRAL_TITLES",
        "0",
        _flag,
        "Show only the site's name in titles, and a plain icon, so that a browser's tabs and history tell less.",
    )
    public_url: str = _setting(
        "PORCHLIGHT_PUBLIC_URL",
        "",
        _optional_https_address,
        "The site's address as the world sees it, `https://help.example.org`. Text alerts need it: links in texts and"
        " the signatures of carriers are made with it. Setting it also makes staff cookies travel by HTTPS only.",
    )
    mail_server: MailServer | None = _setting(
        "PORCHLIGHT_EMAIL_URL",
        "",
        _mail_server,
        "`smtps://USER:PASSWORD@HOST`, `starttls://…` or `smtp://…`, with `?from=name@example.org` where USER is no"
        " address. E-mail to staff (`staff_alarm.emails` of alerts.toml) leaves by it.",
        "no e-mail leaves",
    )
    workers: int = _setting("PORCHLIGHT_WORKERS", "1", _count, "Processes that answer at the same time.")
    debug: bool = _setting(
        "PORCHLIGHT_DEBUG",
        "0",
        _flag,
        "For developers only. Even then no log holds what a visitor sent.",
    )

    @property
    def is_public(self) -> bool:
        """Is this a site that people reach by HTTPS, and not a trial on one machine?"""
        return bool(self.public_url)

    @property
    def database(self) -> Database:
        """The database in use: the one given, else SQLite in the data directory."""
        return self.database_given or Database("sqlite", path=self.data_dir / "porchlight.sqlite3")


@dataclass(frozen=True)
class Setting:
    """One line of the table in docs/running.md; `shown` words the default where the value itself would not tell."""

    name: str
    field: str
    kind: str
    default: str
    shown: str
    parse: Callable[[str], Any]
    doc: str


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(field=each.name, kind=str(each.type), **each.metadata) for each in fields(Config)
)

# Read by the tests and by ./run, not by the site.
_NOT_SETTINGS = {"PORCHLIGHT_TEST_BROWSER"}
