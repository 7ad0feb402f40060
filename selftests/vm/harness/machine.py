# SPDX-License-Identifier: GPL-2.0
"""The QEMU command line of a machine."""

from __future__ import annotations

import os
from collections.abc import Sequence

from .architecture import Architecture, Streams
from .errors import HarnessError
from .testlist import Accelerator, Machine, Properties

# Bus numbers of the CXL host bridges. A bridge needs one for itself, one for
# its root port and some to hotplug below it.
FIRST_BUS = 12
BUSES_PER_BRIDGE = 8
MAX_ACCELERATORS = (256 - FIRST_BUS) // BUSES_PER_BRIDGE


def _properties(values: Properties) -> str:
    def text(value: bool | int | str) -> str:
        if isinstance(value, bool):
            return "on" if value else "off"
        return str(value).replace(",", ",,")
    return "".join(f",{name}={text(value)}" for name, value in values.items())


def accelerator_id(number: int) -> str:
    """QOM id of the n-th accelerator, what tests name on the control channel."""
    return f"acc{number}"


def _windows(accelerators: Sequence[Accelerator]) -> str:
    """Fixed windows, one for each host bridge; QEMU wants them in one option."""
    return "".join(f",cxl-fmw.{number}.targets.0=cxl.{number}"
                   f",cxl-fmw.{number}.size={accelerator.window}"
                   for number, accelerator in enumerate(accelerators))


def bridges(machine: Machine) -> list[tuple[int, int]]:
    """The CXL host bridges: the bus number of each, and the size of its window in bytes."""
    return [(_bus(number), _bytes(accelerator.window))
            for number, accelerator in enumerate(machine.accelerators)]


def _bus(number: int) -> int:
    return FIRST_BUS + BUSES_PER_BRIDGE * number


def address(number: int) -> str:
    """Where the n-th accelerator is, below the root port of its bridge."""
    return f"0000:{_bus(number) + 1:02x}:00.0"


def _bytes(size: str) -> int:
    return int(size[:-1]) << {"M": 20, "G": 30}[size[-1]]


def _accelerator(number: int, accelerator: Accelerator, forgiving: bool) -> list[str]:
    bus = _bus(number)
    return [
        # Large windows are touched in a few places only: no swap reservation.
        "-object", f"memory-backend-ram,id=mem{number},reserve=off,"
                   f"size={accelerator.size}",
        "-device", f"pxb-cxl,bus_nr={bus},bus=pcie.0,id=cxl.{number}"
                   + _properties({"hdm_for_passthrough": True, **accelerator.bridge}),
        "-device", f"cxl-rp,port=0,bus=cxl.{number},id=rp{number},"
                   f"chassis={number},slot={number + 2}",
        "-device", f"cxl-type2,bus=rp{number},memdev=mem{number},"
                   f"id={accelerator_id(number)}"
                   + _properties({"abort": not forgiving, **accelerator.properties}),
    ]


def arguments(architecture: Architecture, machine: Machine, kernel: str, initrd: str, cmdline: str,
              streams: Streams) -> list[str]:
    """Everything behind the name of the QEMU binary."""
    name = os.environ.get("ACCEL", "tcg")
    if name not in architecture.accelerations:
        raise HarnessError(f"ACCEL={name} is none of {', '.join(architecture.accelerations)}")
    acceleration = architecture.accelerations[name]
    if len(machine.accelerators) > MAX_ACCELERATORS:
        raise HarnessError(f"{len(machine.accelerators)} accelerators do not fit, "
                           f"the limit is {MAX_ACCELERATORS}")
    argv = [
        "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
        *architecture.board(acceleration.board + _windows(machine.accelerators), streams),
        "-accel", acceleration.accel, "-cpu", machine.cpu.get(architecture.name, acceleration.cpu),
        "-smp", str(machine.cpus), "-m", machine.memory,
        "-kernel", kernel, "-initrd", initrd, "-append", cmdline,
        "-chardev", f"{streams.qmp},id=qmp", "-mon", "chardev=qmp,mode=control",
    ]
    for number, accelerator in enumerate(machine.accelerators):
        argv += _accelerator(number, accelerator, machine.forgiving)
    for device in machine.devices:
        argv += ["-device", device]
    return argv + list(machine.qemu)
