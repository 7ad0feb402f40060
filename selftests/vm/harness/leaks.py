# SPDX-License-Identifier: GPL-2.0
"""What kmemleak reports, and which test it happened in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_OBJECT = re.compile(r"^unreferenced object.* \(size (\d+)\):$")
_BIRTH = re.compile(r'^  comm "(.*)", pid (\d+), jiffies (\d+)')
_FRAME = re.compile(r"^    (\S+\+0x\S+)(?: \[(\S+)\])?")

# The owner of an object that was allocated before the harness did anything.
BEFORE = -1


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
    frames = [match[0].strip() for line in block if (match := _FRAME.match(line))]
    # The innermost frames are the allocator's own.
    inside = next((frame for frame in frames if "[" in frame), frames[-1] if frames else "?")
    return Leak(
        title=f"{size[1] if size else '?'} bytes from {inside}"
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
