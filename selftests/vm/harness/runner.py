# SPDX-License-Identifier: GPL-2.0
"""Run groups side by side, the longest first; report each when it is done."""

from __future__ import annotations

import asyncio
import math
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import installed, tools
from .architecture import Architecture
from .boot import Boot
from .errors import HarnessError, KernelDied
from .initramfs import Builder
from .kernels import KERNELS
from .paths import SOURCE, Paths
from .report import Report
from .result import Result
from .testlist import Group
from .vm import Vm


@dataclass(eq=False)
class Outcome:
    """What is known about a group, while it runs and after."""

    group: Group
    logs: dict[str, Path] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    # Why a boot counts for nothing.
    booted_again: str = ""
    # How long it took; 0 before the end.
    seconds: float = 0
    # The disk of all of its boots, while it runs.
    installation: installed.Installation | None = None

    def missing(self) -> list[str]:
        """Tests without a result."""
        known = {result.name for result in self.results}
        names = [self.group.test_id(test) for test in self.group.tests]
        return [name for name in names if name not in known]

    def fail_missing(self, reason: str) -> None:
        """Tests that could not run are failed tests."""
        for name in self.missing():
            result = Result(name)
            result.fail(reason)
            self.results.append(result)


def _as_seen_outside(path: Path) -> str:
    """A path that also leads there from outside of the tool root: below the clone."""
    return str(path.relative_to(SOURCE) if path.is_relative_to(SOURCE) else path)


class Runner:
    """Runs groups on one kernel."""

    def __init__(self, paths: Paths, architecture: Architecture, kernel: str, jobs: int) -> None:
        self._paths = paths
        self._architecture = architecture
        self._kernel = KERNELS[kernel]
        self._image = paths.image(kernel, architecture.image)
        self._builder = Builder(paths, architecture, kernel)
        self._slots = asyncio.Semaphore(jobs)

    async def _boot(self, outcome: Outcome, group: Group, logs: Path) -> None:
        """One boot with the tests that are left."""
        if group.tools:
            group = tools.plugged_in(group, self._paths.tools)
        if disk := outcome.installation:
            group = disk.plugged_in(group, self._builder)
            image, initramfs = disk.image(), disk.initramfs()
        else:
            image, initramfs = self._image, self._builder.build(group)
        vm = Vm(self._paths.qemu, self._architecture, logs)
        boot = Boot(vm, group, self._kernel)
        try:
            await vm.start(group.machine, image, initramfs,
                           self._kernel.command_line(self._architecture, group.cmdline))
            await boot.run()
        finally:
            await vm.stop()
            results = list(boot.results)
            if boot.outside.status == "fail":
                results.append(boot.outside)
            outcome.results += results
            outcome.logs |= {result.name: logs for result in results}

    def _duration(self, group: Group) -> Path:
        return self._paths.duration(self._architecture.name, self._kernel.name, group.name,
                                    len(group.tests))

    def _last_seconds(self, group: Group) -> float:
        """How long a group took the last time; one that never ran may take forever."""
        try:
            return float(self._duration(group).read_text())
        except (OSError, ValueError):
            return math.inf

    def _how_long(self, group: Group) -> tuple[float, float]:
        """Those that never ran by what they may take."""
        return self._last_seconds(group), sum(test.timeout for test in group.tests)

    def _keep_seconds(self, outcome: Outcome) -> None:
        path = self._duration(outcome.group)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{outcome.seconds:.1f}\n")

    async def _group(self, outcome: Outcome) -> Outcome:
        """Boot as often as it takes to give every test a VM that is fit."""
        async with self._slots:
            base = self._paths.logs(self._kernel.name, outcome.group.name)
            shutil.rmtree(base, ignore_errors=True)
            started = time.monotonic()
            count = 0
            try:
                if outcome.group.installed:
                    outcome.installation = installed.Installation(
                        self._paths.debian, self._paths.build,
                        self._paths.disk(self._kernel.name, outcome.group.name))
                while names := outcome.missing():
                    count += 1
                    tests = tuple(test for test in outcome.group.tests
                                  if outcome.group.test_id(test) in names)
                    logs = base / f"boot{count}"
                    try:
                        await self._boot(outcome, replace(outcome.group, tests=tests), logs)
                    except KernelDied as error:
                        # An emulator with several CPUs does that to the kernel alone, once in
                        # some thousand boots: it patches its own code while the others run it.
                        if outcome.booted_again:
                            raise
                        outcome.booted_again = f"{_as_seen_outside(logs)}: {error}"
                outcome.seconds = time.monotonic() - started
                self._keep_seconds(outcome)
            except HarnessError as error:
                outcome.seconds = time.monotonic() - started
                outcome.logs |= {name: logs for name in outcome.missing()}
                outcome.fail_missing(str(error))
            finally:
                if outcome.installation:
                    outcome.installation.remove()
            return outcome

    async def run(self, groups: Sequence[Group], report: Report,
                  time_limit: float | None) -> None:
        """All groups, or as many as fit into the time limit."""
        outcomes = [Outcome(group) for group in groups]
        # The longest first, so that no processor waits for it alone at the end.
        tasks = [asyncio.create_task(self._group(outcome)) for outcome in
                 sorted(outcomes, key=lambda one: self._how_long(one.group), reverse=True)]
        left = dict.fromkeys(outcomes)
        try:
            async with asyncio.timeout(time_limit):
                for task in asyncio.as_completed(tasks):
                    outcome = await task
                    self._show(outcome, report)
                    del left[outcome]
        except TimeoutError:
            await self._end(tasks)
            for outcome in left:
                outcome.fail_missing(f"not finished within the time limit of {time_limit:.0f} s")
                self._show(outcome, report)
        except asyncio.CancelledError:
            await self._end(tasks)
            for outcome in left:
                self._show(outcome, report)
            raise
        finally:
            await self._end(tasks)

    @staticmethod
    async def _end(tasks: Sequence[asyncio.Task[Outcome]]) -> None:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    @staticmethod
    def _show(outcome: Outcome, report: Report) -> None:
        if outcome.results:
            seconds = f", {outcome.seconds:.0f} s" if outcome.seconds else ""
            report.comment(f"group {outcome.group.name}{seconds}")
        if outcome.booted_again:
            report.comment(f"booted again: {outcome.booted_again}")
        for result in outcome.results:
            logs = outcome.logs.get(result.name)
            report.result(result, _as_seen_outside(logs) if logs else "")
