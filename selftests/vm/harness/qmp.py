# SPDX-License-Identifier: GPL-2.0
"""A client for QEMU's monitor protocol (QMP)."""

from __future__ import annotations

import asyncio
import json
from typing import Any


class QmpError(Exception):
    """QEMU refused a command, or is gone."""


class Qmp:
    """One connection. Commands are answered in order; events are dropped."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = asyncio.Lock()

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
            request = {"execute": command, "arguments": arguments}
            try:
                self._writer.write(json.dumps(request).encode() + b"\n")
                await self._writer.drain()
                while True:
                    message = await self._receive()
                    if "error" in message:
                        raise QmpError(message["error"]["desc"])
                    if "return" in message:
                        return message["return"]
            except OSError as error:
                raise QmpError(f"QEMU's monitor is gone: {error.strerror}") from error
