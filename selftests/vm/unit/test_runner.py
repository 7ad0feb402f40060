# SPDX-License-Identifier: GPL-2.0
"""How often a group is booted, in which order, and when it is reported."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import re
import shutil
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

from harness.architecture import chosen
from harness.errors import HarnessError, KernelDied
from harness.report import Report
from harness.result import Result
from harness.runner import Outcome, Runner
from harness.testlist import Group, Test
from unit import setting

GROUP = Group("list/group", (Test("one", ("true",)), Test("two", ("true",))))

# What a boot does: give tests a result, or end with an error.
Step = Callable[[Outcome, Group], None]


def run(count: int) -> Step:
    """A boot that carries as many tests as that."""
    def step(outcome: Outcome, group: Group) -> None:
        outcome.results += [Result(group.test_id(test)) for test in group.tests[:count]]
    return step


def end(error: HarnessError) -> Step:
    def step(outcome: Outcome, group: Group) -> None:
        raise error
    return step


class Rehearsal(Runner):
    """Boots nothing: each boot is the next step."""

    def __init__(self, logs: Path, *steps: Step) -> None:
        super().__init__(
            dataclasses.replace(setting.PATHS, build=logs, durations=logs / "durations"),
            chosen(), "stock", 1)
        self._steps = list(steps)
        self.booted: list[str] = []

    async def _boot(self, outcome: Outcome, group: Group, logs: Path) -> None:
        logs.mkdir(parents=True)
        self.booted.append(group.name)
        self._steps.pop(0)(outcome, group)


class Boots(unittest.TestCase):
    def printed(self, *steps: Step) -> str:
        out = io.StringIO()
        with tempfile.TemporaryDirectory() as logs:
            runner = Rehearsal(Path(logs), *steps)
            asyncio.run(runner.run([GROUP], Report(out), None))
        self.assertEqual(runner._steps, [])
        return out.getvalue()

    def test_as_many_as_the_tests_take(self) -> None:
        text = self.printed(run(1), run(1))
        self.assertIn("ok 1 list/group/one\nok 2 list/group/two\n", text)
        self.assertNotIn("booted again", text)

    def test_one_more_when_the_kernel_dies_early(self) -> None:
        text = self.printed(end(KernelDied("int3")), run(2))
        self.assertIn("list.group/boot1: int3\nok 1 list/group/one\nok 2 list/group/two\n", text)

    def test_no_third(self) -> None:
        text = self.printed(end(KernelDied("int3")), end(KernelDied("oops")))
        self.assertEqual(text.count("booted again"), 1)
        self.assertIn("not ok 1 list/group/one # oops\n", text)
        self.assertIn("not ok 2 list/group/two # oops\n", text)

    def test_none_for_another_reason(self) -> None:
        text = self.printed(end(HarnessError("no QEMU")))
        self.assertIn("not ok 1 list/group/one # no QEMU\n", text)
        self.assertNotIn("booted again", text)


class Order(unittest.TestCase):
    def test_the_longest_first(self) -> None:
        """In any clone: nothing of the last run is left but how long each group took."""
        groups = [dataclasses.replace(GROUP, name=f"list/{name}") for name in ("a", "b", "c")]
        with tempfile.TemporaryDirectory() as logs:
            def booted(groups: list[Group]) -> list[str]:
                out = io.StringIO()
                runner = Rehearsal(Path(logs), *[run(2)] * len(groups))
                asyncio.run(runner.run(groups, Report(out), None))
                shutil.rmtree(Path(logs) / "vm")
                # Each as soon as it is done, or a person waits for the last of a list.
                self.assertEqual(re.findall(r"^# group (\S+), 0 s$", out.getvalue(), re.M),
                                 runner.booted)
                return runner.booted

            self.assertEqual(booted(groups[:2]), ["list/a", "list/b"])
            for name, seconds in (("a", "2.5"), ("b", "12.0")):
                path = Path(logs) / "durations" / chosen().name / "stock" / f"list.{name}.2"
                self.assertRegex(path.read_text(), r"^\d+\.\d$")
                path.write_text(seconds)
            # The one that never ran may take forever.
            self.assertEqual(booted(groups), ["list/c", "list/b", "list/a"])
            # Of two that never ran, the one that may take longer.
            slow = tuple(dataclasses.replace(test, timeout=500) for test in GROUP.tests)
            new = [dataclasses.replace(GROUP, name="list/d"),
                   dataclasses.replace(GROUP, name="list/e", tests=slow)]
            self.assertEqual(booted(new), ["list/e", "list/d"])
            # A part of one says nothing of the whole.
            path.write_text("7.0")
            booted([dataclasses.replace(groups[1], tests=groups[1].tests[:1])])
            self.assertEqual(path.read_text(), "7.0")
