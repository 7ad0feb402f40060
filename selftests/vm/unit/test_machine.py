# SPDX-License-Identifier: GPL-2.0
"""QEMU command lines."""

from __future__ import annotations

import os
import unittest
from unittest import mock

from harness import machine
from harness.errors import HarnessError
from harness.testlist import Accelerator, Machine

STREAMS = machine.Streams("null", "null", "null", "null")


def arguments(description: Machine) -> list[str]:
    with mock.patch.dict(os.environ):
        os.environ.pop("ACCEL", None)
        return machine.arguments(description, "vmlinux", "initrd", "cmdline", STREAMS)


class Arguments(unittest.TestCase):
    def test_without_accelerator(self) -> None:
        line = " ".join(arguments(Machine()))
        self.assertNotIn("cxl-type2", line)
        self.assertNotIn("cxl-fmw", line)
        self.assertIn("-M q35,cxl=on -accel tcg", line)

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
                "cxl-type2,bus=rp0,memdev=mem0,id=acc0,lock=on,sn=5",
                "cxl-type2,bus=rp1,memdev=mem1,id=acc1"):
            self.assertIn(part, line)

    def test_limits(self) -> None:
        many = (Accelerator(),) * (machine.MAX_ACCELERATORS + 1)
        with self.assertRaisesRegex(HarnessError, "do not fit"):
            arguments(Machine(accelerators=many))

    def test_acceleration(self) -> None:
        with mock.patch.dict(os.environ, ACCEL="kvm"):
            line = " ".join(machine.arguments(Machine(), "k", "i", "c", STREAMS))
        self.assertIn("-M q35,cxl=on,kernel-irqchip=split -accel kvm", line)
        with mock.patch.dict(os.environ, ACCEL="xen"), \
                self.assertRaisesRegex(HarnessError, "ACCEL=xen"):
            machine.arguments(Machine(), "k", "i", "c", STREAMS)
