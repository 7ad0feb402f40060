# SPDX-License-Identifier: GPL-2.0
"""TAP and KTAP: what a test program printed, and what the harness prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .result import Result

# Exit codes of tools/testing/selftests/kselftest.h
PASS = 0
SKIP = 4

_VERSION = re.compile(r"^(KTAP|TAP) version \d+$")
_PLAN = re.compile(r"^1\.\.(\d+)( *# *SKIP\b *(.*))?$", re.IGNORECASE)
_RESULT = re.compile(r"^(not )?ok\b *(\d+)? *-? *(.*?)(?: *# *(SKIP|TODO|XFAIL)\b *(.*))?$",
                     re.IGNORECASE)
_BAIL = re.compile(r"^Bail out!\s*(.*)$")


@dataclass(frozen=True)
class Output:
    """What the output of a program says about it."""

    lines: tuple[str, ...]
    is_tap: bool
    passed: int
    failed: tuple[str, ...]
    skipped: int
    problem: str
    skip_reason: str


def parse(lines: Sequence[str]) -> Output:
    """Judge a program's own results.

    Only the outermost level counts: what is indented is the detail of a
    result that follows it.
    """
    is_tap = False
    plan: int | None = None
    passed, skipped = 0, 0
    failed: list[str] = []
    problem, skip_reason = "", ""
    for line in lines:
        if _VERSION.match(line):
            is_tap = True
        elif match := _PLAN.match(line):
            is_tap = True
            plan = int(match[1])
            skip_reason = match[3] or skip_reason
        elif match := _BAIL.match(line):
            problem = f"bailed out: {match[1]}" if match[1] else "bailed out"
        elif is_tap and (match := _RESULT.match(line)):
            directive = (match[4] or "").upper()
            if directive == "SKIP":
                skipped += 1
                skip_reason = skip_reason or match[5] or ""
            elif match[1] and not directive:
                failed.append(match[3] or match[2] or "unnamed")
            else:
                passed += 1
    seen = passed + skipped + len(failed)
    if is_tap and not problem:
        if plan is None:
            problem = "the output has no plan"
        elif plan != seen:
            problem = f"the plan announced {plan} subtests, the output has {seen}"
    return Output(tuple(lines), is_tap, passed, tuple(failed), skipped, problem,
                  skip_reason.strip())


def judge(code: int, output: Output, result: Result) -> None:
    """Turn exit code and output of a program into a verdict."""
    if output.failed:
        more = f" and {len(output.failed) - 1} more" if len(output.failed) > 1 else ""
        result.fail(f"subtest failed: {output.failed[0]}{more}")
    elif code == SKIP:
        result.skip(output.skip_reason or (output.lines[-1] if output.lines else ""))
    elif code > 128:
        result.fail(f"killed by signal {code - 128}")
    elif code != PASS:
        result.fail(f"exit code {code}")
    elif output.problem:
        result.fail(output.problem)
    elif output.is_tap and not output.passed:
        result.skip(output.skip_reason)


def nest(output: Output) -> Iterable[str]:
    """A program's output as the inside of one result."""
    for line in output.lines:
        inner = output.is_tap and re.match(r"^\s*(not ok|ok|1\.\.|#|K?TAP version)", line)
        yield f"  {line}" if inner else f"# {line}".rstrip()
