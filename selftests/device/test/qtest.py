# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine with one accelerator and no guest: a test takes the part of its CPU."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

BRIDGE_BUS = 12
PORT = (BRIDGE_BUS, 0)
ACCELERATOR = (BRIDGE_BUS + 1, 0)
BAR2 = 0xe0000000
BAR_SIZE = 1 << 20
WINDOW = 0x110000000

COMMAND = 0x04
MEMORY_SPACE = 0x2
BUS_MASTER = 0x4
BUS_NUMBERS = 0x18
PREFETCH_WINDOW = 0x24
BRIDGE_CONTROL = 0x3e
BUS_RESET = 0x40
CAPABILITIES = 0x34
EXPRESS = 0x10
POWER = 0x01
DEVICE_CONTROL = 8
FLR = 0x8000
POWER_CONTROL = 4

# What the real CPU executes: one instruction, with which it sleeps.
HALT = b"\xf4"

PCIEXBAR = 0x60
ECAM = 0xb0000000
DVSEC = 0x23
CXL = 0x1e98
DEVICE_DVSEC = 0
PORT_DVSEC = 3
PORT_CONTROL = 0x0c
CONTROL2 = 0x10
INITIATE_RESET = 0x4
CLEAR_MEMORY = 0x8

QEMU = Path(__file__).resolve().parents[1] / "qemu"


class Ended(Exception):
    """QEMU has ended while it was asked something."""


def _connect(path: Path, process: subprocess.Popen[bytes]) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    while process.poll() is None:
        try:
            client.connect(str(path))
            return client
        except OSError:
            time.sleep(0.02)
    raise Ended(process.communicate()[0].decode())


class Machine:
    """Its RAM, I/O ports, configuration spaces and properties."""

    def __init__(self, properties: str = "", arguments: Sequence[str] = (),
                 bios: bytes = HALT * 65536) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / "bios").write_bytes(bios)
        self.process = subprocess.Popen(
            [QEMU, "-bios", folder / "bios", "-nodefaults", "-no-user-config", "-display", "none", "-m", "256M",
             "-M", "q35,cxl=on,kernel-irqchip=split,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G",
             "-accel", "tcg", *arguments,
             "-qtest-log", "none", "-qtest", f"unix:{folder / 'qtest'},server=on,wait=off",
             "-qmp", f"unix:{folder / 'qmp'},server=on,wait=off",
             "-object", "memory-backend-ram,id=mem0,share=on,reserve=off,size=256M",
             "-device", f"pxb-cxl,bus_nr={BRIDGE_BUS},bus=pcie.0,id=cxl.0,"
                        "hdm_for_passthrough=on",
             "-device", "cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2",
             "-device", f"cxl-type2,bus=rp0,memdev=mem0,id=acc0{properties}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._qtest = _connect(folder / "qtest", self.process).makefile("rw")
        self._qmp = _connect(folder / "qmp", self.process).makefile("rw")
        self._qmp.readline()
        self._monitor("qmp_capabilities")

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._qtest, self._qmp):
            with contextlib.suppress(OSError):
                stream.close()
        self.process.kill()
        self.process.communicate()
        self._folder.cleanup()

    def how_it_ended(self) -> tuple[int, str]:
        """Exit status and all that QEMU said."""
        said, _ = self.process.communicate(timeout=60)
        return self.process.returncode, said.decode()

    def _monitor(self, command: str, **arguments: Any) -> Any:
        self._qmp.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._qmp.flush()
        while line := self._qmp.readline():
            reply = json.loads(line)
            if "error" in reply:
                raise ValueError(reply["error"]["desc"])
            if "return" in reply:
                return reply["return"]
        raise Ended(command)

    def get(self, name: str) -> Any:
        """A property of the accelerator."""
        return self._monitor("qom-get", path="/machine/peripheral/acc0", property=name)

    def set(self, name: str, value: bool | int) -> None:
        """Write it."""
        self._monitor("qom-set", path="/machine/peripheral/acc0", property=name, value=value)

    def _ask(self, command: str) -> int:
        try:
            self._qtest.write(command + "\n")
            self._qtest.flush()
            answer = self._qtest.readline().split()
        except OSError as error:
            raise Ended(command) from error
        if not answer:
            raise Ended(command)
        if answer[0] != "OK":
            raise ValueError(f"{command}: {' '.join(answer)}")
        return int(answer[1], 0) if len(answer) > 1 else 0

    def read(self, address: int, size: int = 4) -> int:
        """What a CPU reads there."""
        return self._ask(f"read{'?bw?l???q'[size]} {address:#x}")

    def write(self, address: int, value: int, size: int = 4) -> None:
        """What a CPU writes there."""
        self._ask(f"write{'?bw?l???q'[size]} {address:#x} {value:#x}")

    def _select(self, function: tuple[int, int], offset: int) -> int:
        bus, number = function
        self._ask(f"outl 0xcf8 {1 << 31 | bus << 16 | number << 8 | offset & 0xfc:#x}")
        return 0xcfc + (offset & 3)

    def config(self, function: tuple[int, int], offset: int) -> int:
        """A word of its configuration space."""
        return self._ask(f"inw {self._select(function, offset):#x}")

    def configure(self, function: tuple[int, int], offset: int, value: int) -> None:
        """Write a word."""
        self._ask(f"outw {self._select(function, offset):#x} {value:#x}")

    def capability(self, number: int) -> int:
        """Where a capability of the accelerator is."""
        at = self.config(ACCELERATOR, CAPABILITIES) & 0xff
        while at:
            head = self.config(ACCELERATOR, at)
            if head & 0xff == number:
                return at
            at = head >> 8
        raise ValueError(f"no capability {number}")

    def _dvsec(self, function: tuple[int, int], number: int) -> int:
        """Where CXL's DVSEC of that number is, in memory."""
        self.configure((0, 0), PCIEXBAR, ECAM & 0xffff | 1)
        self.configure((0, 0), PCIEXBAR + 2, ECAM >> 16)
        space = ECAM + (function[0] << 20)
        at = 0x100
        while at:
            head = [self.read(space + at + word, 2) for word in (0, 4, 8)]
            if head == [DVSEC, CXL, number]:
                return space + at
            at = self.read(space + at + 2, 2) >> 4
        raise ValueError(f"no DVSEC {number}")

    def cxl_reset(self, clear: bool) -> None:
        """By Control2 of the CXL Device DVSEC."""
        self.place_bars()
        self.write(self._dvsec(ACCELERATOR, DEVICE_DVSEC) + CONTROL2,
                   INITIATE_RESET | (CLEAR_MEMORY if clear else 0), 2)

    def unmask_reset(self, unmask: bool) -> None:
        """Unmask SBR of the root port."""
        self.write(self._dvsec(PORT, PORT_DVSEC) + PORT_CONTROL, int(unmask), 2)

    def place_bars(self) -> None:
        """BAR 2 at an address that the root port passes on."""
        self.configure(PORT, BUS_NUMBERS, BRIDGE_BUS | ACCELERATOR[0] << 8)
        self.configure(PORT, BUS_NUMBERS + 2, ACCELERATOR[0])
        self.configure(PORT, PREFETCH_WINDOW, BAR2 >> 16)
        self.configure(PORT, PREFETCH_WINDOW + 2, BAR2 >> 16)
        self.configure(PORT, COMMAND, MEMORY_SPACE | BUS_MASTER)
        self.configure(ACCELERATOR, 0x18, 0)
        self.configure(ACCELERATOR, 0x1a, BAR2 >> 16)
        self.configure(ACCELERATOR, COMMAND, MEMORY_SPACE | BUS_MASTER)


def run(cases: Mapping[str, Callable[[], str]]) -> None:
    """Each case gives what is wrong, or nothing."""
    for name, case in cases.items():
        wrong = case()
        for line in wrong.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if wrong else 'ok'} {name}", flush=True)
