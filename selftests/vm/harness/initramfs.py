# SPDX-License-Identifier: GPL-2.0
"""The root file system of a guest: busybox, our init, modules, tests.

    /init                    mounts, loads modules, then obeys the host
    /bin                     busybox, vmctl and the group's programs
    /lib/modules/RELEASE     the group's modules, with an index for modprobe
    /selftests               the group's scripts and helper files, as in the tree
    /vm/modules              one modprobe command line each line
    /vm/obey                 how the host is obeyed
    /vm/test/N               runs the N-th test
    /vm/tools                there if the Debian tree is to be mounted
    /kernel/firmware/acpi    ACPI tables that the board lacks

A machine with Debian installed gets /agent, /bin, /selftests and /vm of it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from . import acpi, cpio, machine
from .architecture import Architecture
from .errors import HarnessError
from .modules import ModuleTree, canonical
from .paths import Paths
from .testlist import Group

BUSYBOX = Path("/usr/bin/busybox")
GUEST = Path(__file__).resolve().parent.parent / "guest"


def _applets() -> list[str]:
    result = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True)
    return [name for name in result.stdout.split() if name != "busybox"]


class Builder:
    """Archives for the groups of one kernel; what they share is read once."""

    def __init__(self, paths: Paths, architecture: Architecture, kernel: str) -> None:
        self._paths = paths
        self._architecture = architecture
        self._tree = ModuleTree(paths.modules(kernel), paths.own_modules(kernel),
                                paths.build / "vm/modules")
        if not BUSYBOX.is_file():
            raise HarnessError(f"{BUSYBOX} does not exist, install busybox-static")
        # Another architecture's does not run here, but has the same applets.
        self._busybox = (BUSYBOX if architecture.native else paths.busybox()).read_bytes()
        self._links = _applets()

    def build(self, group: Group) -> bytes:
        """The archive of a group, not compressed: a guest unpacks slower than we write."""
        archive = cpio.Archive()
        if group.machine.accelerators and not self._architecture.describes_cxl:
            for name, table in acpi.tables(machine.bridges(group.machine)):
                archive.file(name, table)
        # The kernel opens it for init before anything is mounted.
        archive.character_device("dev/console", 5, 1)
        for folder in ("proc", "sys", "tmp", "run"):
            archive.folder(folder)
        archive.file("bin/busybox", self._busybox, 0o755)
        for name in self._links:
            archive.link(f"bin/{name}", "busybox")
        archive.file("init", (GUEST / "init").read_bytes(), 0o755)
        self._add_modules(archive, group)
        self._add_tests(archive, group, "")
        if group.tools:
            archive.file("bin/tools", (GUEST / "tools").read_bytes(), 0o755)
            archive.file("vm/tools", b"")
        return archive.bytes()

    def files(self, group: Group, place: str) -> bytes:
        """What a machine that has a system of its own is brought there."""
        archive = cpio.Archive()
        archive.file("agent", (GUEST / "agent").read_bytes(), 0o755)
        self._add_tests(archive, group, place)
        return archive.bytes()

    def _add_modules(self, archive: cpio.Archive, group: Group) -> None:
        load = [line.split() for line in group.modules]
        needs = self._tree.resolve([words[0] for words in load] + list(group.extra_modules))
        folder = f"lib/modules/{self._tree.release}"
        for name in needs:
            archive.file(f"{folder}/{name}.ko", self._tree.read(name))
        index = "".join(f"{name}.ko:{''.join(f' {need}.ko' for need in needed)}\n"
                        for name, needed in needs.items())
        archive.file(f"{folder}/modules.dep", index.encode())
        commands = [shlex.join([canonical(words[0]), *words[1:]]) for words in load
                    if canonical(words[0]) in needs]
        archive.file("vm/modules", "".join(f"{line}\n" for line in commands).encode())

    def _add_tests(self, archive: cpio.Archive, group: Group, place: str) -> None:
        archive.file("vm/obey", (GUEST / "obey").read_bytes())
        names = {name: place + self._add_program(archive, name)
                 for name in dict.fromkeys([*(test.run[0] for test in group.tests),
                                            *group.files])}
        vmctl = self._paths.build / "selftests/vmctl"
        if vmctl.is_file() and "vmctl" not in names:
            self._add_program(archive, "vmctl")
        for number, test in enumerate(group.tests):
            command = shlex.join([names[test.run[0]], *test.run[1:]])
            archive.file(f"vm/test/{number}", f"#!/bin/sh\nexec {command}\n".encode(), 0o755)

    def _add_program(self, archive: cpio.Archive, name: str) -> str:
        """Put a program or helper file in; returns its path in the archive."""
        path = self._paths.program(name)
        if path.is_relative_to(self._paths.build / "selftests"):
            inside = f"bin/{path.name}"
        else:
            inside = f"selftests/{name}"
        mode = 0o755 if os.access(path, os.X_OK) else 0o644
        archive.file(inside, path.read_bytes(), mode)
        return f"/{inside}"
