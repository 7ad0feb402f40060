# SPDX-License-Identifier: GPL-2.0
"""kmemleak's list: whose leak is it?"""

from __future__ import annotations

import unittest

from harness import leaks

REPORT = """
unreferenced object 0xffff8880095e9300 (size 192):
  comm "modprobe", pid 67, jiffies 4294909048
  hex dump (first 32 bytes):
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................
  backtrace (crc b51512d2):
    __kmalloc_cache_noprof+0x275/0x510
    make_leak+0x13/0x40 [vm_faults]
    do_one_initcall+0x123/0x300
unreferenced object 0xffff8880095e9400 (size 64):
  comm "kworker/0:1", pid 9, jiffies 4294900000
  hex dump (first 32 bytes):
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................
  backtrace (crc 8a1b9eff):
    kmem_cache_alloc_noprof+0x275/0x510
    0xffffffffa00000fb
"""


class Parse(unittest.TestCase):
    def test_objects(self) -> None:
        first, second = leaks.parse(REPORT.split("\n"))
        self.assertEqual(first.title, "192 bytes from make_leak+0x13/0x40 [vm_faults], "
                                      "allocated by modprobe")
        self.assertEqual(first.jiffies, 4294909048)
        self.assertEqual(len(first.lines), 8)
        # A module that is gone has no names any more.
        self.assertEqual(second.title, "64 bytes from 0xffffffffa00000fb, "
                                       "allocated by kworker/0:1")

    def test_nothing(self) -> None:
        self.assertEqual(list(leaks.parse([])), [])
        self.assertEqual(list(leaks.parse(["sh: write error: Operation not permitted"])), [])


class Owner(unittest.TestCase):
    def setUp(self) -> None:
        self.times = leaks.Timeline()
        self.times.start("100")
        self.times.begin(0, "200")
        self.times.begin(1, "300")

    def owner(self, jiffies: int) -> int | None:
        return self.times.owner(leaks.Leak("", jiffies, ()))

    def test_by_time(self) -> None:
        self.assertEqual(self.owner(99), leaks.BEFORE)
        self.assertIsNone(self.owner(100))
        self.assertEqual(self.owner(200), 0)
        self.assertEqual(self.owner(299), 0)
        self.assertEqual(self.owner(5000), 1)

    def test_by_owner(self) -> None:
        found = [leaks.Leak("", jiffies, ()) for jiffies in (5, 150, 250, 251)]
        self.assertEqual({owner: len(of) for owner, of in
                          leaks.by_owner(found, self.times).items()}, {None: 1, 0: 2})
