# SPDX-License-Identifier: GPL-2.0
"""What the command line of selftest chose, for the tests to read."""

from __future__ import annotations

from pathlib import Path

from harness.paths import SOURCE, Paths

KERNEL = "stock"
PATHS = Paths(SOURCE, SOURCE / "build", Path("/cache/kernel"),
              SOURCE / "selftests/device/qemu")
