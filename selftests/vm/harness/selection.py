# SPDX-License-Identifier: GPL-2.0
"""Which tests of the lists run, and with which changes to their machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from .errors import HarnessError
from .testlist import Accelerator, Group, Properties, Test


def _chosen(test_id: str, wanted: Sequence[str]) -> bool:
    """A pattern names a whole id or its beginning, at a slash."""
    return not wanted or any(
        fnmatchcase(test_id, pattern) or fnmatchcase(test_id, pattern + "/*")
        for pattern in wanted)


def select(groups: Sequence[Group], architecture: str, kernel: str,
           wanted: Sequence[str]) -> list[Group]:
    """The groups of an architecture's kernel, reduced to the wanted tests."""
    for pattern in wanted:
        if not any(_chosen(group.test_id(test), [pattern])
                   for group in groups for test in group.tests):
            raise HarnessError(f"no test matches {pattern!r}")
    chosen = []
    for group in groups:
        tests = tuple(test for test in group.tests
                      if _chosen(group.test_id(test), wanted))
        if tests and kernel in group.kernels and architecture in group.architectures:
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


def with_seconds(group: Group, seconds: int) -> Group:
    """Give tests that can take as long as one likes that long, and their limit as well."""
    def changed(test: Test) -> Test:
        if SECONDS not in test.run:
            return test
        run = tuple(str(seconds) if word == SECONDS else word for word in test.run)
        return replace(test, run=run, timeout=test.timeout + seconds)
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
