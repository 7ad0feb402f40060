# SPDX-License-Identifier: GPL-2.0
"""Where things are. Nothing else in the harness knows a path."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from .errors import HarnessError

SOURCE = Path(__file__).resolve().parents[3]


def _file_name(group: str) -> str:
    return group.replace("/", ".")


@dataclass(frozen=True)
class Paths:
    """Every place that the harness reads from or writes to."""

    source: Path
    build: Path
    kernels: Path
    qemu: Path
    tools: Path = Path("/cache/tools")
    durations: Path = Path("/cache/scratch/durations")
    debian: Path = Path("/cache/debian")

    @staticmethod
    def add_options(parser: argparse.ArgumentParser) -> None:
        """Options and environment variables that move a place."""
        group = parser.add_argument_group("places")
        group.add_argument(
            "--build", metavar="DIR", type=Path,
            default=os.environ.get("VM_BUILD", SOURCE / "build"),
            help="modules, test programs and logs (default: build/, $VM_BUILD)")
        group.add_argument(
            "--kernels", metavar="DIR", type=Path,
            default=os.environ.get("VM_KERNELS", "/cache/kernel"),
            help="prepared kernels (default: /cache/kernel, $VM_KERNELS)")
        group.add_argument(
            "--qemu", metavar="FILE", type=Path,
            default=os.environ.get("VM_QEMU", SOURCE / "selftests/device/qemu"),
            help="QEMU, or the wrapper that adds the emulated device "
                 "(default: selftests/device/qemu, $VM_QEMU)")

        group.add_argument(
            "--tools", metavar="DIR", type=Path,
            default=os.environ.get("VM_TOOLS", "/cache/tools"),
            help="the Debian tree of groups with tools = true "
                 "(default: /cache/tools, $VM_TOOLS)")
        group.add_argument(
            "--durations", metavar="DIR", type=Path,
            default=os.environ.get("VM_DURATIONS", "/cache/scratch/durations"),
            help="how long each group took, for the next run of any clone "
                 "(default: /cache/scratch/durations, $VM_DURATIONS)")

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Paths:
        """The places that the command line chose."""
        return cls(SOURCE, Path(options.build).resolve(),
                   Path(options.kernels).resolve(), Path(options.qemu),
                   Path(options.tools).resolve(), Path(options.durations).resolve())

    def image(self, kernel: str, name: str) -> Path:
        """The file to boot."""
        path = self.kernels / kernel / name
        if not path.is_file():
            raise HarnessError(f"no {kernel} kernel: {path} does not exist")
        return path

    def busybox(self) -> Path:
        """The userland of an architecture whose programs do not run here."""
        path = self.kernels / "stock/busybox"
        if not path.is_file():
            raise HarnessError(f"no userland for the VM: {path} does not exist")
        return path

    def modules(self, kernel: str) -> Path:
        """The folder lib/modules/RELEASE of a kernel."""
        parent = self.kernels / kernel / "modules/lib/modules"
        releases = sorted(parent.iterdir()) if parent.is_dir() else []
        if len(releases) != 1:
            raise HarnessError(
                f"{parent} must hold the modules of one kernel, it holds {len(releases)}")
        return releases[0]

    def own_modules(self, kernel: str) -> Path:
        """The folder with the modules that this project builds."""
        return self.build / kernel

    def logs(self, kernel: str, group: str) -> Path:
        """The folder that gets a sub-folder for each boot of a group."""
        return self.build / "vm" / kernel / _file_name(group)

    def disk(self, kernel: str, group: str) -> Path:
        """The folder of the machine of a group, while it runs."""
        return self.build / "vm" / kernel / f"{_file_name(group)}.disk"

    def duration(self, architecture: str, kernel: str, group: str, tests: int) -> Path:
        """The file that says for how many seconds a group ran, with so many of its tests."""
        return self.durations / architecture / kernel / f"{_file_name(group)}.{tests}"

    def program(self, name: str) -> Path:
        """A test: a built program, or a script of the source tree."""
        for root in (self.build / "selftests", self.source / "selftests"):
            if (root / name).is_file():
                return root / name
        raise HarnessError(
            f"no test program {name} in {self.build / 'selftests'} "
            f"or {self.source / 'selftests'}")
