# SPDX-License-Identifier: GPL-2.0
"""The kernel console, cut into what belongs to each test.

The guest's agent writes marks into the kernel log around each test. What
stands between them was logged while that test ran; the rest belongs to the
boot itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

BEGIN = re.compile(r"vm-test: begin (\d+)$")
END = re.compile(r"vm-test: end (\d+)$")
_TIMESTAMP = re.compile(r"^(<\d+>)?\[ *\d+\.\d+\](\[ *[TC]\d+\])? ?")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def clean(line: str) -> str:
    """A console line without terminal control and line end."""
    return _ESCAPE.sub("", line).replace("\r", "").rstrip("\n")


def text(line: str) -> str:
    """What the kernel said, without the time at which it did."""
    return _TIMESTAMP.sub("", clean(line))


class LineSplitter:
    """Bytes in pieces of any size in, whole lines out."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """Lines that this piece completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").rstrip("\r")

    def flush(self) -> str:
        """The line that was not ended."""
        rest, self._rest = self._rest, b""
        return rest.decode(errors="replace").rstrip("\r")


def cut(lines: Iterable[str]) -> dict[int | None, list[str]]:
    """Lines by test number; None holds what was logged outside of tests."""
    parts: dict[int | None, list[str]] = {None: []}
    current: int | None = None
    for line in lines:
        line = clean(line)
        if match := BEGIN.search(line):
            current = int(match[1])
            parts.setdefault(current, [])
        elif END.search(line):
            current = None
        else:
            parts[current].append(line)
    return parts
