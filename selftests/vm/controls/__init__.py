# SPDX-License-Identifier: GPL-2.0
"""Tests of the whole harness, with planted mistakes in VMs."""
