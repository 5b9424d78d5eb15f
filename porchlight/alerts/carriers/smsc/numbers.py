"""Numbers as SMPP writes them, and as the telephones do: E.164 with a plus, or the digits of a short code."""

from __future__ import annotations

from porchlight.alerts.carriers.smpp.pdu import Address

_INTERNATIONAL, _NETWORK, _ISDN = 1, 3, 1  # ton, ton, npi (SMPP 3.4, 5.2.5 and 5.2.6)
_LONGEST_SHORT_CODE = 8


def read(address: Address) -> str:
    """The number that an address means. Nothing is checked here."""
    digits = address.digits
    if digits.startswith("+"):
        return digits
    if address.ton == _INTERNATIONAL or len(digits) > _LONGEST_SHORT_CODE:
        return "+" + digits
    return digits


def write(number: str) -> Address:
    """The address of a number."""
    if number.startswith("+"):
        return Address(_INTERNATIONAL, _ISDN, number[1:])
    return Address(_NETWORK, 0, number)
