# SPDX-License-Identifier: GPL-2.0
"""What the README types on a machine that runs this kernel: metadata, make, make install."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import sandbox
from sandbox import CLONE, Finished, Sandbox

# The one that is prepared, whatever the mirror had and this machine is.
KERNEL = os.environ["KERNEL"]
STOCK = Path("/cache/kernel/stock")
UNAME = f'#!/bin/sh\n[ "$*" = -r ] || exec /usr/bin/uname "$@"\necho {KERNEL}\n'


def _files(directory: Path) -> set[Path]:
    return {path.relative_to(directory) for path in directory.rglob("*")}


class Installed(unittest.TestCase):
    """Debian's packages where Debian installs them, and a clone of one's own."""

    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.box = Sandbox(self.directory, KERNEL=KERNEL)
        self.box.program("uname", UNAME)
        self.clone = self.directory / "clone"
        for name in ("Kbuild", "Makefile", "include", "scripts", "src",
                     "selftests/vm/kernel"):
            copy = shutil.copytree if (CLONE / name).is_dir() else shutil.copy
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            copy(CLONE / name, self.clone / name)
        # On top for the rest of the test program: whoever runs from there keeps it busy.
        sandbox.mount_overlay(Path("/usr"), self.layer("usr"), STOCK / "packages/usr", Path("/usr"))
        build = Path(f"/usr/lib/modules/{KERNEL}/build")
        build.parent.mkdir(parents=True)
        build.symlink_to(f"/usr/src/linux-headers-{KERNEL}")
        self.target = self.directory / "target"
        sandbox.mount_overlay(self.target, self.layer("target"), STOCK / "modules")
        self.addCleanup(sandbox.unmount, self.target)
        # All is prepared.
        self.box.cache.mkdir()
        # The root first, since what is in it decides where others are.
        for kind, prepared in [("root", "/"), ("source", "/cache/source"), ("kernel", STOCK)]:
            self.box.where(kind, f"{self.clone}/scripts").symlink_to(prepared)

    def layer(self, name: str) -> Path:
        """Where changes of an overlay go."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-"))

    def make(self, *arguments: str) -> Finished:
        """What a person types in the clone."""
        return self.box.run("make", "-C", self.clone, *arguments)

    def succeeds(self, *arguments: str) -> str:
        """It does, and neither warns nor complains."""
        finished = self.make(*arguments)
        self.assertEqual(finished.status, 0, finished.output)
        self.assertNotRegex(finished.output.lower(), "warning|error")
        return finished.output

    def test_as_in_the_readme(self) -> None:
        before = _files(self.clone)
        finished = self.make()
        self.assertNotEqual(finished.status, 0)
        self.assertIn("no Rust metadata: run 'make metadata' as root", finished.output)

        self.succeeds("metadata")
        self.succeeds()
        module = self.clone / "cxl-vfio-pci.ko"
        self.assertTrue(module.is_file())
        self.assertNotIn("RUSTC", self.succeeds())

        self.succeeds("install", f"INSTALL_MOD_PATH={self.target}")
        loads = subprocess.run(
            ["modprobe", "-d", self.target, "-S", KERNEL, "--show-depends", "cxl-vfio-pci"],
            capture_output=True, text=True, check=True).stdout
        self.assertIn("/vfio-pci-core.ko", loads)
        self.assertIn("/cxl-vfio-pci.ko", loads)

        self.succeeds("clean")
        self.assertEqual(_files(self.clone), before)
