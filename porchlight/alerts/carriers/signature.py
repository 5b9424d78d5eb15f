"""The signature by which a Twilio-compatible carrier proves that a webhook is its own.

base64 of the HMAC-SHA1, under the account's token, of the address that it called followed by every form field, sorted
by name, name and value without anything between. A body that is no form is named in the address by its SHA-256.
Sources: twilio.com/docs/usage/security#validating-requests and twilio.com/docs/api/errors/57012. SHA-1 is the carrier's
choice; as a keyed HMAC it is still sound.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

Fields = Iterable[tuple[str, str]]


def sign(url: str, fields: Fields, token: str) -> str:
    """The signature of a call of `url`, the full address with its query, with these form fields."""
    # A field sent twice with one value counts once, as in the carrier's own library.
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def is_signed(url: str, fields: Fields, token: str, signature: str) -> bool:
    """Is `signature` right? Compared in constant time; the carrier may or may not write the usual port of `url`."""
    held = list(fields)
    given = signature.encode()
    # Both are always made and compared, so that time tells nothing.
    matches = [hmac.compare_digest(sign(each, held, token).encode(), given) for each in _spellings(url)]
    return bool(token) and any(matches)


def is_body_named(url: str, body: bytes) -> bool:
    """Does the query of `url` name exactly this body, as `bodySHA256`?"""
    named = parse_qs(urlsplit(url).query).get("bodySHA256", [""])
    return len(named) == 1 and hmac.compare_digest(hashlib.sha256(body).hexdigest(), named[0].lower())


def _spellings(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host, usual = parts.hostname or "", {"https": 443, "http": 80}.get(parts.scheme, 0)
    if ":" in host:
        host = f"[{host}]"
    if parts.port in (None, usual):
        other = host if parts.port else f"{host}:{usual}"
    elif parts.scheme == "https":
        other = host  # the carrier leaves an unusual port of HTTPS out
    else:
        other = parts.netloc
    return url, url.replace(f"//{parts.netloc}", f"//{other}", 1)
