"""Text alerts: consent, programs, broadcasts, the outbox, carriers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from porchlight.alerts import custody, keyring
from porchlight.alerts.custody import COLUMNS as KEYED_COLUMNS
from porchlight.alerts.custody import Held
from porchlight.alerts.keyring import KeyringError

if TYPE_CHECKING:
    from porchlight.alerts.config import AlertsConfig, Retention

__all__ = ["KEYED_COLUMNS", "Held", "KeyringError", "check_keys", "offered", "retention"]


def offered() -> bool:
    """May people sign up for texts here? Asks no database; False while the settings of texts cannot be read."""
    settings = _settings()
    return settings is not None and settings.offered


def retention() -> Retention | None:
    """How long what we were told is kept; None while the settings of texts cannot be read."""
    settings = _settings()
    return settings.retention if settings is not None else None


def _settings() -> AlertsConfig | None:
    from porchlight.alerts import config
    from porchlight.site.config import ConfigError

    try:
        return config.alerts()
    except ConfigError:
        return None


def check_keys(data_dir: Path, rows: Iterable[Held]) -> None:
    """Raise KeyringError unless the keys in a data directory open what these rows hold. See `custody.check`."""
    custody.check(keyring.folder_in(data_dir), rows)
