"""The carrier that is not ours (`carrier.js`), as a process of its own: its npm package is installed for the tests."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import shutil
import signal
import subprocess
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = Path(__file__).parent


def installed(session: Path) -> Path:
    """The carrier's program with its package, in a folder of `session`; the same one when asked again."""
    folder = session / "stranger"
    if not folder.exists():
        folder.mkdir()
        for name in ("carrier.js", "package.json"):
            shutil.copy(HERE / name, folder)
        quietly = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(["npm", "install", "--prefix", str(folder), *quietly], check=True, timeout=120)
    return folder / "carrier.js"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two files in PEM. A client trusts the certificate itself: nobody else signed it."""

    key: Path
    certificate: Path


def certificate(key: Path, path: Path) -> Certificate:
    """A new one for 127.0.0.1, its key in `key` and the certificate in `path`."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A stranger")])
    now = dt.datetime.now(dt.UTC)
    own = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(own, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False)
        .sign(private, hashes.SHA256())
    )
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return Certificate(key, path)


class Stranger:
    """The carrier, running until `close`. Numbers are E.164."""

    def __init__(
        self,
        program: Path,
        system_id: str,
        password: str,
        *,
        port: int = 0,
        receipt_ids: str = "hex",
        tls: Certificate | None = None,
    ) -> None:
        """`port` 0: any free one. `receipt_ids`, "hex" or "decimal": answers are always hexadecimal."""
        files = [str(tls.key), str(tls.certificate)] if tls else []
        self._process = subprocess.Popen(
            ["node", str(program), system_id, password, str(port), receipt_ids, *files],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._out = self._process.stdout
        ports: dict[str, int] = json.loads(self._out.readline())
        self.port = ports["smpp"]
        self._control = f"http://127.0.0.1:{ports['control']}"

    def texts(self) -> list[dict[str, Any]]:
        """Every text it took whole, oldest first: ids, from, to, words, segments, coding, receipted."""
        found: list[dict[str, Any]] = self._ask("/texts")
        return found

    def said(self) -> list[dict[str, str]]:
        """Every text of a telephone that was acknowledged, all its parts: from, to, words."""
        found: list[dict[str, str]] = self._ask("/said")
        return found

    def counts(self) -> dict[str, int]:
        """What went over the wire: binds, submits, receipts, receiptsAcknowledged, said, saidAcknowledged."""
        found: dict[str, int] = self._ask("/counts")
        return found

    def say(self, source: str, to: str, words: str) -> None:
        """A telephone sends words to our number."""
        self._ask("/say", {"from": source, "to": to, "words": words})

    def dawdle(self, seconds: float) -> None:
        """Answer texts so late from now on."""
        self._ask("/dawdle", {"seconds": seconds})

    def cut(self) -> None:
        """Every connection is cut, whatever is on it."""
        self._ask("/cut", {})

    def close(self) -> None:
        """End it. It has nothing to finish."""
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()
        self._out.close()

    def _ask(self, path: str, body: dict[str, str | float] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self._control + path, data, timeout=10) as answer:
            return json.load(answer)
