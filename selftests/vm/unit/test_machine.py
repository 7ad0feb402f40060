# SPDX-License-Identifier: GPL-2.0
"""QEMU command lines."""

from __future__ import annotations

import os
import unittest
from unittest import mock

from harness import acpi, machine
from harness.architecture import ARCHITECTURES, Streams, chosen
from harness.errors import HarnessError
from harness.testlist import Accelerator, Machine

STREAMS = Streams("null", "null", "null", "null")


def arguments(description: Machine, name: str = "x86", acceleration: str = "tcg") -> list[str]:
    with mock.patch.dict(os.environ, ACCEL=acceleration):
        return machine.arguments(ARCHITECTURES[name], description, "image", "initrd", "cmdline",
                                 STREAMS)


class Arguments(unittest.TestCase):
    def test_without_accelerator(self) -> None:
        line = " ".join(arguments(Machine()))
        self.assertNotIn("cxl-type2", line)
        self.assertNotIn("cxl-fmw", line)
        self.assertIn("-M q35,cxl=on ", line)

    def test_two_accelerators(self) -> None:
        line = " ".join(arguments(Machine(accelerators=(
            Accelerator(properties={"lock": True, "sn": 5}),
            Accelerator(size="16G", window="32G", bridge={"hdm_for_passthrough": False})))))
        for part in (
                "-M q35,cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G,"
                "cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=32G ",
                "id=mem1,reserve=off,size=16G",
                "pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0,hdm_for_passthrough=on",
                "pxb-cxl,bus_nr=20,bus=pcie.0,id=cxl.1,hdm_for_passthrough=off",
                "cxl-type2,bus=rp0,memdev=mem0,id=acc0,abort=on,lock=on,sn=5",
                "cxl-type2,bus=rp1,memdev=mem1,id=acc1,abort=on"):
            self.assertIn(part, line)

    def test_forgiving(self) -> None:
        line = " ".join(arguments(Machine(accelerators=(Accelerator(),), forgiving=True)))
        self.assertIn("id=acc0,abort=off", line)

    def test_limits(self) -> None:
        many = (Accelerator(),) * (machine.MAX_ACCELERATORS + 1)
        with self.assertRaisesRegex(HarnessError, "do not fit"):
            arguments(Machine(accelerators=many))

    def test_acceleration(self) -> None:
        line = " ".join(arguments(Machine(), acceleration="kvm"))
        self.assertIn("-M q35,cxl=on,kernel-irqchip=split", line)
        self.assertIn("-accel kvm", line)
        with self.assertRaisesRegex(HarnessError, "ACCEL=xen"):
            arguments(Machine(), acceleration="xen")

    def test_arm64(self) -> None:
        line = " ".join(arguments(Machine(accelerators=(Accelerator(),)), "arm64"))
        self.assertIn("-M virt-cxl,gic-version=3,iommu=smmuv3,ras=on,cxl=on,"
                      "cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G ", line)
        self.assertIn("-cpu neoverse-n1 ", line)
        self.assertNotIn("isa-serial", line)
        # KVM has no other processor than the machine's there.
        line = " ".join(arguments(Machine(), "arm64", "kvm"))
        self.assertIn("-accel kvm -cpu host ", line)

    def test_a_model_of_processor_is_one_architecture_s(self) -> None:
        description = Machine(cpu={"x86": "EPYC"})
        self.assertIn("EPYC", arguments(description))
        self.assertNotIn("EPYC", arguments(description, "arm64"))

    def test_the_architecture_is_chosen(self) -> None:
        with mock.patch.dict(os.environ, ARCH="arm64"):
            self.assertEqual(chosen().name, "arm64")
        with mock.patch.dict(os.environ, ARCH="vax"), \
                self.assertRaisesRegex(HarnessError, "ARCH=vax is none of x86, arm64"):
            chosen()
        with mock.patch.dict(os.environ):
            os.environ.pop("ARCH", None)
            self.assertTrue(chosen().native)


class Tables(unittest.TestCase):
    def test_each_bridge_is_described(self) -> None:
        tables = dict(acpi.tables(machine.bridges(Machine(accelerators=(
            Accelerator(), Accelerator(window="32G"))))))
        for table in tables.values():
            self.assertEqual(sum(table) & 0xff, 0)
            self.assertEqual(int.from_bytes(table[4:8], "little"), len(table))
        cedt = tables["kernel/firmware/acpi/cedt.aml"]
        self.assertEqual(len(cedt), 36 + 2 * (32 + 40))
        # The second window begins where the first ends.
        first, second = (int.from_bytes(cedt[at + 8:at + 16], "little") for at in (68, 140))
        self.assertEqual(second - first, 1 << 30)
