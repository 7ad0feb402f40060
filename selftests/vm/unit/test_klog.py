# SPDX-License-Identifier: GPL-2.0
"""Kernel complaints, on logs recorded from the faults module and on texts
that follow the kernel's format strings, as all of arm64's do."""

from __future__ import annotations

import unittest
from pathlib import Path

from harness import console, klog

FIXTURES = Path(__file__).resolve().parent / "fixtures"


def recorded(name: str) -> list[klog.Complaint]:
    text = (FIXTURES / f"{name}.log").read_text(encoding="utf-8")
    return list(klog.complaints(text.splitlines()))


def kinds(text: str) -> list[str]:
    return [complaint.kind for complaint in klog.complaints(text.strip("\n").splitlines())]


class Recorded(unittest.TestCase):
    def one(self, name: str, kind: str, title: str, last: str) -> klog.Complaint:
        found = recorded(name)
        self.assertEqual([complaint.kind for complaint in found], [kind])
        self.assertRegex(found[0].title, title)
        self.assertRegex(found[0].lines[-1], last)
        return found[0]

    def test_warning(self) -> None:
        report = self.one("warning", "warning", r"^WARNING: vm_faults.c:\d+ at make_warning",
                          r"end trace")
        self.assertIn("cut here", report.lines[0])
        self.assertIn("a planted warning", report.lines[1])

    def test_oops(self) -> None:
        report = self.one("oops", "oops", r"^BUG: kernel NULL pointer dereference",
                          r"\] PKRU:")
        self.assertTrue(any("make_oops" in line for line in report.lines))

    def test_hung_task(self) -> None:
        self.one("hung-task", "hung task", r"^INFO: task modprobe:\d+ blocked", r"</TASK>")

    def test_panic(self) -> None:
        self.one("panic", "panic", r"^Kernel panic - not syncing: sysrq", r"Kernel Offset")

    def test_kasan(self) -> None:
        report = self.one("overrun", "KASAN", r"^BUG: KASAN: slab-out-of-bounds in make_overrun",
                          r"={60}")
        self.assertTrue(any("Allocated by task" in line for line in report.lines))

    def test_ubsan(self) -> None:
        self.one("shift", "UBSAN", r"^UBSAN: shift-out-of-bounds in ", r"end trace")

    def test_lockdep(self) -> None:
        self.one("lock-inversion", "lockdep", r"possible circular locking", r"</TASK>")

    def test_atomic_sleep(self) -> None:
        found = recorded("atomic-sleep")
        self.assertEqual(found[0].kind, "sleep in atomic")
        # The sleep in the wrong place is reported once more by lockdep.
        self.assertLessEqual({complaint.kind for complaint in found},
                             {"sleep in atomic", "lockdep"})


class Written(unittest.TestCase):
    def test_one_line_complaints(self) -> None:
        for line, kind in (
                ("[   9.1] kmemleak: 3 new suspected memory leaks (see /sys/...)", "kmemleak"),
                ("[  20.0] unregister_netdevice: waiting for eth0 to become free. Usage count = 2",
                 "device leak"),
                ("[   1.0] INFO: lockdep is turned off.", "lockdep off"),
                ("[   1.0] BUG: MAX_LOCKDEP_ENTRIES too low!", "lockdep off"),
                ("[   1.0] kmemleak: Memory pool empty, consider increasing", "kmemleak off"),
                ("[   1.0] kmemleak: Cannot allocate a kmemleak_object structure", "kmemleak off"),
                ("[  60.0] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [x:7]", "lockup"),
                ("[  60.0] BUG: workqueue lockup - pool cpus=0 stuck for 30s!", "lockup"),
                ("[  60.0] rcu: INFO: rcu_preempt self-detected stall on CPU", "RCU stall"),
                ("[  60.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "RCU stall"),
                ("[   1.0] BUG: KCSAN: data-race in a / b", "KCSAN"),
                ("[   1.0] BUG: scheduling while atomic: x/7/0x00000002", "sleep in atomic"),
                ("[   1.0] Oops: general protection fault, probably for non-canonical address",
                 "oops"),
                ("[   1.0] kernel BUG at mm/slub.c:1!", "oops"),
                ("[   1.0] rust_kernel: panicked at src/device.rs:1:1:", "oops"),
                ("[   1.0] BUG kmalloc-64 (Not tainted): Poison overwritten", "slab"),
                ("[   1.0] WARNING: suspicious RCU usage", "lockdep"),
                ("[   1.0] WARNING: x/7 still has locks held!", "lockdep"),
                ("[   1.0] [ BUG: Invalid wait context ]", "lockdep"),
                ("[   1.0] INFO: trying to register non-static key.", "lockdep"),
                ("[   1.0] sysfs: cannot create duplicate filename '/x'", "double registration"),
                ("[   1.0] BUG: Bad page state in process x  pfn:00001", "bug"),
                ("[   1.0] BUG: something that is new in the next release", "bug"),
                ("[   1.0][   T77] refcount_t: underflow; use-after-free.", "reference count"),
                ("[ 445.5] cxl_vfio_pci 0000:0d:00.0: Runtime PM usage count underflow!",
                 "reference count"),
                ("[   1.0] Call Trace:", "stack trace"),
                ("[   1.0] Call trace:", "stack trace"),
        ):
            with self.subTest(line):
                self.assertEqual(kinds(line), [kind])

    def test_what_is_no_complaint(self) -> None:
        for line in (
                "[    0.0] DMAR: [DMA Write NO_PASID] Request device [0d:00.0] fault addr 0x1000",
                "[    0.0] kmemleak: Kernel memory leak detector initialized",
                "[    0.0] kmemleak: Kernel memory leak detector disabled",
                # It looks at more then, and that allocation is one that a test lets fail.
                "[    0.0] kmemleak: Cannot allocate a scan area, scanning the full object",
                "[    0.0] WARNING: Spectre-v2 mitigation is off, disabling ITS",
                "[    0.0] Disabling lock debugging due to kernel taint",
                "[    0.0] x: loading out-of-tree module taints kernel.",
                "[    0.0] debug: this is a BUG in a sentence, as a test prints it",
                "[    0.0] rcu: \tRCU lockdep checking is enabled.",
        ):
            with self.subTest(line):
                self.assertEqual(kinds(line), [])

    def test_warning_with_its_message_in_front(self) -> None:
        text = """
[   1.0] ------------[ cut here ]------------
[   1.0] refcount_t: underflow; use-after-free.
[   1.0] WARNING: lib/refcount.c:28 at refcount_warn_saturate+0xbe/0x110, CPU#0: x/7
[   1.0] Call Trace:
[   1.0]  </TASK>
[   1.0] ---[ end trace 0000000000000000 ]---
"""
        self.assertEqual(kinds(text), ["warning"])

    def test_unknown_report_in_a_frame(self) -> None:
        text = """
[   1.0] ------------[ cut here ]------------
[   1.0] something new
[   1.0] Call Trace:
[   1.0]  </TASK>
[   1.0] ---[ end trace 0000000000000000 ]---
[   1.1] all is well
"""
        self.assertEqual(kinds(text), ["warning"])

    def test_injected_fault_is_no_complaint(self) -> None:
        text = """
[   1.0] FAULT_INJECTION: forcing a failure.
[   1.0] name failslab, interval 1, probability 0, space 0, times 0
[   1.0] Call Trace:
[   1.0]  <TASK>
[   1.0]  </TASK>
[   1.0] BUG: Bad page state in process x  pfn:00001
"""
        self.assertEqual(kinds(text), ["bug"])

    def test_registers_belong_to_the_oops_before_them(self) -> None:
        text = """
[   1.0] Oops: general protection fault, probably for non-canonical address
[   1.0] Call Trace:
[   1.0]  </TASK>
[   1.0] ---[ end trace 0000000000000000 ]---
[   1.0] RIP: 0010:f+0x1b/0x30 [x]
[   1.0] RSP: 0018:ffffc9000049fb40 EFLAGS: 00010202
[   1.0] CR2: 0000000000000000 CR3: 00000000062f2000 CR4: 0000000000750ef0
[   1.0] Kernel panic - not syncing: Fatal exception in interrupt
"""
        self.assertEqual(kinds(text), ["oops", "panic"])

    def test_two_reports(self) -> None:
        warning = """
[   1.0] WARNING: a.c:1 at f+0x1/0x2, CPU#0: x/7
[   1.0] ---[ end trace 0000000000000000 ]---
"""
        self.assertEqual(kinds(warning + warning), ["warning", "warning"])

    def test_report_without_an_end_is_cut(self) -> None:
        lines = ["[ 1.0] BUG: KASAN: use-after-free in f"] + ["[ 1.0] text"] * 1000
        (report,) = klog.complaints(lines)
        self.assertEqual(len(report.lines), klog.MAX_LINES)


class Arm64(unittest.TestCase):
    """What fault.c in arch/arm64/mm, and traps.c, process.c and stacktrace.c in arch/arm64/kernel
    print: nothing behind a stack, and no registers behind an oops.
    """

    STACK = ("Call trace:",
             " show_stack+0x20/0x40 (C)",
             " dump_stack_lvl+0x60/0x80",
             " cxl_vfio_bind+0x1c/0x28 [cxl_vfio_pci]",
             " el1h_64_irq+0x6c/0x70",
             " kvm_pgtable_walk+0x120/0x220 (P)",
             " _RNvNtCs3a2_12cxl_vfio_pci5reset+0x74/0xe8 [cxl_vfio_pci] (PK)",
             " 0xffffb9d8a1b3c0f4",
             " el0t_64_sync+0x198/0x1a0")
    TRACE_END = "---[ end trace 0000000000000000 ]---"

    def reports(self, *said: str) -> list[tuple[str, str, str]]:
        """The kind of each report, its title, and its last line."""
        return [(complaint.kind, complaint.title, console.text(complaint.lines[-1]))
                for complaint in klog.complaints(f"[   66.143173] {line}" for line in said)]

    def test_oops(self) -> None:
        (report,) = recorded("arm64-oops")
        self.assertEqual(report.kind, "oops")
        self.assertRegex(report.title, r"^Unable to handle kernel NULL pointer dereference at ")
        self.assertTrue(any("Internal error: Oops: " in line for line in report.lines))
        self.assertRegex(report.lines[-1], r"end trace")
        self.assertTrue(klog.judge(report.lines).fatal)

    def test_synchronous_abort(self) -> None:
        title = "Internal error: synchronous external abort: 0000000096000410 [#1]  SMP"
        self.assertEqual(self.reports(
            title, "Modules linked in: cxl_vfio_pci(OE) vfio_pci vfio_pci_core",
            "pc : __pi_memcpy_generic+0x128/0x230", *self.STACK,
            "Code: a9411c26 a94224c8 a9432cca a9444ccc (a9c50cc2)", self.TRACE_END,
            "note: vfio_cxl_poison[119] exited with irqs disabled",
        ), [("oops", title, self.TRACE_END)])

    def test_bug_and_then_a_panic(self) -> None:
        panic = "Kernel panic - not syncing: Oops - BUG: Fatal exception in interrupt"
        self.assertEqual(self.reports(
            "------------[ cut here ]------------", "kernel BUG at lib/list_debug.c:62!",
            "Internal error: Oops - BUG: 00000000f2000800 [#1]  SMP", *self.STACK,
            "Code: 95f3c5e1 d4210000 aa0103e2 b0009e80 (d4210000)", self.TRACE_END,
            panic, "SMP: stopping secondary CPUs",
        ), [("oops", "kernel BUG at lib/list_debug.c:62!", self.TRACE_END),
            ("panic", panic, "SMP: stopping secondary CPUs")])

    def test_asynchronous_abort(self) -> None:
        (report,) = recorded("arm64-serror")
        self.assertEqual(report.kind, "panic")
        self.assertRegex(report.title, r"^SError Interrupt on CPU1, code 0x0+be000011 -- SError$")
        self.assertTrue(any("pc : vfio_pci_core_ioread32" in line for line in report.lines))
        self.assertRegex(report.lines[-1], r"Memory Limit")

    def test_other_panics_that_begin_with_registers(self) -> None:
        for title in ("Insufficient stack space to handle exception!",
                      "Unhandled 64-bit el1t sync exception on CPU0, ESR 0x0000000096000004 -- "
                      "DABT (current EL)"):
            with self.subTest(title):
                panic = "Kernel panic - not syncing: Unhandled exception"
                self.assertEqual(self.reports(title, "pc : f+0x1/0x2", panic),
                                 [("panic", title, panic)])

    def test_injected_fault_hides_nothing(self) -> None:
        title = "BUG: Bad page state in process x  pfn:00001"
        self.assertEqual(self.reports("FAULT_INJECTION: forcing a failure.", *self.STACK, title),
                         [("bug", title, title)])

    def test_a_report_ends_with_its_stack(self) -> None:
        for kind, *title in (
                ("sleep in atomic", "BUG: sleeping function called from invalid context at a.c:1"),
                ("lockdep", "WARNING: possible circular locking dependency detected"),
                ("hung task", "INFO: task modprobe:119 blocked for more than 120 seconds."),
                ("allocation failure", "x: page allocation failure: order:3, mode:0xcc0"),
                ("stack trace",),
        ):
            with self.subTest(kind):
                said = (*title, *self.STACK, "a line of somebody else")
                report = (kind, said[0], self.STACK[-1])
                self.assertEqual(self.reports(*said, *said), [report, report])


class Judge(unittest.TestCase):
    WARNING = ["[   1.0] ------------[ cut here ]------------", "[   1.0] a message",
               "[   1.0] WARNING: a.c:1 at f+0x1/0x2, CPU#0: x/7",
               "[   1.0] ---[ end trace 0000000000000000 ]---"]

    def test_declared(self) -> None:
        for pattern in ("WARNING: a.c", "^a message$"):
            verdict = klog.judge(self.WARNING, [pattern])
            self.assertEqual((verdict.unexpected, verdict.missing), ((), ()))
            self.assertEqual(len(verdict.all), 1)

    def test_other_declared(self) -> None:
        verdict = klog.judge(self.WARNING, ["WARNING: b.c"])
        self.assertEqual(len(verdict.unexpected), 1)
        self.assertEqual(verdict.missing, ("WARNING: b.c",))

    def test_fatal(self) -> None:
        self.assertFalse(klog.judge(self.WARNING).fatal)
        self.assertTrue(klog.judge([*self.WARNING, "[ 1.0] Kernel panic - not syncing: x"]).fatal)


class Cut(unittest.TestCase):
    def test_lines_belong_to_tests(self) -> None:
        parts = console.cut([
            "[ 1.0] boot\r", "[ 2.0] vm-test: begin 0", "[ 2.1] first", "[ 2.2] vm-test: end 0",
            "[ 3.0] between", "[ 4.0] vm-test: begin 1", "[ 4.1] \x1b[1msecond\x1b[0m"])
        self.assertEqual(parts, {None: ["[ 1.0] boot", "[ 3.0] between"],
                                 0: ["[ 2.1] first"], 1: ["[ 4.1] second"]})

    def test_splitter(self) -> None:
        splitter = console.LineSplitter()
        self.assertEqual(list(splitter.feed(b"a\r\nb")), ["a"])
        self.assertEqual(list(splitter.feed(b"c\nd\xff")), ["bc"])
        self.assertEqual(splitter.flush(), "d\ufffd")
        self.assertEqual(splitter.flush(), "")
