# SPDX-License-Identifier: GPL-2.0
"""The shell of `make shell`, as a person at a terminal uses it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import termios
import time
import unittest
from pathlib import Path

from controls import session
from unit import setting

RUN = Path(__file__).resolve().parent.parent / "run"


class Terminal:
    """A terminal with the harness on it."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()
        self.settings = termios.tcgetattr(self._theirs)
        self._text = ""
        paths = setting.PATHS
        self.process = subprocess.Popen(
            [RUN, "--shell", "--build", paths.build, "--kernels", paths.kernels,
             "--qemu", paths.qemu],
            stdin=self._theirs, stdout=self._theirs, stderr=self._theirs, start_new_session=True)

    def type(self, line: str) -> None:
        """A line and the return key."""
        os.write(self._ours, line.encode() + b"\r")

    def read_until(self, text: str, seconds: float) -> str:
        """What is shown up to this text, which is not looked for again."""
        deadline = time.monotonic() + seconds
        while text not in self._text:
            if not select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"no {text!r} in {self._text!r}")
            self._text += os.read(self._ours, 65536).decode(errors="replace")
        shown, _, self._text = self._text.partition(text)
        return shown

    def restored(self) -> bool:
        """Whether the settings are what they were."""
        return termios.tcgetattr(self._theirs) == self.settings

    def close(self) -> None:
        """Nobody sits there any more."""
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)


@unittest.skipIf(setting.KERNEL != "stock", "does not depend on the kernel")
class Shell(unittest.TestCase):
    def setUp(self) -> None:
        self.terminal = Terminal()
        self.addCleanup(self.terminal.close)

    def test_device_and_module_are_there(self) -> None:
        terminal = self.terminal
        terminal.read_until("try cxl-vfio bind 0000:0d:00.0", 20)
        terminal.read_until("# ", 150)
        # The terminal shows what is typed, too: only the shell can multiply.
        terminal.type("cat /sys/bus/pci/devices/0000:0d:00.0/class; echo $((6 * 7))")
        self.assertIn("0x120000", terminal.read_until("42", 20))
        terminal.type("ls /sys/bus/pci/drivers; echo $((6 * 8))")
        self.assertRegex(terminal.read_until("48", 20), r"\bcxl_vfio_pci\b")
        machines = session.children(terminal.process.pid)
        self.assertEqual(len(machines), 1)
        terminal.type("poweroff -f")
        self.assertEqual(terminal.process.wait(timeout=30), 0)
        self.assertFalse(any(session.alive(pid) for pid in machines))
        self.assertTrue(terminal.restored())

    def test_closed_terminal_ends_the_machine(self) -> None:
        terminal = self.terminal
        self.assertTrue(terminal.restored())
        session.wait(lambda: bool(session.children(terminal.process.pid)), 60)
        session.wait(lambda: not terminal.restored(), 60)
        machines = session.children(terminal.process.pid)
        terminal.process.send_signal(signal.SIGHUP)
        self.assertEqual(terminal.process.wait(timeout=30), 128 + signal.SIGHUP)
        self.assertFalse(any(session.alive(pid) for pid in machines))
        self.assertTrue(terminal.restored())

    def test_without_a_terminal(self) -> None:
        result = subprocess.run([RUN, "--shell", "--build", setting.PATHS.build], check=False,
                                stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr, "run: --shell needs a terminal on standard input\n")
