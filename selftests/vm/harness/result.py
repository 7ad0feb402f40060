# SPDX-License-Identifier: GPL-2.0
"""The verdict on one test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Result:
    """Starts as passed; whoever knows better says so."""

    name: str
    status: str = "pass"
    reason: str = ""
    seconds: float = 0.0
    # What the test printed, as it is and ready to be nested.
    words: Sequence[str] = ()
    output: list[str] = field(default_factory=list)
    # Details of a failure: kernel log, leaks, further reasons.
    notes: list[str] = field(default_factory=list)

    def fail(self, reason: str, notes: Sequence[str] = ()) -> None:
        """The first reason is the headline, further ones become details."""
        if self.status == "fail":
            self.notes.append(reason)
        else:
            self.status, self.reason = "fail", reason
        self.notes.extend(notes)

    def skip(self, reason: str) -> None:
        """A test that can not run here; never hides a failure."""
        if self.status == "pass":
            self.status, self.reason = "skip", reason
