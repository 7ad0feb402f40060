# SPDX-License-Identifier: GPL-2.0
"""What a test may ask of the machine it runs in.

One request line from the guest, one reply line back, "ok", "ok VALUE" or
"error TEXT":

    set ID PROPERTY VALUE     write a property of a device
    get ID PROPERTY           read it
    device_add DRIVER,A=B,... plug a device in
    device_del ID             unplug it; the guest kernel decides when it is gone
    hmp COMMAND...            anything else that QEMU's monitor can do
"""

from __future__ import annotations

from typing import Any

from .qmp import Qmp, QmpError


def _path(device: str) -> str:
    return device if device.startswith("/") else f"/machine/peripheral/{device}"


def _value(text: str, old: Any) -> Any:
    """QMP is typed: a property takes the type that it has now."""
    if isinstance(old, bool):
        if text not in ("on", "off", "true", "false", "1", "0"):
            raise ValueError(f"{text!r} is neither on nor off")
        return text in ("on", "true", "1")
    if isinstance(old, int):
        return int(text, 0)
    return text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return " ".join(str(value).split())


class Control:
    """Answers the requests of one guest."""

    def __init__(self, qmp: Qmp) -> None:
        self._qmp = qmp

    async def get(self, device: str, name: str) -> Any:
        """A property's value."""
        return await self._qmp.execute("qom-get", path=_path(device), property=name)

    async def _set(self, device: str, name: str, text: str) -> None:
        value = _value(text, await self.get(device, name))
        await self._qmp.execute("qom-set", path=_path(device), property=name, value=value)

    async def _device_add(self, text: str) -> None:
        driver, *properties = text.split(",")
        arguments: dict[str, str] = {}
        for item in properties:
            name, separator, arguments[name] = item.partition("=")
            if not separator:
                raise ValueError(f"device property {item!r} is not NAME=VALUE")
        await self._qmp.execute("device_add", driver=driver, **arguments)

    async def _answer(self, request: str) -> str:
        match request.split(maxsplit=3):
            case ["get", device, name]:
                return _text(await self.get(device, name))
            case ["set", device, name, text]:
                await self._set(device, name, text)
            case ["device_add", text]:
                await self._device_add(text)
            case ["device_del", device]:
                await self._qmp.execute("device_del", id=device)
            case ["hmp", *_]:
                command = request.split(maxsplit=1)[1]
                return _text(await self._qmp.execute("human-monitor-command",
                                                     **{"command-line": command}))
            case _:
                raise ValueError(f"unknown request {request!r}")
        return ""

    async def reply(self, request: str) -> str:
        """The reply line to a request line."""
        try:
            return f"ok {await self._answer(request)}".rstrip()
        except (QmpError, ValueError, IndexError) as error:
            return f"error {_text(error)}"
