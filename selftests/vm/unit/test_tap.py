# SPDX-License-Identifier: GPL-2.0
"""Programs' own results: what makes a test pass, fail or skip."""

from __future__ import annotations

import unittest

from harness import tap
from harness.result import Result


def verdict(text: str, code: int = 0) -> tuple[str, str]:
    result = Result("name")
    tap.judge(code, tap.parse(text.strip("\n").split("\n") if text else []), result)
    return result.status, result.reason


class Judge(unittest.TestCase):
    def test_plain_program(self) -> None:
        self.assertEqual(verdict("hello"), ("pass", ""))
        self.assertEqual(verdict("hello", 1), ("fail", "exit code 1"))
        self.assertEqual(verdict("", 139), ("fail", "killed by signal 11"))

    def test_words_that_look_like_results(self) -> None:
        # Only a program that speaks TAP is held to what it says.
        self.assertEqual(verdict("not ok with me"), ("pass", ""))

    def test_passed(self) -> None:
        self.assertEqual(verdict("TAP version 13\n1..2\nok 1 a\nok 2 b"), ("pass", ""))

    def test_failed_subtest_beats_exit_code(self) -> None:
        self.assertEqual(verdict("TAP version 13\n1..2\nnot ok 1 a\nok 2 b"),
                         ("fail", "subtest failed: a"))
        self.assertEqual(verdict("1..3\nnot ok 1 a\nnot ok 2 b\nok 3 c", 4),
                         ("fail", "subtest failed: a and 1 more"))

    def test_plan(self) -> None:
        self.assertEqual(verdict("1..3\nok 1 a"),
                         ("fail", "the plan announced 3 subtests, the output has 1"))
        self.assertEqual(verdict("TAP version 13\nok 1 a"),
                         ("fail", "the output has no plan"))
        self.assertEqual(verdict("TAP version 13\nok 1 a\n1..1"), ("pass", ""))

    def test_bail_out(self) -> None:
        self.assertEqual(verdict("1..2\nok 1 a\nBail out! no device"),
                         ("fail", "bailed out: no device"))

    def test_skip(self) -> None:
        self.assertEqual(verdict("1..0 # SKIP no IOMMUFD", 4), ("skip", "no IOMMUFD"))
        self.assertEqual(verdict("no control channel", 4), ("skip", "no control channel"))
        self.assertEqual(verdict("1..1\nok 1 a # SKIP no IOMMUFD"), ("skip", "no IOMMUFD"))
        self.assertEqual(verdict("1..2\nok 1 a\nok 2 b # SKIP why"), ("pass", ""))

    def test_known_failures(self) -> None:
        self.assertEqual(verdict("1..2\nok 1 a\nnot ok 2 b # XFAIL known"), ("pass", ""))
        self.assertEqual(verdict("1..2\nok 1 a\nnot ok 2 b # TODO later"), ("pass", ""))

    def test_kselftest_harness(self) -> None:
        text = """
TAP version 13
1..2
# Starting 2 tests from 1 test cases.
#  RUN           global.info ...
#            OK  global.info
ok 1 global.info
#  RUN           global.map ...
# map.c:12:map:Expected 0 (0) == ret (1)
#          FAIL  global.map
not ok 2 global.map
# FAILED: 1 / 2 tests passed.
# Totals: pass:1 fail:1 xfail:0 xpass:0 skip:0 error:0
"""
        self.assertEqual(verdict(text, 1), ("fail", "subtest failed: global.map"))

    def test_deeper_levels_do_not_count(self) -> None:
        text = """
KTAP version 1
1..1
  KTAP version 1
  1..2
  ok 1 inner
  not ok 2 inner
ok 1 outer
"""
        self.assertEqual(verdict(text), ("pass", ""))


class Nest(unittest.TestCase):
    def test_tap_is_indented_and_text_commented(self) -> None:
        output = tap.parse(["TAP version 13", "1..1", "some text", "ok 1 a"])
        self.assertEqual(list(tap.nest(output)),
                         ["  TAP version 13", "  1..1", "# some text", "  ok 1 a"])

    def test_plain_text_can_not_be_taken_for_results(self) -> None:
        output = tap.parse(["ok 1 I am no TAP", ""])
        self.assertEqual(list(tap.nest(output)), ["# ok 1 I am no TAP", "#"])
