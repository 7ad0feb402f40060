# SPDX-License-Identifier: GPL-2.0
"""What differs between kernels of one architecture: how long they take, what they are told at boot."""

from __future__ import annotations

from dataclasses import dataclass

from .architecture import Architecture

COMMON = (
    # QEMU ends on reboot, so a panic ends it at once.
    "panic=-1",
    # A busy host lets virtual CPUs wait; a test's own limit comes first.
    "watchdog_thresh=60",
    "rcupdate.rcu_cpu_stall_timeout=120",
    # The kernel's tests of its ciphers take a second of every boot.
    "cryptomgr.notests",
    # The agent marks the beginning and end of each test in the kernel log.
    "printk.devkmsg=on",
    # On a time limit the harness asks for a dump of blocked tasks.
    "sysrq_always_enabled",
)


@dataclass(frozen=True)
class Kernel:
    """Properties of a kernel that the harness can boot."""

    name: str
    # Seconds until the guest takes commands.
    boot_limit: float
    # Time limits of tests are multiplied by this.
    slowness: float
    arguments: tuple[str, ...]

    def command_line(self, architecture: Architecture, extra: str) -> str:
        """The kernel command line, with what a group adds."""
        return " ".join([*architecture.arguments, *architecture.clock(), *self.arguments,
                         extra]).strip()


KERNELS = {kernel.name: kernel for kernel in (
    Kernel("stock", boot_limit=150, slowness=1, arguments=COMMON),
    Kernel("debug", boot_limit=400, slowness=4, arguments=(
        *COMMON,
        # The slab allocator's per-CPU caches keep pointers to objects that were
        # handed out long ago. kmemleak finds them there and reports no leak of
        # less than about 60 objects. Debugged slabs have no such caches.
        "slab_debug=F,kmalloc-*",
    )),
    # Of arm64 only, with pages of 64 KiB.
    Kernel("64k", boot_limit=150, slowness=1, arguments=COMMON),
)}
