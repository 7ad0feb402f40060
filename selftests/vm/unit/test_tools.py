# SPDX-License-Identifier: GPL-2.0
"""The tree of Debian's tools: what a group gets that wants it."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from harness import machine, testlist, tools
from harness.architecture import ARCHITECTURES, Streams
from harness.errors import HarnessError

LIST = '[[group]]\nname = "g"\ntools = true\nmodules = ["one"]\nqemu = ["-S"]\n' \
       '[[group.test]]\nrun = "two"\n'
STREAMS = Streams("null", "null", "null", "null")


class PluggedIn(unittest.TestCase):
    def setUp(self) -> None:
        (self.group,) = testlist.parse("list", LIST)

    def test_the_machine_has_the_tree(self) -> None:
        with tempfile.TemporaryDirectory() as tree:
            group = tools.plugged_in(self.group, Path(tree))
            line = " ".join(machine.arguments(ARCHITECTURES["x86"], group.machine, "k", "i", "c", STREAMS))
        # Never writable: it is the same tree for every machine.
        self.assertIn(f"-fsdev local,id=tools,path={tree},security_model=none,readonly=on", line)
        self.assertIn("virtio-9p-pci,fsdev=tools,mount_tag=tools,bus=pcie.0", line)
        self.assertIn("-S", line)

    def test_what_mounts_it_is_loaded_first(self) -> None:
        with tempfile.TemporaryDirectory() as tree:
            group = tools.plugged_in(self.group, Path(tree))
        self.assertEqual(group.modules, ("9pnet_virtio", "9p", "overlay", "one"))

    def test_no_tree(self) -> None:
        with self.assertRaisesRegex(HarnessError, "list/g needs .*/nowhere: .*prepare tools"):
            tools.plugged_in(self.group, Path("/nowhere"))
