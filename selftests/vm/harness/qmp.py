# SPDX-License-Identifier: GPL-2.0
"""A client for QEMU's monitor protocol (QMP)."""

from __future__ import annotations

import asyncio
import json
from typing import Any


# A QEMU that hangs itself must not take those along who ask it.
ANSWER_LIMIT = 30.0


class QmpError(Exception):
    """QEMU refused a command, is gone, or does not answer."""


class Qmp:
    """One connection. Commands are answered in order; events are dropped."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = asyncio.Lock()
        # An answer that comes too late would be taken for that to the next command.
        self._silent = False

    async def start(self) -> None:
        """Leave the negotiation mode that a connection starts in."""
        await self._receive()
        await self.execute("qmp_capabilities")

    async def _receive(self) -> dict[str, Any]:
        line = await self._reader.readline()
        if not line:
            raise QmpError("QEMU closed its monitor")
        message: dict[str, Any] = json.loads(line)
        return message

    async def execute(self, command: str, **arguments: Any) -> Any:
        """Run one command, return what QEMU returned."""
        async with self._lock:
            if self._silent:
                raise QmpError("QEMU's monitor does not answer")
            try:
                async with asyncio.timeout(ANSWER_LIMIT):
                    return await self._exchange({"execute": command, "arguments": arguments})
            except TimeoutError as error:
                self._silent = True
                raise QmpError(f"QEMU did not answer {command!r} "
                               f"for {ANSWER_LIMIT:.0f} s") from error
            except OSError as error:
                raise QmpError(f"QEMU's monitor is gone: {error.strerror}") from error

    async def _exchange(self, request: dict[str, Any]) -> Any:
        self._writer.write(json.dumps(request).encode() + b"\n")
        await self._writer.drain()
        while True:
            message = await self._receive()
            if "error" in message:
                raise QmpError(message["error"]["desc"])
            if "return" in message:
                return message["return"]
