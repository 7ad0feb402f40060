# SPDX-License-Identifier: GPL-2.0
"""A harness that has no time for its machines loses nothing of what they say."""

from __future__ import annotations

import signal
import time
import unittest

from controls import session
from unit import setting

SPEAK = "controls/speak/lines"


@unittest.skipIf(setting.KERNEL != "stock", "does not depend on the kernel")
class Busy(unittest.TestCase):
    def test_every_line_of_the_console_is_whole(self) -> None:
        session.forget(SPEAK)
        running = session.start(SPEAK)
        self.addCleanup(running.process.kill)
        running.wait_for_test(SPEAK)
        running.process.send_signal(signal.SIGSTOP)
        time.sleep(5)
        running.process.send_signal(signal.SIGCONT)
        self.assertEqual(session.finish(running).status, 0)
        console = (session.logs(SPEAK) / "boot1/console.log").read_text(errors="replace")
        self.assertEqual([line for line in range(200)
                          if f"line {line} of two hundred, which nobody is in a hurry to read, is whole"
                          not in console], [])
