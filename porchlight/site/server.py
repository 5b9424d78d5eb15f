"""Run the site with granian, its log kept to the allow-list like ours."""

from __future__ import annotations

from granian import Granian
from granian.constants import Interfaces

from porchlight.site import config, journal, keys

# Threads of one worker: enough that a slow reader does not hold up the next person.
_THREADS = 4


def serve(host: str, port: int) -> int:
    """Serve until told to stop. Raises ConfigError, before anything listens, when a setting needs to change."""
    settings = config.read()
    keys.secret_key(settings)
    Granian(
        "porchlight.site.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=_THREADS,
        websockets=False,
        respawn_failed_workers=True,
        log_dictconfig=journal.LOGGING,
        log_access=False,
    ).serve()
    return 0
