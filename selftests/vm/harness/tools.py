# SPDX-License-Identifier: GPL-2.0
"""Debian's own tools in a guest: a tree of the host, mounted read-only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .errors import HarnessError
from .testlist import Group

# What mounting takes; the guest's init puts a writable layer above the tree.
MODULES = ("9pnet_virtio", "9p", "overlay")
# The guest's init knows it by this name.
TAG = "tools"


def plugged_in(group: Group, tree: Path) -> Group:
    """The group, on a machine that has the tree."""
    if not tree.is_dir():
        raise HarnessError(f"{group.name} needs Debian's tools in {tree}: "
                           "scripts/prepare tools makes them")
    share = ("-fsdev", f"local,id={TAG},path={tree},security_model=none,readonly=on",
             "-device", f"virtio-9p-pci,fsdev={TAG},mount_tag={TAG},bus=pcie.0")
    return replace(group, modules=(*MODULES, *group.modules),
                   machine=replace(group.machine, qemu=(*group.machine.qemu, *share)))
