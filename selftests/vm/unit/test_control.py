# SPDX-License-Identifier: GPL-2.0
"""Requests on the control channel, against a QEMU made of a dictionary."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any

from harness.control import Control
from harness.qmp import QmpError


class FakeQmp:
    """Knows two properties and records everything else."""

    def __init__(self) -> None:
        self.properties: dict[str, Any] = {"lock": False, "count": 7, "name": "x"}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def execute(self, command: str, **arguments: Any) -> Any:
        self.calls.append((command, arguments))
        if command == "qom-get":
            if arguments["property"] not in self.properties:
                raise QmpError(f"Property {arguments['property']!r} not found")
            return self.properties[arguments["property"]]
        if command == "qom-set":
            self.properties[arguments["property"]] = arguments["value"]
        return "two\r\nlines" if command == "human-monitor-command" else {}


class Requests(unittest.TestCase):
    def setUp(self) -> None:
        self.qmp = FakeQmp()

    def ask(self, request: str) -> str:
        return asyncio.run(Control(self.qmp).reply(request))  # type: ignore[arg-type]

    def test_get(self) -> None:
        self.assertEqual(self.ask("get acc0 lock"), "ok off")
        self.assertEqual(self.ask("get acc0 count"), "ok 7")
        self.assertEqual(self.qmp.calls[-1][1]["path"], "/machine/peripheral/acc0")
        self.ask("get /machine count")
        self.assertEqual(self.qmp.calls[-1][1]["path"], "/machine")

    def test_set_keeps_the_type(self) -> None:
        self.assertEqual(self.ask("set acc0 lock on"), "ok")
        self.assertEqual(self.ask("set acc0 count 0x10"), "ok")
        self.assertEqual(self.ask("set acc0 name 12"), "ok")
        self.assertEqual(self.qmp.properties, {"lock": True, "count": 16, "name": "12"})

    def test_refusals(self) -> None:
        self.assertEqual(self.ask("get acc0 nothing"), "error Property 'nothing' not found")
        self.assertEqual(self.ask("set acc0 lock maybe"),
                         "error 'maybe' is neither on nor off")
        self.assertEqual(self.ask("device_add edu,id"),
                         "error device property 'id' is not NAME=VALUE")
        for request in ("", "get acc0", "set acc0 lock", "hmp"):
            with self.subTest(request):
                self.assertTrue(self.ask(request).startswith("error "))

    def test_devices(self) -> None:
        self.assertEqual(self.ask("device_add edu,bus=rp1,id=x"), "ok")
        self.assertEqual(self.qmp.calls[-1],
                         ("device_add", {"driver": "edu", "bus": "rp1", "id": "x"}))
        self.assertEqual(self.ask("device_del x"), "ok")
        self.assertEqual(self.qmp.calls[-1], ("device_del", {"id": "x"}))

    def test_monitor(self) -> None:
        self.assertEqual(self.ask("hmp info  pci"), "ok two lines")
        self.assertEqual(self.qmp.calls[-1][1], {"command-line": "info  pci"})
