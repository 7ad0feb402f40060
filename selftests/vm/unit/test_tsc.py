# SPDX-License-Identifier: GPL-2.0
"""What a kernel is told of the clock."""

from __future__ import annotations

import os
import unittest

from harness import tsc
from harness.architecture import ARCHITECTURES
from harness.kernels import KERNELS


@unittest.skipUnless(os.uname().machine == "x86_64", "no TSC here")
class Rate(unittest.TestCase):
    def test_it_is_the_same_each_time(self) -> None:
        rates = [tsc.rate_khz() for _ in range(5)]
        self.assertLess((max(rates) - min(rates)) / max(rates), 0.001)

    def test_kernels_for_x86_are_told(self) -> None:
        told = {name for name, architecture in ARCHITECTURES.items()
                if "tsc_early_khz=" in KERNELS["stock"].command_line(architecture, "")}
        self.assertEqual(told, {"x86"})
