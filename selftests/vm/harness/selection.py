# SPDX-License-Identifier: GPL-2.0
"""Which tests of the lists run, and with which changes to their machines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from . import machine
from .errors import HarnessError
from .testlist import Accelerator, Group, Properties, Test


def _chosen(test_id: str, wanted: Sequence[str]) -> bool:
    """A pattern names a whole id or its beginning, at a slash."""
    return not wanted or any(
        fnmatchcase(test_id, pattern) or fnmatchcase(test_id, pattern + "/*")
        for pattern in wanted)


def select(groups: Sequence[Group], architecture: str, kernel: str,
           wanted: Sequence[str], brief: bool = False) -> list[Group]:
    """The groups of an architecture's kernel, reduced to the wanted tests.

    A brief run leaves out what is the same on every architecture.
    """
    for pattern in wanted:
        if not any(_chosen(group.test_id(test), [pattern])
                   for group in groups for test in group.tests):
            raise HarnessError(f"no test matches {pattern!r}")
    chosen = []
    for group in groups:
        tests = tuple(test for test in group.tests
                      if _chosen(group.test_id(test), wanted))
        if (tests and kernel in group.kernels and architecture in group.architectures
                and not (brief and group.portable)):
            chosen.append(replace(group, tests=tests))
    return chosen


def parse_properties(text: str) -> Properties:
    """QEMU's own notation, a=b,c=d; values are passed on as they are."""
    properties: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        name, separator, value = part.partition("=")
        if not separator or not name or not value:
            raise HarnessError(f"device property {part!r} is not NAME=VALUE")
        properties[name] = value
    return properties


SECONDS = "{seconds}"
ACCELERATOR = re.compile(r"\{acc([0-9]+)\}")


def with_values(group: Group, seconds: int) -> Group:
    """What tests are told in the place of {acc0} and {seconds}; the latter is added to their limit."""
    def address(match: re.Match[str]) -> str:
        if int(match[1]) >= len(group.machine.accelerators):
            raise HarnessError(f"{group.name}: there is no accelerator {match[0]}")
        return machine.address(int(match[1]))

    def changed(test: Test) -> Test:
        run = tuple(ACCELERATOR.sub(address, word) for word in test.run)
        if SECONDS not in run:
            return replace(test, run=run)
        return replace(test, run=tuple(str(seconds) if word == SECONDS else word for word in run),
                       timeout=test.timeout + seconds)
    return replace(group, tests=tuple(changed(test) for test in group.tests))


def with_devices(group: Group, changes: Sequence[Properties]) -> Group:
    """The n-th change goes to the n-th accelerator, which is added if missing."""
    accelerators = list(group.machine.accelerators)
    while len(accelerators) < len(changes):
        accelerators.append(Accelerator())
    for number, change in enumerate(changes):
        accelerators[number] = replace(
            accelerators[number],
            properties={**accelerators[number].properties, **change})
    return replace(group, machine=replace(group.machine, accelerators=tuple(accelerators)))
