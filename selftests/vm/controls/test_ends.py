# SPDX-License-Identifier: GPL-2.0
"""Ways in which a run ends early: none may hang, lie or leave anything behind."""

from __future__ import annotations

import os
import signal
import tempfile
import unittest
from unittest import mock

from controls import session
from harness.result import Result
from unit import setting

HANG = "controls/hang-long/fault"
HANG_SHORTLY = "controls/hang/fault"


@unittest.skipIf(setting.KERNEL != "stock", "does not depend on the kernel")
class Ends(unittest.TestCase):
    def setUp(self) -> None:
        # Its own, because what else runs has temporary files, too.
        self.files = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(mock.patch.dict(os.environ, TMPDIR=self.files))
        self.shared_memory = set(os.listdir("/dev/shm"))
        self.mounts = session.mounts()

    def tearDown(self) -> None:
        self.assertEqual(os.listdir(self.files), [])
        self.assertEqual(set(os.listdir("/dev/shm")) - self.shared_memory, set())
        self.assertEqual(session.mounts(), self.mounts)

    def hanging(self, test: str = HANG) -> tuple[session.Running, list[int]]:
        """A run in the middle of a test that does not end."""
        session.forget(test)
        running = session.start(test)
        self.addCleanup(running.process.kill)
        running.wait_for_test(test)
        machines = running.machines()
        self.assertEqual(len(machines), 1)
        return running, machines

    def test_interrupt(self) -> None:
        running, machines = self.hanging()
        running.process.send_signal(signal.SIGINT)
        finished = session.finish(running, machines)
        self.assertEqual(finished.survivors, [])
        self.assertEqual(finished.status, 128 + signal.SIGINT)
        lines = finished.text.rstrip("\n").split("\n")
        self.assertIn("# interrupted by SIGINT", lines)
        self.assertEqual(lines[-1], "0 passed, 0 failed")
        self.assertNotIn("Traceback", finished.text)

    def test_killed_harness_takes_its_machines_along(self) -> None:
        running, machines = self.hanging()
        running.process.kill()
        self.assertEqual(session.finish(running, machines).survivors, [])

    def test_killed_machine_is_a_failed_test(self) -> None:
        running, machines = self.hanging()
        os.kill(machines[0], signal.SIGKILL)
        finished = session.finish(running, machines)
        self.assertEqual(finished.status, 1)
        self.assertEqual(finished.results(), [
            Result(HANG, "fail", "QEMU was killed by SIGKILL")])
        self.assertTrue(finished.text.endswith("\n0 passed, 1 failed\n"))

    def test_stopped_machine_is_a_failed_test(self) -> None:
        running, machines = self.hanging(HANG_SHORTLY)
        os.kill(machines[0], signal.SIGSTOP)
        finished = session.finish(running, machines)
        self.assertEqual(finished.survivors, [])
        self.assertEqual(finished.results(), [
            Result(HANG_SHORTLY, "fail", "timed out after 10 s")])

    def test_time_limit_of_the_run(self) -> None:
        finished = session.finish(session.start(HANG, "--timeout", "3"))
        self.assertEqual(finished.results(), [
            Result(HANG, "fail", "not finished within the time limit of 3 s")])
        self.assertEqual(finished.status, 1)

    def test_nothing_to_run_with(self) -> None:
        finished = session.finish(session.start("no-such-test"))
        self.assertEqual((finished.status, finished.text),
                         (2, "run: no test matches 'no-such-test'\n"))
        finished = session.finish(session.start(HANG, "--qemu", "/no/qemu"))
        self.assertEqual(finished.status, 1)
        self.assertIn(" # /no/qemu does not exist or is not executable\n", finished.text)
