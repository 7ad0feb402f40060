# SPDX-License-Identifier: GPL-2.0
"""Tests of the harness's parts, without a VM."""
