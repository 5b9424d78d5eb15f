"""The receiving end of the crash tests: a carrier in a process of its own, and the pump's line to it.

It writes down what it received, in order, before it acknowledges: what is in its file went out, whatever became of the
pump. One line of JSON each way; the pump's side has the shape of `carriers.Carrier`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import time
from pathlib import Path

from porchlight.alerts.carriers import Accepted, Hear, Outcome, Outgoing, Unsure


def receive(path: Path, record: Path, seed: int) -> None:
    """Listen on the socket `path` for ever; append to `record`."""
    asyncio.run(_listen(path, record, random.Random(seed)))


async def _listen(path: Path, record: Path, chance: random.Random) -> None:
    names = itertools.count(1)
    talking: dict[str, int] = {}
    with record.open("a", buffering=1) as out:

        async def answer(said: dict[str, str], writer: asyncio.StreamWriter) -> None:
            talking[said["to"]] = talking.get(said["to"], 0) + 1
            out.write(json.dumps(said | {"at": time.monotonic(), "together": talking[said["to"]]}) + "\n")
            # Some answers take long: what else comes to that number meanwhile must wait.
            await asyncio.sleep(chance.uniform(0, 0.02) if chance.random() < 0.8 else 0.3)
            talking[said["to"]] -= 1
            if not writer.is_closing():  # else the pump was killed
                writer.write(json.dumps({"key": said["key"], "name": f"r{next(names)}"}).encode() + b"\n")

        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async with asyncio.TaskGroup() as answers:
                with contextlib.suppress(ConnectionError):
                    while (line := await reader.readline()).endswith(b"\n"):
                        answers.create_task(answer(json.loads(line), writer))

        server = await asyncio.start_unix_server(connection, path)
        await server.serve_forever()


class Line:
    """The pump's side."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: dict[str, asyncio.Future[str]] = {}

    async def open(self, hear: Hear) -> None:
        reader, self._writer = await asyncio.open_unix_connection(self._path)
        self._reading = asyncio.create_task(self._read(reader))

    async def submit(self, outgoing: Outgoing) -> Outcome:
        if outgoing.key in self._waiting:
            raise RuntimeError("the same text twice on one wire")
        self._waiting[outgoing.key] = asyncio.get_running_loop().create_future()
        said = {"key": outgoing.key, "to": outgoing.to, "text": outgoing.text}
        self._writer.write(json.dumps(said).encode() + b"\n")
        try:
            return Accepted(await asyncio.wait_for(self._waiting[outgoing.key], 5))
        except TimeoutError:
            return Unsure("timeout")
        finally:
            del self._waiting[outgoing.key]

    async def close(self) -> None:
        self._writer.close()
        self._reading.cancel()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            said = json.loads(line)
            if said["key"] in self._waiting:
                self._waiting[said["key"]].set_result(said["name"])
