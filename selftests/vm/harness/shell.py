# SPDX-License-Identifier: GPL-2.0
"""A VM to play with: the device, the module and all test programs, and a shell."""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .architecture import Architecture
from .errors import HarnessError
from .initramfs import Builder
from .kernels import KERNELS
from .paths import Paths
from .selection import with_devices
from .testlist import Accelerator, Group, Machine, Properties
from .vm import Vm

MODULES = ("cxl_acpi", "cxl_mem", "vfio-pci", "vfio_iommu_type1")
OWN_MODULE = "cxl-vfio-pci"


@contextmanager
def _terminal_restored() -> Iterator[None]:
    """QEMU puts the terminal into raw mode, and may be killed in it."""
    if not sys.stdin.isatty():
        raise HarnessError("--shell needs a terminal on standard input")
    settings = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, settings)


def _group(paths: Paths, kernel: str, changes: Sequence[Properties]) -> Group:
    programs = paths.build / "selftests"
    # Not what they were built from.
    names = [str(path.relative_to(programs))
             for pattern in ("*", "kernel/*") for path in sorted(programs.glob(pattern))
             if path.is_file() and os.access(path, os.X_OK)]
    own = [OWN_MODULE] if (paths.own_modules(kernel) / f"{OWN_MODULE}.ko").is_file() else []
    group = Group(name="shell", tests=(), cmdline="vm.shell", files=tuple(names),
                  machine=Machine(accelerators=(Accelerator(),), forgiving=True),
                  modules=(*MODULES, *own))
    return with_devices(group, changes)


async def run(paths: Paths, architecture: Architecture, kernel: str,
              changes: Sequence[Properties]) -> None:
    """Until the guest powers off, or Ctrl-A x."""
    group = _group(paths, kernel, changes)
    vm = Vm(paths.qemu, architecture, paths.logs(kernel, group.name), terminal=True)
    print("Ctrl-A x ends QEMU, Ctrl-A h lists what else it can do.\n"
          "The device is 0000:0d:00.0, bound to no driver: try cxl-vfio bind 0000:0d:00.0")
    with _terminal_restored():
        try:
            await vm.start(group.machine, paths.image(kernel, architecture.image),
                           Builder(paths, architecture, kernel).build(group),
                           KERNELS[kernel].command_line(architecture, group.cmdline))
            await vm.ended()
        finally:
            await vm.stop()
