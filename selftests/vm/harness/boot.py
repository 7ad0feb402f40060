# SPDX-License-Identifier: GPL-2.0
"""One boot: run tests in a VM until one leaves it in doubt."""

from __future__ import annotations

import asyncio
import enum
import re
import time

from . import console, klog, leaks, machine, tap
from .errors import HarnessError, KernelDied
from .kernels import Kernel
from .qmp import QmpError
from .result import Result
from .testlist import Group, Test
from .vm import Vm

MARK = re.compile(r"^@vm@ (\w+) ?(.*)$")
STRAY = "stray-accesses"
# Lines of host memory that a device has newer in its own cache.
HELD_LINES = "host-line"

# How long the console may lag behind the output.
CONSOLE_LAG = 15.0
# Two kmemleak scans and the age that an object must have.
LEAK_LIMIT = 300.0


class State(enum.Enum):
    """What a VM is still good for."""

    # Takes the next test.
    FIT = enum.auto()
    # Obeys, but a report of the kernel would be blamed on the wrong test:
    # lockdep is off after its first one, and what warned may be broken.
    TAINTED = enum.auto()
    # Hangs or is gone.
    LOST = enum.auto()


class Boot:
    """Runs the tests of a group, as far as one boot carries."""

    def __init__(self, vm: Vm, group: Group, kernel: Kernel) -> None:
        self._vm = vm
        self._group = group
        self._kernel = kernel
        self._state = State.FIT
        self._lines: list[str] = []
        self._stray: dict[str, int] = {}
        self._times = leaks.Timeline()
        self.results: list[Result] = []
        # What happened before, between and after tests.
        self.outside = Result(f"{group.name}/outside-of-tests")

    async def run(self) -> None:
        """Fill results and outside; there may be fewer results than tests."""
        await self._ready()
        for number, test in enumerate(self._group.tests):
            self.results.append(await self._run(number, test))
            if self._state is not State.FIT:
                break
        if self._state is not State.LOST:
            await self._find_leaks()
        self._complain(self.outside, None)

    async def _until(self, *marks: str) -> str | None:
        """The rest of the line of one of these marks, or None if the VM is gone.

        What came before the mark is in _lines, also after a time limit.
        """
        self._lines = []
        while (raw := await self._vm.output.get()) is not None:
            line = console.clean(raw)
            match = MARK.match(line)
            if match is None:
                self._lines.append(line)
                continue
            # A mark makes sure to start a line; that is not the test's output.
            if self._lines and not self._lines[-1]:
                self._lines.pop()
            if match[1] in marks:
                return match[2]
        return None

    async def _ready(self) -> None:
        """Wait until the guest has loaded its modules and takes commands."""
        limit = self._group.boot_timeout or self._kernel.boot_limit
        try:
            async with asyncio.timeout(limit):
                loading = await self._until("loading")
                broken = await self._until("loaded") if loading is not None else None
        except TimeoutError:
            await self._vm.keep_state(self._group.machine.cpus)
            said = [line for line in self._vm.console if line.strip()]
            last = console.clean(said[-1]) if said else "nothing"
            raise HarnessError(f"the guest was not ready after {limit:.0f} s, "
                               f"the last line on its console is: {last}") from None
        if loading is None or broken is None:
            how = await self._vm.how_it_ended()
            said = [complaint.title for complaint in klog.complaints(self._vm.console)]
            kind = KernelDied if said and loading is None else HarnessError
            raise kind(": ".join(["the VM did not boot", *said[-1:], how]))
        if broken:
            raise HarnessError(f"{broken} failed: {' '.join(self._lines)}")
        self._times.start(loading)
        await self._count_stray(self.outside)

    async def _run(self, number: int, test: Test) -> Result:
        result = Result(self._group.test_id(test))
        limit = test.timeout * self._kernel.slowness
        started = time.monotonic()
        if test.powers_off:
            await self._run_to_power_off(number, result, limit)
            result.seconds = time.monotonic() - started
            return result
        self._vm.send(f"run {number}")
        code: str | None = None
        try:
            async with asyncio.timeout(limit):
                if (begun := await self._until("begin")) is not None:
                    self._times.begin(number, begun)
                    code = await self._until("end")
            if code is None:
                self._state = State.LOST
        except TimeoutError:
            self._state = State.LOST
            result.fail(f"timed out after {limit:.0f} s")
        result.seconds = time.monotonic() - started
        output = tap.parse(self._lines)
        result.words = output.lines
        result.output = list(tap.nest(output))
        if self._state is State.LOST:
            await self._last_words(number, result)
        elif not await self._console_mark(number):
            self._state = State.LOST
            result.fail("the kernel's console fell silent")
        # The kernel's report is a better headline than the exit code it caused.
        self._complain(result, number, test.expect.get(self._vm.architecture.name, ()))
        await self._count_stray(result)
        if code is not None:
            tap.judge(int(code), output, result)
        elif result.status != "fail":
            result.fail(await self._vm.how_it_ended())
        return result

    async def _run_to_power_off(self, number: int, result: Result, limit: float) -> None:
        """The test has no exit code: what counts is how the devices are left."""
        self._state = State.LOST
        try:
            async with asyncio.timeout(limit):
                await self._vm.keep_when_off()
                self._vm.send(f"run {number}")
                await self._vm.is_off()
        except (QmpError, TimeoutError) as error:
            result.fail(str(error) or f"not powered off after {limit:.0f} s")
        self._complain(result, number)
        await self._count_stray(result)
        for number in range(len(self._group.machine.accelerators)):
            device = machine.accelerator_id(number)
            if held := await self._vm.property(device, HELD_LINES):
                result.fail(f"{held} dirty lines of host memory in the cache of {device}")

    async def _last_words(self, number: int, result: Result) -> None:
        """A hanging kernel can still tell what hangs."""
        if result.status == "fail":
            before = len(self._vm.console)
            await self._vm.keep_state(self._group.machine.cpus)
            await self._vm.show_blocked()
            result.notes.extend(self._vm.console[before:][:klog.MAX_LINES])
            # That dump is no complaint.
            del self._vm.console[before:]

    async def _console_mark(self, number: int) -> bool:
        """Wait until all that the kernel said during a test has arrived."""
        def arrived() -> bool:
            marks = (console.END.search(console.clean(line))
                     for line in reversed(self._vm.console))
            return any(mark and int(mark[1]) == number for mark in marks)

        try:
            async with asyncio.timeout(CONSOLE_LAG):
                while not arrived():
                    self._vm.console_grew.clear()
                    await self._vm.console_grew.wait()
        except TimeoutError:
            return False
        return True

    def _complain(self, blame: Result, number: int | None,
                  expect: tuple[str, ...] = ()) -> None:
        """What the kernel said during a test (or outside of all)."""
        verdict = klog.judge(console.cut(self._vm.console).get(number, []), expect)
        for complaint in verdict.unexpected:
            # Outside of tests kmemleak announces what our own scan found, which
            # is sorted by test already.
            if number is not None or complaint.kind != "kmemleak":
                blame.fail(f"{complaint.kind}: {complaint.title}", complaint.lines)
        for pattern in verdict.missing:
            blame.fail(f"the expected kernel complaint {pattern!r} did not come")
        if verdict.fatal:
            self._state = State.LOST
        elif verdict.all and self._state is State.FIT:
            self._state = State.TAINTED

    async def _count_stray(self, blame: Result) -> None:
        """Window accesses since the last count that no committed decoder took."""
        for number in range(len(self._group.machine.accelerators)):
            device = machine.accelerator_id(number)
            count = await self._vm.property(device, STRAY)
            if count is None:
                continue
            new = count - self._stray.get(device, 0)
            self._stray[device] = count
            if new > 0:
                blame.fail(f"{new} stray accesses to the window of {device} "
                           "while no committed decoder decoded it")

    async def _find_leaks(self) -> None:
        """Ask kmemleak once for the whole boot, then find out whose a leak is."""
        self._vm.send("leaks")
        try:
            async with asyncio.timeout(LEAK_LIMIT):
                answer = await self._until("checked")
        except TimeoutError:
            self.outside.fail(f"kmemleak did not answer within {LEAK_LIMIT:.0f} s")
            return
        if answer is None:
            self.outside.fail(await self._vm.how_it_ended())
        for owner, found in leaks.by_owner(leaks.parse(self._lines), self._times).items():
            blame = self.outside if owner is None else self.results[owner]
            for leak in found[:leaks.MAX_SHOWN]:
                blame.fail(f"memory leak: {leak.title}", leak.lines)
            if len(found) > leaks.MAX_SHOWN:
                blame.notes.append(f"and {len(found) - leaks.MAX_SHOWN} more leaks")
