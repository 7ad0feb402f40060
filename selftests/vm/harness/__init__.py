# SPDX-License-Identifier: GPL-2.0
"""Boot kernels in QEMU, run test lists in them and judge what happened."""
