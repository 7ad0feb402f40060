# SPDX-License-Identifier: GPL-2.0
"""The QEMU command line of a machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import HarnessError
from .testlist import Accelerator, Machine, Properties

# Bus numbers of the CXL host bridges. A bridge needs one for itself, one for
# its root port and some to hotplug below it.
FIRST_BUS = 12
BUSES_PER_BRIDGE = 8
MAX_ACCELERATORS = (256 - FIRST_BUS) // BUSES_PER_BRIDGE

ACCELERATIONS = {
    "tcg": ("tcg,thread=multi", ""),
    # With the PIC and IOAPIC in the kernel there is no interrupt remapping.
    "kvm": ("kvm", ",kernel-irqchip=split"),
}


@dataclass(frozen=True)
class Streams:
    """QEMU character devices, each an option string without its id."""

    console: str
    output: str
    control: str
    qmp: str


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


def _accelerator(number: int, accelerator: Accelerator) -> list[str]:
    bus = FIRST_BUS + BUSES_PER_BRIDGE * number
    return [
        # Large windows are touched in a few places only: no swap reservation.
        "-object", f"memory-backend-ram,id=mem{number},reserve=off,"
                   f"size={accelerator.size}",
        "-device", f"pxb-cxl,bus_nr={bus},bus=pcie.0,id=cxl.{number}"
                   + _properties({"hdm_for_passthrough": True, **accelerator.bridge}),
        "-device", f"cxl-rp,port=0,bus=cxl.{number},id=rp{number},"
                   f"chassis={number},slot={number + 2}",
        "-device", f"cxl-type2,bus=rp{number},memdev=mem{number},"
                   f"id={accelerator_id(number)}" + _properties(accelerator.properties),
    ]


def arguments(machine: Machine, kernel: str, initrd: str, cmdline: str,
              streams: Streams) -> list[str]:
    """Everything behind the name of the QEMU binary."""
    name = os.environ.get("ACCEL", "tcg")
    if name not in ACCELERATIONS:
        raise HarnessError(f"ACCEL={name} is neither tcg nor kvm")
    acceleration, irqchip = ACCELERATIONS[name]
    if len(machine.accelerators) > MAX_ACCELERATORS:
        raise HarnessError(f"{len(machine.accelerators)} accelerators do not fit, "
                           f"the limit is {MAX_ACCELERATORS}")
    argv = [
        "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
        "-M", "q35,cxl=on" + irqchip + _windows(machine.accelerators),
        "-accel", acceleration, "-cpu", machine.cpu, "-smp", str(machine.cpus),
        "-m", machine.memory,
        # Without eim the kernel reaches its local APICs through memory. While one CPU moves a BAR,
        # QEMU 10.0 may send another CPU's access to the region that is next to the right one, and
        # a lost EOI stops all timers of that CPU for good. An MSR goes nowhere else.
        "-device", "intel-iommu,intremap=on,eim=on,caching-mode=on",
        "-kernel", kernel, "-initrd", initrd, "-append", cmdline,
        # First the console, then what the guest's init knows as ttyS1 and ttyS2. The third would
        # share the console's interrupt, whose edges get lost when two raise and lower it.
        "-chardev", f"{streams.console},id=console", "-serial", "chardev:console",
        "-chardev", f"{streams.output},id=output", "-serial", "chardev:output",
        "-chardev", f"{streams.control},id=control", "-device", "isa-serial,chardev=control,irq=5",
        "-chardev", f"{streams.qmp},id=qmp", "-mon", "chardev=qmp,mode=control",
    ]
    for number, accelerator in enumerate(machine.accelerators):
        argv += _accelerator(number, accelerator)
    for device in machine.devices:
        argv += ["-device", device]
    return argv + list(machine.qemu)
