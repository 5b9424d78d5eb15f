"""The practice SMSC of a site: whose accounts, which ports and which certificate its settings say."""

from __future__ import annotations

from porchlight.alerts import config
from porchlight.alerts.carriers.practice import Telephones
from porchlight.alerts.carriers.smsc import certificate
from porchlight.alerts.carriers.smsc.counter import Account
from porchlight.alerts.carriers.smsc.record import Record
from porchlight.alerts.carriers.smsc.server import Smsc
from porchlight.alerts.config import AlertsConfig, CarrierKind, Coding


def accounts(settings: AlertsConfig) -> list[Account]:
    """The accounts of the site's practice senders by SMPP; none where nothing is practised."""
    if not settings.offered:
        return []
    passwords: dict[str, str] = {}
    numbers: dict[str, dict[str, Coding]] = {}
    for each in settings.senders:
        if each.carrier is CarrierKind.PRACTICE_SMPP and each.smpp is not None:
            passwords[each.smpp.system_id] = each.smpp.password
            numbers.setdefault(each.smpp.system_id, {})[each.number] = each.smpp.coding
    return [Account(name, password, numbers[name]) for name, password in passwords.items()]


def listen(
    telephones: Telephones,
    known: list[Account],
    *,
    port: int | None = None,
    tls_port: int | None = None,
    record: Record | None = None,
    any_number: bool = False,
) -> Smsc:
    """Listen where the site looks for its practice carrier, or on other ports (0: any free one). Raises OSError."""
    from django.conf import settings

    plain = config.practice_smpp_port() if port is None else port
    return Smsc(
        telephones,
        known,
        port=plain,
        tls=certificate.context(settings.CONFIG.data_dir),
        tls_port=(plain + 1 if plain else 0) if tls_port is None else tls_port,
        record=record,
        any_number=any_number,
    )


def token() -> str:
    """The password of this site, and of tests that change how the carrier behaves."""
    from django.conf import settings

    return config.practice_token(settings.SECRET_KEY)


def problem(error: OSError) -> str:
    """What stands in the way, for whoever started it."""
    return f"the SMPP carrier cannot start ({error.strerror}); if its port is taken, set SMPP_PORT"
