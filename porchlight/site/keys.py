"""The site's own secrets: given by its owner, or made once and kept in the data directory."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from porchlight.site.config import Config, ConfigError


def secret_key(config: Config) -> str:
    """Return the key that signs things, making and keeping one (mode 0600) when the owner gave none.

    Raises ConfigError when the given file cannot be read or the data directory cannot be written.
    """
    if config.secret_key:
        return config.secret_key
    if config.secret_key_file is not None:
        return _read(config.secret_key_file)
    path = secret_key_path(config)
    return _read(path) if path.exists() else _make(path)


def secret_key_path(config: Config) -> Path:
    """Where a key that Porchlight made is kept."""
    return config.data_dir / "keys" / "secret_key"


def _read(path: Path) -> str:
    try:
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            [f"PORCHLIGHT_SECRET_KEY_FILE: cannot read {path} ({type(error).__name__})"]
        ) from None
    if len(key) < 32:
        raise ConfigError([f"PORCHLIGHT_SECRET_KEY_FILE: {path} must hold at least 32 characters"])
    return key


def _make(path: Path) -> str:
    """Two processes starting at once must end with one key: whoever links its file first wins."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(50) + "\n")
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    except OSError as error:
        raise ConfigError(
            [
                f"PORCHLIGHT_DATA_DIR: cannot write to {path.parent.parent} ({error.strerror}); set a directory"
                " that this process may write to"
            ]
        ) from None
    return _read(path)
