# SPDX-License-Identifier: GPL-2.0
"""What kmemleak reports, and which test it happened in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_OBJECT = re.compile(r"^unreferenced object.* \(size (\d+)\):$")
_BIRTH = re.compile(r'^  comm "(.*)", pid (\d+), jiffies (\d+)')
_FRAME = re.compile(r"^    ([^ ].*)")
# Functions that hand out memory for somebody else.
_ALLOCATOR = re.compile(r"^_*(k[mz]|kv[mz]?alloc|kvre|krealloc|kmem|vmalloc|alloc|get_free"
                        r"|do_kmalloc|kasan|slab|rust_helper_k|.*kernel.*5alloc)")

# The owner of an object that was allocated before the harness did anything.
BEFORE = -1
# Of one owner.
MAX_SHOWN = 5


@dataclass(frozen=True)
class Leak:
    """One object without a reference to it."""

    title: str
    jiffies: int
    lines: tuple[str, ...]


def parse(lines: Iterable[str]) -> Iterator[Leak]:
    """The objects in /sys/kernel/debug/kmemleak."""
    block: list[str] = []
    for line in [*lines, "unreferenced object end"]:
        if line.startswith("unreferenced object") and block:
            yield _leak(block)
            block = []
        if block or _OBJECT.match(line):
            block.append(line)


def _leak(block: list[str]) -> Leak:
    size = _OBJECT.match(block[0])
    birth = next((match for line in block if (match := _BIRTH.match(line))), None)
    start = next((n for n, line in enumerate(block) if line.startswith("  backtrace")), len(block))
    frames = [match[1] for line in block[start:] if (match := _FRAME.match(line))]
    where = next((frame for frame in frames if not _ALLOCATOR.match(frame)), "nowhere")
    return Leak(
        title=f"{size[1] if size else '?'} bytes from {where}"
              + (f", allocated by {birth[1]}" if birth else ""),
        jiffies=int(birth[3]) if birth else 0,
        lines=tuple(block))


def _number(jiffies: str) -> int:
    """Kernels without a timer list report none, and have no kmemleak either."""
    return int(jiffies) if jiffies.isdigit() else 0


@dataclass
class Timeline:
    """When tests began, in jiffies, the unit that kmemleak dates objects in."""

    _start: int = 0
    _begins: list[tuple[int, int]] = field(default_factory=list)

    def start(self, jiffies: str) -> None:
        """What was allocated before is not ours."""
        self._start = _number(jiffies)

    def begin(self, test: int, jiffies: str) -> None:
        """From here on, and until the next begin, it is this test."""
        self._begins.append((_number(jiffies), test))

    def owner(self, leak: Leak) -> int | None:
        """A test's number, None for the time before the first one, or BEFORE."""
        if leak.jiffies < self._start:
            return BEFORE
        return next((test for begin, test in reversed(self._begins)
                     if begin <= leak.jiffies), None)


def by_owner(leaks: Iterable[Leak], times: Timeline) -> dict[int | None, list[Leak]]:
    """Leaks of each test, and of the time between tests under None."""
    owners: dict[int | None, list[Leak]] = {}
    for leak in leaks:
        owners.setdefault(times.owner(leak), []).append(leak)
    owners.pop(BEFORE, None)
    return owners
