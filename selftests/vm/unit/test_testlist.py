# SPDX-License-Identifier: GPL-2.0
"""Test lists: what they may hold, what is refused, what is selected."""

from __future__ import annotations

import unittest

from harness import selection, testlist
from harness.errors import HarnessError
from harness.paths import SOURCE

FULL = """
[[group]]
name = "full"
kernels = ["debug"]
architectures = ["arm64"]
cmdline = "a=b"
memory = "4G"
cpus = 4
cpu = { arm64 = "max" }
boot-timeout = 5
devices = ["edu,bus=pcie.0"]
qemu = ["-S"]
modules = ["vfio-pci ids=1:2"]
extra-modules = ["cxl_mem"]
files = ["vm/lib.sh"]
tools = true
portable = true
forgiving = true
installed = true

[[group.accelerator]]
size = "512M"
window = "2G"
properties = { hdm-count = 2, lock = true, x = "y" }
bridge = { hdm_for_passthrough = false }

[[group.test]]
run = "vfio/info.sh --bdf '0000:0d:00.0 x'"
timeout = 3
expect = ["WARNING: .*"]
"""
MINIMAL = '[[group]]\nname = "g"\n[[group.test]]\nrun = "one"\n[[group.test]]\nrun = "two"\n'


class Parse(unittest.TestCase):
    def refused(self, text: str, words: str) -> None:
        with self.assertRaisesRegex(HarnessError, words):
            testlist.parse("list", text)

    def test_everything_arrives(self) -> None:
        (group,) = testlist.parse("list", FULL)
        self.assertEqual(group, testlist.Group(
            name="list/full", kernels=("debug",), architectures=("arm64",), cmdline="a=b",
            machine=testlist.Machine(
                memory="4G", cpus=4, cpu={"arm64": "max"}, devices=("edu,bus=pcie.0",),
                qemu=("-S",), forgiving=True, accelerators=(testlist.Accelerator(
                    size="512M", window="2G",
                    properties={"hdm-count": 2, "lock": True, "x": "y"},
                    bridge={"hdm_for_passthrough": False}),)),
            modules=("vfio-pci ids=1:2",), extra_modules=("cxl_mem",), files=("vm/lib.sh",),
            boot_timeout=5, tools=True, portable=True, installed=True,
            tests=(testlist.Test(name="info", timeout=3,
                                 expect={"x86": ("WARNING: .*",), "arm64": ("WARNING: .*",)},
                                 run=("vfio/info.sh", "--bdf", "0000:0d:00.0 x")),)))

    def test_defaults(self) -> None:
        (group,) = testlist.parse("list", MINIMAL)
        self.assertEqual(group.machine, testlist.Machine())
        self.assertFalse(group.tools)
        self.assertFalse(group.installed)
        self.assertEqual(group.kernels, ("stock", "debug", "64k"))
        self.assertEqual(group.architectures, ("x86", "arm64"))
        self.assertEqual([group.test_id(test) for test in group.tests],
                         ["list/g/one", "list/g/two"])

    def test_expected_of_one_architecture(self) -> None:
        (group,) = testlist.parse("list", MINIMAL + 'expect = { x86 = ["a"] }')
        self.assertEqual(group.tests[1].expect, {"x86": ("a",), "arm64": ()})

    def test_refusals(self) -> None:
        self.refused("[[group]", "list: ")
        self.refused(MINIMAL.replace("run", "rnu", 1), "run is missing")
        self.refused(MINIMAL + "time-limit = 3", "unknown key 'time-limit'")
        self.refused(MINIMAL + 'timeout = "3"', "timeout has the wrong type")
        self.refused(MINIMAL + "timeout = true", "timeout has the wrong type")
        self.refused(MINIMAL + "timeout = 0", "more than 0")
        self.refused(MINIMAL + 'expect = ["("]', "expect '\\('")
        self.refused(MINIMAL + 'expect = { vax = [] }', "unknown key 'vax'")
        self.refused(MINIMAL.replace('"g"', '"g"\ntools = 1'), "tools must be true or false")
        self.refused(MINIMAL.replace("two", "one"), "two tests are called 'one'")
        self.refused(MINIMAL + MINIMAL, "two groups are called 'list/g'")
        self.refused('[[group]]\nname = "g"', "no test")
        self.refused('[[group]]\nname = "a/b"\n' + MINIMAL, "not valid")
        self.refused(MINIMAL.replace('"g"', '"g"\nkernels = ["mine"]'), "kernels has the unknown 'mine'")
        self.refused(MINIMAL.replace('"g"', '"g"\narchitectures = ["vax"]'), "the unknown 'vax'")
        self.refused(MINIMAL.replace('"g"', '"g"\ncpu = { vax = "1" }'), "cpu must hold a text for")
        self.refused(MINIMAL.replace('"g"', '"g"\nmemory = "lots"'), "not valid")

    def test_the_lists_of_the_tree(self) -> None:
        lists = sorted((SOURCE / "selftests/vm").glob("*/*.toml"))
        self.assertTrue(lists)
        lists += (SOURCE / "selftests/vm/tests/soak").glob("*.toml")
        for path in lists:
            with self.subTest(path.name):
                self.assertTrue(testlist.load(path))

    def test_defaults(self) -> None:
        text = '[defaults]\ncpus = 1\n' + MINIMAL + MINIMAL.replace('"g"', '"h"\ncpus = 3')
        groups = testlist.parse("list", text)
        self.assertEqual([group.machine.cpus for group in groups], [1, 3])
        self.refused(text.replace("cpus = 1", "cpu-count = 1"), "unknown key 'cpu-count'")

    def test_the_driver_is_for_a_device(self) -> None:
        modules = [testlist.parse("list", text)[0].modules for text in (
            MINIMAL, MINIMAL + "[[group.accelerator]]\n",
            '[defaults]\nmodules = []\n' + MINIMAL + "[[group.accelerator]]\n")]
        self.assertEqual(modules, [(), testlist.DRIVER, ()])


class Select(unittest.TestCase):
    def setUp(self) -> None:
        self.groups = testlist.parse("list", MINIMAL + MINIMAL.replace('"g"', '"h"'))

    def names(self, *wanted: str, kernel: str = "stock",
              architecture: str = "x86", brief: bool = False) -> list[str]:
        return [group.test_id(test)
                for group in selection.select(self.groups, architecture, kernel, wanted, brief)
                for test in group.tests]

    def test_by_name(self) -> None:
        self.assertEqual(len(self.names()), 4)
        self.assertEqual(self.names("list/g"), ["list/g/one", "list/g/two"])
        self.assertEqual(self.names("*/two"), ["list/g/two", "list/h/two"])
        self.assertEqual(self.names("list/g/one", "list/h/two"), ["list/g/one", "list/h/two"])
        with self.assertRaisesRegex(HarnessError, "no test matches 'lis'"):
            self.names("lis")

    def test_by_kernel(self) -> None:
        self.groups = testlist.parse("list", FULL)
        self.assertEqual(self.names(architecture="arm64"), [])
        self.assertEqual(self.names(kernel="debug"), [])
        self.assertEqual(self.names(kernel="debug", architecture="arm64"), ["list/full/info"])

    def test_brief(self) -> None:
        portable = MINIMAL.replace('"g"', '"h"\nportable = true')
        self.groups = testlist.parse("list", MINIMAL + portable)
        self.assertEqual(len(self.names()), 4)
        self.assertEqual(self.names(brief=True), ["list/g/one", "list/g/two"])

    def test_seconds(self) -> None:
        text = MINIMAL.replace('"one"', '"one 1 {seconds}"\ntimeout = 5')
        (group,) = testlist.parse("list", text)
        one, two = selection.with_values(group, 300).tests
        self.assertEqual((one.run, one.timeout), (("one", "1", "300"), 305))
        self.assertEqual(two, group.tests[1])

    def test_addresses(self) -> None:
        text = MINIMAL.replace('"one"', '"one {acc1} -b={acc0} acc1"') + 2 * "[[group.accelerator]]\n"
        (group,) = testlist.parse("list", text)
        one, _ = selection.with_values(group, 1).tests
        self.assertEqual(one.run, ("one", "0000:15:00.0", "-b=0000:0d:00.0", "acc1"))
        (group,) = testlist.parse("list", text.replace("{acc1}", "{acc2}"))
        with self.assertRaisesRegex(HarnessError, "list/g: there is no accelerator {acc2}"):
            selection.with_values(group, 1)

    def test_device_properties(self) -> None:
        (group,) = testlist.parse("list", FULL)
        changes = [selection.parse_properties("lock=off,new=1"),
                   selection.parse_properties("hdm-count=10")]
        first, second = selection.with_devices(group, changes).machine.accelerators
        self.assertEqual(first.properties,
                         {"hdm-count": 2, "lock": "off", "x": "y", "new": "1"})
        self.assertEqual(second.properties, {"hdm-count": "10"})
        with self.assertRaisesRegex(HarnessError, "'lock' is not NAME=VALUE"):
            selection.parse_properties("lock")
