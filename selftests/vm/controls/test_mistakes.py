# SPDX-License-Identifier: GPL-2.0
"""Planted mistakes: each is exactly one failed test with the right diagnosis."""

from __future__ import annotations

import re
import unittest

from controls import session
from harness.architecture import chosen
from harness.paths import SOURCE
from unit import setting

# Group to reason; the test called "fault" fails where no other is named. What
# does not depend on the kernel is shown once, on the fast one.
FAULTS = {
    "stock": {
        "hang": r"timed out after \d+ s",
        "panic": r"panic: Kernel panic - not syncing: sysrq triggered crash",
        "warning": r"warning: WARNING: .* at make_warning\+.*\[vm_faults\]",
        "declared": r"the expected kernel complaint 'a warning that does not come' did not come",
        "boot-warning": r"warning: WARNING: .* at make_warning\+",
        "stray": r"1 stray accesses to the window of acc0",
        "unanswered": r"QEMU ended with exit code \d+: .*stray read of 4 bytes at host address",
        "qemu-exit": r"the VM was reset or powered off",
        "no-qemu": r"the VM did not boot: QEMU ended with exit code 1: .*-no-such-option",
        "dies": r"the VM did not boot: Kernel panic - not syncing: .*root",
        "silent": r"the guest was not ready after 2 s, the last line on its console is: nothing",
    },
    "debug": {
        "hang": r"timed out after \d+ s",
        "leak": r"memory leak: 192 bytes from make_leak.*\[vm_faults\], allocated by modprobe",
        "overrun": r"KASAN: BUG: KASAN: slab-out-of-bounds in make_overrun",
    },
}
PROGRAMS = {
    "subtest": "subtest failed: second",
    "plan": "the plan announced 3 subtests, the output has 1",
    "exit": "exit code 7",
    "signal": "killed by signal 11",
}


class Mistakes(unittest.TestCase):
    """One run of the harness on all mistakes; the tests look at its output."""

    output: session.Finished

    @classmethod
    def setUpClass(cls) -> None:
        session.build_faults()
        groups = [*FAULTS[setting.KERNEL], *(["programs"] if setting.KERNEL == "stock" else [])]
        cls.output = session.finish(session.start(*(f"controls/{name}" for name in groups)))

    def test_each_mistake_is_one_failure_with_its_reason(self) -> None:
        for group, reason in FAULTS[setting.KERNEL].items():
            with self.subTest(group):
                results = self.output.group(f"controls/{group}")
                self.assertTrue(results)
                failed = [result for result in results if result.status == "fail"]
                self.assertEqual(len(failed), 1, failed)
                self.assertRegex(failed[0].reason, re.compile(reason))
                where = "outside-of-tests" if group == "boot-warning" else "fault"
                self.assertEqual(failed[0].name, f"controls/{group}/{where}")

    def test_totals(self) -> None:
        counts = self.output.counts()
        last = self.output.text.rstrip("\n").split("\n")[-1]
        skips = f", {counts['skip']} skipped" if counts["skip"] else ""
        self.assertEqual(last, f"{counts['pass']} passed, {counts['fail']} failed{skips}")
        self.assertIn(f"\n1..{counts.total()}\n", self.output.text)
        self.assertEqual(self.output.status, 1)

    def test_the_lines_of_a_report_are_shown(self) -> None:
        self.assertIn("vm_faults", self.output.text)
        self.assertRegex(self.output.text, r"</TASK>|Call trace:")

    def test_logs_are_where_it_says(self) -> None:
        named = re.findall(r"^# logs: (.*)$", self.output.text, re.MULTILINE)
        self.assertEqual(len(named), self.output.counts()["fail"])
        for logs in named:
            self.assertFalse(logs.startswith("/"))
            names = {path.name for path in (SOURCE / logs).iterdir()}
            self.assertGreaterEqual(names, {"command", "console.log", "output.log", "qemu.log"})

    @unittest.skipIf(setting.KERNEL != "stock", "shown on the stock kernel")
    def test_the_state_of_a_machine_that_hangs_is_kept(self) -> None:
        # The registers of all CPUs, and what is asked of each.
        times = 1 + sum("{cpu}" in command for command in chosen().state)
        for group in ("hang", "silent"):
            with self.subTest(group):
                log = session.logs(f"controls/{group}/fault") / "boot1/machine.log"
                cpus = re.findall(r"^(?:CPU#|.*local APIC state for CPU )(\d)", log.read_text(), re.M)
                self.assertEqual(cpus, ["0", "1"] * times)

    @unittest.skipIf(setting.KERNEL != "stock", "shown on the stock kernel")
    def test_a_kernel_that_dies_early_has_one_more_try(self) -> None:
        again = re.findall(r"^# booted again: (\S+): (.*)$", self.output.text, re.MULTILINE)
        self.assertEqual(len(again), 1)
        self.assertRegex(again[0][0], r"controls\.dies/boot1$")
        self.assertRegex(again[0][1], FAULTS["stock"]["dies"])

    def test_what_hangs_is_shown(self) -> None:
        self.assertIn("sysrq: Show Blocked State", self.output.text)

    @unittest.skipIf(setting.KERNEL != "stock", "shown on the stock kernel")
    def test_programs(self) -> None:
        reasons = {result.name.rsplit("/")[-1]: result.reason
                   for result in self.output.group("controls/programs")
                   if result.status == "fail"}
        self.assertEqual(reasons, PROGRAMS)

    @unittest.skipIf(setting.KERNEL != "stock", "shown on the stock kernel")
    def test_skip(self) -> None:
        (result,) = self.output.group("controls/programs/skip")
        self.assertEqual((result.status, result.reason), ("skip", "nothing to test here"))
