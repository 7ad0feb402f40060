# SPDX-License-Identifier: GPL-2.0
"""Start the harness as a person does, and look at what it leaves behind."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.paths import SOURCE
from harness.result import Result
from unit import setting

HERE = Path(__file__).resolve().parent
LIST = HERE / "controls.toml"

_RESULT = re.compile(r"^(not )?ok \d+ (\S+)(?: # (SKIP)?(.*))?$")


def build_faults() -> None:
    """The kernel module that makes mistakes."""
    subprocess.run([SOURCE / "scripts/build-module", setting.KERNEL, "faults"], check=True)


def children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


@dataclass(frozen=True)
class Finished:
    """A run that ended."""

    status: int
    text: str
    survivors: list[int]

    def results(self) -> list[Result]:
        """What the TAP lines on the outer level say."""
        found = []
        for line in self.text.split("\n"):
            if match := _RESULT.match(line):
                status = "skip" if match[3] else "fail" if match[1] else "pass"
                found.append(Result(match[2], status, (match[4] or "").strip()))
        return found

    def group(self, name: str) -> list[Result]:
        """Results whose name is this or below it."""
        return [result for result in self.results()
                if result.name == name or result.name.startswith(name + "/")]

    def counts(self) -> Counter[str]:
        """Results by status."""
        return Counter(result.status for result in self.results())


class Running:
    """A run of the harness, and the QEMUs that it started."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def machines(self) -> list[int]:
        """Process ids of QEMUs; the emulator is a direct child."""
        return children(self.process.pid)

    def wait_for_test(self, test: str) -> None:
        """Until a test that says what it is about to do has said so."""
        log = logs(test) / "boot1/output.log"
        wait(lambda: log.is_file() and b"about to " in log.read_bytes(), 400)


def logs(test: str) -> Path:
    """Where the logs of a test's group are."""
    return setting.PATHS.logs(setting.KERNEL, test.rpartition("/")[0])


def wait(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing happened in {seconds:.0f} s")
        time.sleep(0.05)


def forget(test: str) -> None:
    """Remove the logs of an earlier run."""
    shutil.rmtree(logs(test), ignore_errors=True)


def start(*arguments: str) -> Running:
    """Run the harness on some of the negative controls."""
    paths = setting.PATHS
    return Running(subprocess.Popen(
        [HERE.parent / "run", "--kernel", setting.KERNEL, "--list", LIST,
         "--build", paths.build, "--kernels", paths.kernels, "--qemu", paths.qemu, *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace"))


def alive(pid: int) -> bool:
    """Whether a process still runs; one that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def finish(running: Running, machines: list[int] | None = None) -> Finished:
    """Wait for the end; machines are QEMUs that must not survive it."""
    text, _ = running.process.communicate(timeout=1800)
    # Death by signal of a parent is delivered, but takes its time.
    deadline = time.monotonic() + 60
    survivors = machines or []
    while survivors and time.monotonic() < deadline:
        survivors = [pid for pid in survivors if alive(pid)]
        time.sleep(0.05)
    return Finished(running.process.returncode, text, survivors)


def mounts() -> str:
    """The mount table."""
    return Path("/proc/self/mounts").read_text()
