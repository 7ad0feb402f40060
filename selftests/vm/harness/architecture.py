# SPDX-License-Identifier: GPL-2.0
"""What differs between processor architectures: the machine, and what its kernel is told.

A new architecture is a row of ARCHITECTURES and the machine that it names.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from . import tsc
from .errors import HarnessError


@dataclass(frozen=True)
class Streams:
    """QEMU character devices, each an option string without its id."""

    console: str
    output: str
    control: str
    qmp: str


@dataclass(frozen=True)
class Acceleration:
    """How QEMU runs a processor: what -accel says, and what -M says more."""

    accel: str
    # The model of processor, unless a group names another.
    cpu: str
    board: str = ""


@dataclass(frozen=True)
class Architecture:
    """A processor architecture, by the name that the kernel has for it."""

    name: str
    # What uname calls it.
    machine: str
    qemu: str
    # What of a prepared kernel QEMU boots.
    image: str
    # By the name that ACCEL has for it.
    accelerations: dict[str, Acceleration]
    # The board, with this behind its name, and what is soldered to it.
    board: Callable[[str, Streams], list[str]]
    # Whether the machine's ACPI tables have its CXL windows.
    describes_cxl: bool
    # What the kernel is told.
    arguments: tuple[str, ...]
    # What the emulator can say of interrupts that wait in a machine that hangs.
    state: tuple[str, ...]
    # What the kernel is told of this machine's clock.
    clock: Callable[[], tuple[str, ...]] = tuple

    @property
    def native(self) -> bool:
        """Whether its programs run here."""
        return os.uname().machine == self.machine


def _ports(streams: Streams, output: list[str], control: list[str]) -> list[str]:
    """The console, which is always the board's first port, then the others."""
    return ["-chardev", f"{streams.console},id=console", "-serial", "chardev:console",
            "-chardev", f"{streams.output},id=output", *output,
            "-chardev", f"{streams.control},id=control", *control]


def _q35(options: str, streams: Streams) -> list[str]:
    return [
        "-M", "q35,cxl=on" + options,
        # Without eim the kernel reaches its local APICs through memory. While one CPU moves a BAR,
        # QEMU 10.0 may send another CPU's access to the region that is next to the right one, and
        # a lost EOI stops all timers of that CPU for good. An MSR goes nowhere else.
        "-device", "intel-iommu,intremap=on,eim=on,caching-mode=on",
        # The third port would share the console's interrupt, whose edges get lost when two raise
        # and lower it.
        *_ports(streams, ["-serial", "chardev:output"],
                ["-device", "isa-serial,chardev=control,irq=5"]),
    ]


def _virt(options: str, streams: Streams) -> list[str]:
    """A board of selftests/device/virt.c, with firmware, which ACPI needs.

    With ras=on a processor that consumes poison is told where. Two serial ports more are on a
    PCI card: the board has one.
    """
    return [
        "-M", "virt-cxl,gic-version=3,iommu=smmuv3,ras=on,cxl=on" + options,
        "-bios", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
        *_ports(streams, [],
                ["-device", "pci-serial-2x,chardev1=output,chardev2=control,bus=pcie.0"]),
    ]


ARCHITECTURES = {architecture.name: architecture for architecture in (
    Architecture(
        "x86", machine="x86_64", qemu="qemu-system-x86_64", image="vmlinux",
        accelerations={
            "tcg": Acceleration("tcg,thread=multi", "max"),
            # With the PIC and IOAPIC in the kernel there is no interrupt remapping.
            "kvm": Acceleration("kvm", "max", ",kernel-irqchip=split"),
        },
        board=_q35, describes_cxl=True,
        arguments=(
            "console=ttyS0", "vm.output=ttyS1", "vm.control=ttyS2",
            "intel_iommu=on",
            # A busy host lets virtual CPUs wait. Then the kernel panics because a timer
            # interrupt did not come in time, or its check of one CPU's clock by another
            # spins with interrupts off, on a clock that interrupts must drive.
            "no_timer_check",
            "tsc=reliable",
        ),
        state=("info lapic {cpu}", "info pic"),
        clock=tsc.arguments),
    Architecture(
        "arm64", machine="aarch64", qemu="qemu-system-aarch64", image="Image",
        accelerations={
            # The windows begin at 1 TiB: a model with more than 40 bits of addresses.
            "tcg": Acceleration("tcg,thread=multi", "neoverse-n1"),
            # It takes no other than this machine's.
            "kvm": Acceleration("kvm", "host"),
        },
        board=_virt, describes_cxl=False,
        # The console is no ttyS, so the numbers of the others begin with 0.
        arguments=(
            "console=ttyAMA0", "vm.output=ttyS0", "vm.control=ttyS1",
            # Elsewhere than on x86 an empty port sleeps. One of QEMU wakes nobody when something
            # is plugged in.
            "pcie_port_pm=off",
        ),
        state=("info pic",)),
)}


def chosen() -> Architecture:
    """The one that ARCH names, or the one that this runs on."""
    native = next((one.name for one in ARCHITECTURES.values() if one.native), os.uname().machine)
    name = os.environ.get("ARCH") or native
    if name not in ARCHITECTURES:
        raise HarnessError(f"ARCH={name} is none of {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]
