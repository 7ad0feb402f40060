# SPDX-License-Identifier: GPL-2.0
"""What is printed of results, and what the run as a whole is."""

from __future__ import annotations

import io
import unittest

from harness.report import Plain, Report
from harness.result import Result


def passed(*words: str) -> Result:
    return Result("list/group/test", words=words, output=[f"# {word}" for word in words])


def failed(*words: str) -> Result:
    result = passed(*words)
    result.fail("exit code 1", ["a note"])
    return result


def printed(kind: type[Report], *results: Result) -> tuple[bool, str]:
    out = io.StringIO()
    report = kind(out)
    report.comment("group list/group")
    for result in results:
        report.result(result, "build/vm/stock")
    return report.finish(), out.getvalue()


class Tap(unittest.TestCase):
    def test_passed(self) -> None:
        self.assertEqual(printed(Report, passed("hello")), (True, (
            "TAP version 13\n# group list/group\n# hello\nok 1 list/group/test\n"
            "1..1\n1 passed, 0 failed\n")))

    def test_failed(self) -> None:
        self.assertFalse(printed(Report, passed(), failed())[0])
        self.assertFalse(printed(Report)[0])


class PlainWords(unittest.TestCase):
    def test_passed(self) -> None:
        self.assertEqual(printed(Plain, passed("hello", "  # there")),
                         (True, "hello\n  # there\n"))

    def test_failed(self) -> None:
        self.assertEqual(printed(Plain, passed("hello"), failed("oh")), (False, (
            "hello\noh\na note\nlist/group/test: exit code 1\nlogs: build/vm/stock\n")))

    def test_nothing(self) -> None:
        self.assertEqual(printed(Plain), (False, ""))

    def test_skipped(self) -> None:
        result = passed("no device")
        result.skip("no device")
        self.assertEqual(printed(Plain, result), (False, (
            "no device\nlist/group/test: no device\nlogs: build/vm/stock\n")))
