# SPDX-License-Identifier: GPL-2.0
"""An installed machine: its disk is a copy that lasts for all boots of a group, and no longer."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from harness import installed, machine, testlist
from harness.architecture import ARCHITECTURES, Streams
from harness.errors import HarnessError

LIST = '[[group]]\nname = "g"\ninstalled = true\ncmdline = "more"\nqemu = ["-S"]\n' \
       '[[group.test]]\nrun = "two"\n'
STREAMS = Streams("null", "null", "null", "null")


class Files:
    """What stands in for the builder of archives."""

    def files(self, group: testlist.Group, place: str) -> bytes:
        return f"{group.name} in {place}".encode()


class Machine(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.place = Path(directory.name)
        (self.group,) = testlist.parse("list", LIST)
        for name in ("debian/boot", "build/deb"):
            (self.place / name).mkdir(parents=True)
        (self.place / "debian/disk").write_bytes(b"as installed")
        (self.place / "debian/boot/initrd.img-1").write_bytes(b"first")
        (self.place / "debian/boot/initrd.img").symlink_to("initrd.img-1")

    def install(self) -> installed.Installation:
        return installed.Installation(self.place / "debian", self.place / "build", self.place / "copy")

    def test_the_machine_has_a_copy(self) -> None:
        group = self.install().plugged_in(self.group, Files())
        line = " ".join(machine.arguments(ARCHITECTURES["x86"], group.machine, "k", "i", "c", STREAMS))
        self.assertIn(f"file={self.place}/copy/disk,format=raw", line)
        # It is this project's, and no guest's.
        self.assertIn(f"path={self.place}/build,security_model=none,readonly=on", line)
        self.assertNotIn(f"{self.place}/debian", line)
        self.assertIn("-S", line)
        self.assertIn("root=/dev/vda", group.cmdline)
        self.assertIn("more", group.cmdline)
        self.assertEqual((self.place / "copy/files.cpio").read_bytes(), b"list/g in /run/vm")

    def test_what_the_boot_loader_takes_is_what_the_guest_left(self) -> None:
        machine_ = self.install()
        self.assertEqual(machine_.initramfs(), b"first")
        boot = self.place / "copy/boot"
        (boot / "initrd.img-2").write_bytes(b"second")
        (boot / "initrd.img").unlink()
        (boot / "initrd.img").symlink_to("initrd.img-2")
        self.assertEqual(machine_.initramfs(), b"second")
        self.assertEqual((self.place / "debian/boot/initrd.img").read_bytes(), b"first")

    def test_nothing_of_an_earlier_run_is_left(self) -> None:
        self.install()
        (self.place / "copy/disk").write_bytes(b"as a test left it")
        machine_ = self.install()
        self.assertEqual((self.place / "copy/disk").read_bytes(), b"as installed")
        machine_.remove()
        self.assertFalse((self.place / "copy").exists())

    def test_not_prepared(self) -> None:
        (self.place / "build/deb").rmdir()
        with self.assertRaisesRegex(HarnessError, "no packages in .*/build/deb: 'make deb'"):
            self.install()
        with self.assertRaisesRegex(HarnessError, "no installed Debian in /nowhere: .*prepare debian"):
            installed.Installation(Path("/nowhere"), self.place / "build", self.place / "copy")
