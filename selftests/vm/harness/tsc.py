# SPDX-License-Identifier: GPL-2.0
"""The rate of this machine's TSC, which QEMU's translated x86 processors count with, too.

A kernel measures it beside QEMU's PIT when it boots. On a busy host the PIT runs late, and now and
then the result is a clock that runs five times too fast: each time limit of the driver is over
early. So the kernel is told.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
import time

# rdtsc; shl $32, %rdx; or %rdx, %rax; ret
_CODE = bytes.fromhex("0f31 48c1e220 4809d0 c3")
_INTERVAL = 0.02


@functools.cache
def arguments() -> tuple[str, ...]:
    """What a kernel is told of it; nothing where this machine has none."""
    return (f"tsc_early_khz={rate_khz()}",) if os.uname().machine == "x86_64" else ()


def rate_khz() -> int:
    """Ticks in a millisecond."""
    protection = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    with mmap.mmap(-1, mmap.PAGESIZE, prot=protection) as code:
        code.write(_CODE)
        start = ctypes.c_char.from_buffer(code)
        read = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(start))

        def sample() -> tuple[int, int]:
            """Both clocks at the same time: of some tries the one that was interrupted least."""
            tries = []
            for _ in range(10):
                before = time.monotonic_ns()
                ticks = read()
                tries.append((time.monotonic_ns() - before, before, ticks))
            _, now, ticks = min(tries)
            return now, ticks

        begin, first = sample()
        time.sleep(_INTERVAL)
        end, last = sample()
        # The mapping is not closed while something refers to it.
        del start
    return round((last - first) * 1_000_000 / (end - begin))
