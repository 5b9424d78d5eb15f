"""`porchlight carrier` and `porchlight phone` by SMPP, as processes; with a client that is not ours."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import smpplib.client
import smpplib.consts

from porchlight.alerts.carriers.smsc import certificate, record
from tests.alerts.esme import OURS, PHONE, bound, named, text

PASSWORD = "s3cret"  # the one of tests.alerts.esme


@contextmanager
def carrier(directory: Path, *options: str) -> Iterator[tuple[int, int, subprocess.Popen[str]]]:
    """A carrier that stands alone: its port, its port with TLS, its process."""
    (directory / "password").write_text(PASSWORD + "\n")
    command = [sys.executable, "-m", "porchlight", "carrier", "--port", "0", "--delay", "0"]
    environment = {**os.environ, "PORCHLIGHT_DATA_DIR": str(directory)}
    with subprocess.Popen(
        [*command, "--password-file", str(directory / "password"), *options],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            assert process.stdout is not None
            ports = re.findall(r":(\d+)", process.stdout.readline())
            assert len(ports) == 2
            yield int(ports[0]), int(ports[1]), process
        finally:
            process.terminate()


def test_it_stands_alone_keeps_a_record_and_ends_when_told(tmp_path: Path) -> None:
    path = tmp_path / "record"
    with carrier(tmp_path, "--record", str(path)) as (port, tls_port, process):
        with bound(port) as esme, bound(tls_port, tmp_path / certificate.FILE_NAME) as safe:
            names = [named(esme.submit(text())), named(safe.submit(text(ours="+15025550177")))]
            esme.receipt()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert [each.id for each in record.read(path) if each.what == "taken"] == names


def test_a_killed_carrier_s_record_holds_what_it_answered_and_no_name_comes_twice(tmp_path: Path) -> None:
    path, names = tmp_path / "record", []
    for _ in range(2):
        with carrier(tmp_path, "--record", str(path)) as (port, _tls, process), bound(port) as esme:
            names += [named(esme.submit(text(registered_delivery=0))) for _ in range(20)]
            process.kill()
            process.wait()
    assert [each.id for each in record.read(path)] == names
    assert len(set(names)) == 40


def test_habits_are_changed_and_texts_typed_on_its_page(tmp_path: Path, free_port: int) -> None:
    with carrier(tmp_path, "--phone-port", str(free_port)) as (port, _tls, _process), bound(port) as esme:
        # The page opens a moment after SMPP does.
        transport = httpx.HTTPTransport(retries=8)
        page = httpx.Client(base_url=f"http://127.0.0.1:{free_port}", transport=transport, trust_env=False)
        with page:
            assert esme.submit(text(registered_delivery=0)).status == 0
            auth = ("practice", PASSWORD)
            changed = page.post("/practice/habits", data={"queue_full_share": "1"}, auth=auth)
            assert changed.json()["queue_full_share"] == 1
            assert esme.submit(text()).status == 0x14
            typed = page.post("/texts", data={"phone": PHONE, "to": OURS, "words": "STOP"})
            assert typed.status_code == 303
            assert esme.receipt().short_message == b"STOP"
            assert "STOP" in page.get("/", params={"phone": PHONE}).text


def test_a_client_that_we_did_not_write_sends_and_is_told(tmp_path: Path) -> None:
    with carrier(tmp_path) as (port, _tls, _process):
        client = smpplib.client.Client("127.0.0.1", port, timeout=10, allow_unknown_opt_params=True)
        answers: list[str] = []
        receipts: list[bytes] = []
        client.set_message_sent_handler(lambda pdu: answers.append(pdu.message_id.decode()))
        client.set_message_received_handler(lambda pdu: receipts.append(pdu.short_message))
        client.connect()
        try:
            client.bind_transceiver(system_id="practice", password=PASSWORD)
            for part in range(2):
                client.send_message(
                    source_addr_ton=smpplib.consts.SMPP_TON_INTL,
                    source_addr=OURS[1:],
                    dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
                    destination_addr=PHONE[1:],
                    short_message=b"hello %d" % part,
                    registered_delivery=True,
                )
            while len(receipts) < 2:
                client.read_once()
            client.unbind()
        finally:
            client.disconnect()
    assert [re.search(rb"id:(\d+)", each)[1].decode() for each in receipts] == answers  # type: ignore[index]


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_a_site_that_does_not_practise_by_smpp_has_no_carrier(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "porchlight", "carrier"],
        env={**os.environ, "PORCHLIGHT_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, "practice-smpp" in done.stderr) == (1, True)


def test_the_phone_serves_a_site_that_sends_by_smpp(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "alerts.toml").write_text(
        '[[senders]]\nname = "smpp"\nnumber = "+15025550100"\ncarrier = "practice-smpp"\n'
    )
    environment = {**os.environ, "PORCHLIGHT_DATA_DIR": str(tmp_path), "SMPP_PORT": "0"}
    phone = [sys.executable, "-m", "porchlight", "phone", "--port", str(free_port)]
    wanted = subprocess.run([*phone, "--wanted"], env=environment, check=False, timeout=60)
    assert wanted.returncode == 0
    with subprocess.Popen(phone, env=environment) as process:
        try:
            transport = httpx.HTTPTransport(retries=8)
            with httpx.Client(transport=transport, trust_env=False, timeout=30) as client:
                page = client.get(f"http://127.0.0.1:{free_port}/").text
            assert "(502) 555-0100" in page
            assert (tmp_path / certificate.FILE_NAME).exists()
        finally:
            process.terminate()
        assert process.wait(10) == 0
