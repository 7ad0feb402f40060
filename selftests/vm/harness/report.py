# SPDX-License-Identifier: GPL-2.0
"""What a person and CI read: TAP, then one line of totals."""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from .result import Result


class Report:
    """Numbers results in the order in which they are handed in."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._counts: Counter[str] = Counter()
        self._begin()

    def _begin(self) -> None:
        self._write("TAP version 13")

    def _write(self, line: str) -> None:
        # A guest may print what the terminal of the host can not.
        encoding = self._out.encoding or "utf-8"
        safe = line.encode(encoding, "backslashreplace").decode(encoding)
        self._out.write(safe + "\n")
        self._out.flush()

    def comment(self, text: str) -> None:
        """A line that no TAP reader acts on."""
        self._write(f"# {text}".rstrip())

    def result(self, result: Result, logs: str = "") -> None:
        """One test, its own output above it."""
        self._counts[result.status] += 1
        for line in result.output:
            self._write(line)
        for line in result.notes:
            self.comment(line)
        if result.status == "fail" and logs:
            self.comment(f"logs: {logs}")
        number = self._counts.total()
        match result.status:
            case "pass":
                self._write(f"ok {number} {result.name}")
            case "skip":
                self._write(f"ok {number} {result.name} # SKIP {result.reason}".rstrip())
            case _:
                self._write(f"not ok {number} {result.name} # {result.reason}")

    def finish(self) -> bool:
        """Plan and totals; true if the run was a success."""
        passed, failed, skipped = (self._counts[status] for status in ("pass", "fail", "skip"))
        self._write(f"1..{self._counts.total()}")
        self._write(f"{passed} passed, {failed} failed"
                    + (f", {skipped} skipped" if skipped else ""))
        return passed > 0 and failed == 0


class Plain(Report):
    """What tests print and nothing around it, until one fails: then all that is known."""

    def _begin(self) -> None:
        pass

    def comment(self, text: str) -> None:
        pass

    def result(self, result: Result, logs: str = "") -> None:
        self._counts[result.status] += 1
        for line in result.words:
            self._write(line)
        if result.status != "pass":
            for line in [*result.notes, f"{result.name}: {result.reason}"]:
                self._write(line)
            if logs:
                self._write(f"logs: {logs}")

    def finish(self) -> bool:
        return self._counts["pass"] > 0 and self._counts.total() == self._counts["pass"]
