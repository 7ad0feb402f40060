# SPDX-License-Identifier: GPL-2.0
"""Module dependencies and the archive that modules travel in."""

from __future__ import annotations

import lzma
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import cpio
from harness.errors import HarnessError
from harness.modules import ModuleTree


def module(depends: str) -> bytes:
    """What a module looks like to somebody who only reads .modinfo."""
    return b"\x7fELF\0license=GPL\0depends=" + depends.encode() + b"\0name=x\0"


class Resolve(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.installed = self.root / "lib/modules/1.0"
        (self.installed / "kernel").mkdir(parents=True)
        (self.root / "own").mkdir()
        (self.installed / "modules.builtin").write_text("kernel/base.ko\n")
        for name, depends in (("vfio-pci", "vfio-pci-core"), ("vfio", "iommufd"),
                              ("vfio-pci-core", "iommufd,vfio,base"), ("iommufd", "")):
            path = self.installed / f"kernel/{name}.ko.xz"
            path.write_bytes(lzma.compress(module(depends)))
        (self.root / "own/cxl-vfio-pci.ko").write_bytes(module("vfio-pci-core"))

    def tree(self) -> ModuleTree:
        return ModuleTree(self.installed, self.root / "own", self.root / "cache")

    def test_what_is_needed_first_comes_last(self) -> None:
        self.assertEqual(self.tree().resolve(["vfio-pci", "cxl_vfio_pci"]), {
            "iommufd": [],
            "vfio": ["iommufd"],
            "vfio_pci_core": ["vfio", "iommufd"],
            "vfio_pci": ["vfio_pci_core", "vfio", "iommufd"],
            "cxl_vfio_pci": ["vfio_pci_core", "vfio", "iommufd"]})

    def test_built_in_modules_are_left_out(self) -> None:
        self.assertEqual(self.tree().resolve(["base"]), {})

    def test_unknown_module(self) -> None:
        with self.assertRaisesRegex(HarnessError, "no kernel module nothing in"):
            self.tree().resolve(["nothing"])

    def test_cache(self) -> None:
        self.assertEqual(self.tree().read("vfio"), module("iommufd"))
        (cached,) = (self.root / "cache").iterdir()
        cached.write_bytes(module("from-cache"))
        self.assertEqual(self.tree().depends("vfio"), ["from_cache"])
        # Other content is another entry.
        (self.installed / "kernel/vfio.ko.xz").write_bytes(lzma.compress(module("new")))
        self.assertEqual(self.tree().depends("vfio"), ["new"])


class Archive(unittest.TestCase):
    def test_cpio_reads_it(self) -> None:
        archive = cpio.Archive()
        archive.file("a/b/c", b"12345", 0o755)
        archive.link("a/link", "b/c")
        archive.folder("a")
        listing = subprocess.run(["cpio", "-t", "--quiet"], input=archive.bytes(),
                                 capture_output=True, check=True)
        self.assertEqual(listing.stdout.decode().split(), ["a", "a/b", "a/b/c", "a/link"])
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cpio", "-id", "--quiet"], input=archive.bytes(), cwd=folder,
                           capture_output=True, check=True)
            path = Path(folder, "a/link")
            self.assertEqual(path.read_bytes(), b"12345")
            self.assertEqual(path.stat().st_mode & 0o777, 0o755)
