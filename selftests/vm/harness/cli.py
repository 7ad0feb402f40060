# SPDX-License-Identifier: GPL-2.0
"""The command line of selftests/vm/run."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from . import architecture, selection, shell, testlist
from .errors import HarnessError
from .kernels import KERNELS
from .paths import SOURCE, Paths
from .report import Plain, Report
from .runner import Runner

JOBS = 3 * (os.cpu_count() or 1)
EXIT_FAILED = 1
EXIT_USAGE = 2


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run", description="Boot kernels in VMs, run tests in them, print TAP.",
        epilog="ACCEL=kvm runs the VMs on KVM instead of emulation, "
               "ARCH=arm64 or ARCH=x86 those of another architecture.")
    parser.add_argument("tests", metavar="TEST", nargs="*",
                        help="LIST, LIST/GROUP or LIST/GROUP/TEST, may hold wildcards "
                             "(default: all)")
    parser.add_argument("--kernel", choices=tuple(KERNELS), default="stock",
                        help="the kernel to boot (default: stock)")
    parser.add_argument("--device", metavar="PROPS", action="append", default=[],
                        help="properties A=B,C=D of the emulated device; repeat for the "
                             "second device of a machine, and so on")
    parser.add_argument("--timeout", metavar="S", type=float,
                        help="end the whole run after this many seconds")
    parser.add_argument("--seconds", metavar="N", type=int, default=60,
                        help="how long a test runs whose command says {seconds} (default: 60)")
    parser.add_argument("--list", metavar="FILE", type=Path, action="append", default=[],
                        help="a test list (default: all in selftests/vm/tests)")
    parser.add_argument("-j", "--jobs", metavar="N", type=int, default=JOBS,
                        help="VMs at the same time (default: three times the number of CPUs, since "
                             "tests of resets and power spend half of their time waiting)")
    parser.add_argument("--brief", action="store_true",
                        help="leave out groups that are the same on every architecture")
    parser.add_argument("--show", action="store_true", help="only print the names of the tests")
    parser.add_argument("--plain", action="store_true",
                        help="no TAP: only what tests print, until one fails")
    parser.add_argument("--shell", action="store_true",
                        help="no tests: a VM with a shell on this terminal")
    Paths.add_options(parser)
    return parser.parse_args(arguments)


async def _interruptible(work: asyncio.Task[None]) -> int:
    """Wait for work; a signal cancels it and becomes the exit status."""
    loop = asyncio.get_running_loop()
    received: list[signal.Signals] = []

    def on_signal(number: signal.Signals) -> None:
        received.append(number)
        work.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal, number)
    try:
        await work
    except asyncio.CancelledError:
        if not received:
            raise
        return 128 + received[0]
    return 0


async def _run_tests(options: argparse.Namespace, paths: Paths,
                     groups: list[testlist.Group]) -> int:
    runner = Runner(paths, architecture.chosen(), options.kernel, options.jobs)
    report = Plain(sys.stdout) if options.plain else Report(sys.stdout)
    status = await _interruptible(asyncio.create_task(
        runner.run(groups, report, options.timeout)))
    if status:
        report.comment(f"interrupted by {signal.Signals(status - 128).name}")
    success = report.finish()
    return status or (0 if success else EXIT_FAILED)


async def _run_shell(options: argparse.Namespace, paths: Paths) -> int:
    return await _interruptible(asyncio.create_task(
        shell.run(paths, architecture.chosen(), options.kernel, options.device)))


def main(arguments: list[str]) -> int:
    """Run, and return the exit status."""
    options = _options(arguments)
    paths = Paths.from_options(options)
    try:
        if options.shell:
            options.device = [selection.parse_properties(text) for text in options.device]
            return asyncio.run(_run_shell(options, paths))
        lists = options.list or sorted((SOURCE / "selftests/vm/tests").glob("*.toml"))
        if not lists:
            raise HarnessError("there is no test list")
        groups = [group for path in lists for group in testlist.load(path)]
        groups = selection.select(groups, architecture.chosen().name, options.kernel, options.tests,
                                  options.brief)
        changes = [selection.parse_properties(text) for text in options.device]
        groups = [selection.with_values(selection.with_devices(group, changes), options.seconds)
                  for group in groups]
        if options.show:
            for group in groups:
                print("\n".join(group.test_id(test) for test in group.tests))
            return 0
        return asyncio.run(_run_tests(options, paths, groups))
    except HarnessError as error:
        print(f"run: {error}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:
        # Nobody reads the results any more; nothing may be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
