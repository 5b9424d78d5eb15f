"""The practice carrier's own certificate: for this machine's names alone, kept in the data directory."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FILE_NAME, KEY_NAME = "practice-carrier.pem", "practice-carrier.key.pem"
_LASTS, _RENEWED = dt.timedelta(days=730), dt.timedelta(days=30)


def context(directory: Path) -> ssl.SSLContext:
    """What a server of this machine needs to speak TLS; the certificate is made when there is none that will do.

    Clients trust exactly the certificate in `directory`/practice-carrier.pem. Raises OSError when it cannot be kept.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        _check(directory / FILE_NAME)
        made.load_cert_chain(directory / FILE_NAME, directory / KEY_NAME)
    except (OSError, ValueError):  # none yet, a broken one, or one that ends soon
        _make(directory)
        made.load_cert_chain(directory / FILE_NAME, directory / KEY_NAME)
    return made


def _check(path: Path) -> None:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    if certificate.not_valid_after_utc < dt.datetime.now(dt.UTC) + _RENEWED:
        raise ValueError("it ends soon")


def _make(directory: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(directory / KEY_NAME, private, 0o600)
    _write(directory / FILE_NAME, _signed(key).public_bytes(serialization.Encoding.PEM), 0o644)


def _signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Porchlight practice carrier")])
    now = dt.datetime.now(dt.UTC)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    names = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(own, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False)
        .sign(key, hashes.SHA256())
    )


def _write(path: Path, octets: bytes, mode: int) -> None:
    """Whole or not at all: a client may read it in this very moment."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(file, "wb") as out:
        out.write(octets)
    new.replace(path)
