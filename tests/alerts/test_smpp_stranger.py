"""Our SMPP carrier against one that is not ours: npm's `smpp` says what octets mean."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from porchlight.alerts.carriers import Accepted, Outgoing, Receipt, ReceiptState, Received, Refused, Why
from porchlight.alerts.carriers.smpp.carrier import SmppCarrier
from porchlight.alerts.config import Site, read
from tests.alerts.scripted_smsc import Ear, until
from tests.alerts.stranger.process import Certificate, Stranger, certificate, installed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.stranger

OURS, THEIRS = "+15025550100", "+15025550101"
ALERTS = """
organization = "Community Help Line"
help_contact = "502-555-0199"
cost.ceiling = 5
[[senders]]
name = "aggregator"
kind = "short_code"
number = "+15025550100"
carrier = "smpp"
cost = 0.01
host = "127.0.0.1"
system_id = "porchlight"
password_file = "password"
"""
SECURE = 'tls = true\nca_file = "theirs.pem"\n'
GSM_LONG = "Free lunch [all week] for 3€ ~ or nothing. " * 6  # 276 septets: two segments
UCS2_LONG = "El sábado habrá música y un almuerzo; ¿vendrá? Será a las 12. " * 3  # in UCS-2 three segments


@dataclass(frozen=True)
class World:
    """The stranger, and the file of settings that leads to it."""

    stranger: Stranger
    folder: Path
    settings: str

    def carrier(self, more: str = "") -> SmppCarrier:
        """Our side, as `alerts.toml` with these further lines makes it."""
        (self.folder / "alerts.toml").write_text(self.settings + more)
        (sender,) = read(Site(self.folder, "", 8000, "k" * 50), {})[0].senders
        return SmppCarrier(sender)


@pytest.fixture(params=["plain", "tls"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    secure = request.param == "tls"
    files: Certificate | None = None
    if secure:
        files = certificate(tmp_path / "key.pem", tmp_path / "theirs.pem")
    stranger = Stranger(
        installed(tmp_path_factory.getbasetemp()), "porchlight", "lantern", receipt_ids="decimal", tls=files
    )
    (tmp_path / "password").write_text("lantern\n")
    lines = f'port = {stranger.port}\nreceipt_ids = "decimal"\n'
    lines += SECURE if secure else "tls = false\n"
    try:
        yield World(stranger, tmp_path, ALERTS + lines)
    finally:
        stranger.close()


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 30))


@asynccontextmanager
async def opened(carrier: SmppCarrier, ear: Ear) -> AsyncIterator[SmppCarrier]:
    await carrier.open(ear.hear)
    try:
        yield carrier
    finally:
        await carrier.close()


def receipts(ear: Ear) -> list[Receipt]:
    return [each for each in ear.heard if isinstance(each, Receipt)]


def received(ear: Ear) -> list[Received]:
    return [each for each in ear.heard if isinstance(each, Received)]


@pytest.mark.parametrize(
    ("long_text", "words", "segments", "messages", "coding"),
    [
        pytest.param("udh", "Hello", 1, 1, 0, id="short"),
        pytest.param("udh", "Ünited? €[]~{}|^\\ ñ¿¡", 1, 1, 0, id="short, GSM's extension"),
        pytest.param("udh", "Mañana será más fácil.", 1, 1, 8, id="short, UCS-2"),
        pytest.param("udh", "A light \N{PARTY POPPER} left on", 1, 1, 8, id="short, surrogates"),
        pytest.param("udh", GSM_LONG, 2, 2, 0, id="GSM, udh"),
        pytest.param("sar", GSM_LONG, 2, 2, 0, id="GSM, sar"),
        pytest.param("payload", GSM_LONG, 2, 1, 0, id="GSM, payload"),
        pytest.param("udh", UCS2_LONG, 3, 3, 8, id="UCS-2, udh"),
        pytest.param("sar", UCS2_LONG, 3, 3, 8, id="UCS-2, sar"),
        pytest.param("payload", UCS2_LONG, 3, 1, 8, id="UCS-2, payload"),
        # A character of two septets, or of two UTF-16 units, stands where a segment would end.
        pytest.param("udh", "x" * 152 + "€" + "y" * 20, 2, 2, 0, id="€ at the end"),
        pytest.param("udh", "á" * 66 + "\N{PARTY POPPER}" + "é" * 20, 2, 2, 8, id="surrogates at the end"),
    ],
)
def test_the_stranger_reads_the_very_words_and_its_receipts_are_of_what_it_named(
    world: World, long_text: str, words: str, segments: int, messages: int, coding: int
) -> None:
    async def test() -> None:
        ear = Ear()
        async with opened(world.carrier(f'long_text = "{long_text}"\n'), ear) as ours:
            outcome = await ours.submit(Outgoing("1", THEIRS, OURS, words, segments))
            assert isinstance(outcome, Accepted)
            names = {outcome.message_id, *outcome.others}
            await until(lambda: len(receipts(ear)) == messages)
            await until(lambda: world.stranger.counts()["receiptsAcknowledged"] == messages)
        (text,) = world.stranger.texts()
        assert text["words"] == words
        assert (text["from"], text["to"], text["coding"]) == (OURS, THEIRS, coding)
        assert text["segments"] == messages == len(names)
        assert {str(int(each, 16)) for each in text["ids"]} == names
        assert sorted(text["receipted"]) == sorted(text["ids"])
        assert {each.message_id for each in receipts(ear)} == names
        assert {each.state for each in receipts(ear)} == {ReceiptState.DELIVERED}

    run(test())


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("STOP", id="short"),
        pytest.param("¿Que? €[~]", id="GSM's extension"),
        pytest.param("Está lloviendo", id="UCS-2"),
        pytest.param(GSM_LONG, id="GSM, in parts"),
        pytest.param(UCS2_LONG, id="UCS-2, in parts"),
    ],
)
def test_what_a_telephone_says_arrives_whole(world: World, words: str) -> None:
    async def test() -> None:
        ear = Ear()
        async with opened(world.carrier(), ear):
            await asyncio.to_thread(world.stranger.say, THEIRS, OURS, words)
            await until(lambda: world.stranger.said())
        (text,) = received(ear)
        assert (text.source, text.to, text.text) == (THEIRS, OURS, words)
        assert world.stranger.said() == [{"from": THEIRS, "to": OURS, "words": words}]

    run(test())


def test_what_is_not_kept_is_brought_again_by_the_stranger(world: World) -> None:
    async def test() -> None:
        ear = Ear(at_once=False)
        async with opened(world.carrier(), ear):
            await asyncio.to_thread(world.stranger.say, THEIRS, OURS, "STOP")
            await until(lambda: ear.kept)
            assert world.stranger.counts()["saidAcknowledged"] == 0
            ear.kept[0].cancel()
            await until(lambda: len(ear.kept) == 2)
            assert world.stranger.counts()["saidAcknowledged"] == 0
            ear.kept[1].set_result(None)
            await until(lambda: world.stranger.counts()["saidAcknowledged"] == 1)

    run(test())


def test_a_wrong_password_is_for_a_person_to_mend(world: World) -> None:
    (world.folder / "password").write_text("lamp")

    async def test() -> None:
        async with opened(world.carrier(), Ear()) as ours:
            assert await ours.submit(Outgoing("1", THEIRS, OURS, "Hello", 1)) == Refused(
                Why.SETUP, "bind_0x0E"
            )

    run(test())
    assert world.stranger.counts()["submits"] == 0


def test_a_certificate_of_somebody_else_is_not_bound_to(world: World) -> None:
    # The plain one speaks no TLS at all: what wants TLS says nothing to it in the clear.
    certificate(world.folder / "other.key", world.folder / "theirs.pem")
    settings = world.settings.replace("tls = false\n", SECURE)

    async def test() -> None:
        ours = World(world.stranger, world.folder, settings).carrier("timeout = 2\n")
        async with opened(ours, Ear()):
            refused = await ours.submit(Outgoing("1", THEIRS, OURS, "Hello", 1))
            assert isinstance(refused, Refused)
            assert refused.why in {Why.SETUP, Why.TRANSIENT}

    run(test())
    assert world.stranger.counts()["binds"] == 0


def test_a_cut_line_is_bound_again_and_what_was_not_acknowledged_comes_again(world: World) -> None:
    async def test() -> None:
        ear = Ear(at_once=False)
        async with opened(world.carrier(), ear) as ours:
            first = await ours.submit(Outgoing("1", THEIRS, OURS, "One", 1))
            await until(lambda: ear.kept)
            await asyncio.to_thread(world.stranger.cut)
            await until(lambda: len(ear.kept) == 2)
            ear.kept[1].set_result(None)
            await until(lambda: world.stranger.counts()["receiptsAcknowledged"] == 1)
            ear.at_once = True
            second = await ours.submit(Outgoing("2", THEIRS, OURS, "Two", 1))
            await until(lambda: world.stranger.counts()["receiptsAcknowledged"] == 2)
        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)
        names = [each.message_id for each in receipts(ear)]
        assert names == [first.message_id, first.message_id, second.message_id]
        assert world.stranger.counts()["binds"] == 2
        assert [each["words"] for each in world.stranger.texts()] == ["One", "Two"]

    run(test())
