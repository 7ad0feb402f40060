# SPDX-License-Identifier: GPL-2.0
"""Test lists: plain TOML files that people and CI read.

A list is a sequence of groups; the tests of a group share one boot. On the
debug kernel time limits are longer, and a boot ends with a search for leaks
unless the command line has kmemleak=off, which halves the time to boot.

    [[group]]
    name = "plain"                       # LIST/GROUP/TEST names a test
    kernels = ["stock", "debug"]         # where it makes sense (default: both)
    architectures = ["x86", "arm64"]     # the same
    portable = true                      # the same on all of them: left out with --brief
    cmdline = "cxl_acpi.dyndbg=+p"       # added to the kernel command line
    memory = "2G"                        # also: cpus = 2, cpu = { x86 = "max" }
    boot-timeout = 60                    # seconds until the modules are loaded
    devices = ["e1000e,bus=pcie.0"]      # QEMU -device strings
    qemu = ["-object", "..."]            # any other QEMU arguments
    modules = ["cxl_acpi", "vfio-pci disable_idle_d3=1"]  # loaded in this order (default: for
                                         # a device, the driver and what it stands on)
    extra-modules = ["cxl-vfio-pci"]     # only put where modprobe finds them
    files = ["vm/lib.sh"]                # helpers that the tests call or read
    tools = true                         # "tools COMMAND" runs one of Debian's tools
    forgiving = true                     # an access that no device answers reads ones; without
                                         # that it ends the VM, as it may end a host
    installed = true                     # Debian on a disk, with systemd; what tests do to it stays

    [[group.accelerator]]                # one emulated Type-2 device: acc0, acc1, ...
    size = "256M"                        # its memory
    window = "1G"                        # fixed window of its own host bridge
    properties = { hdm-count = 2 }       # of the device
    bridge = { hdm_for_passthrough = false }  # of the host bridge

    [[group.test]]
    name = "info"                        # default: the program's name
    run = "device/info {acc0}"           # from build/selftests or selftests; {acc0} is the
                                         # address of acc0, {seconds} what the command line
                                         # says, 60 if nothing
    timeout = 20                         # seconds (default 60), in addition to those
    expect = ["WARNING: .*vm_faults"]    # kernel complaints that must appear, or for an
                                         # architecture: { x86 = ["..."] }
    powers-off = true                    # it ends by powering the VM off; the last of its group,
                                         # or with what is installed the last before a reboot

    [defaults]                           # of all groups of the list
    cpus = 1
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from .architecture import ARCHITECTURES
from .errors import HarnessError
from .kernels import KERNELS

DEFAULT_TIMEOUT = 60.0
DRIVER = ("cxl_acpi", "cxl_mem", "vfio_iommu_type1", "vfio-pci", "cxl-vfio-pci")

Properties = Mapping[str, bool | int | str]


@dataclass(frozen=True)
class Accelerator:
    """One emulated Type-2 device behind a host bridge of its own."""

    size: str = "256M"
    window: str = "1G"
    properties: Properties = field(default_factory=dict)
    bridge: Properties = field(default_factory=dict)


@dataclass(frozen=True)
class Machine:
    """What is plugged into a VM."""

    memory: str = "2G"
    cpus: int = 2
    cpu: Mapping[str, str] = field(default_factory=dict)
    accelerators: tuple[Accelerator, ...] = ()
    devices: tuple[str, ...] = ()
    qemu: tuple[str, ...] = ()
    forgiving: bool = False


@dataclass(frozen=True)
class Test:
    """One program to run, and what it may make the kernel say."""

    name: str
    run: tuple[str, ...]
    timeout: float = DEFAULT_TIMEOUT
    # For each architecture.
    expect: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    powers_off: bool = False


@dataclass(frozen=True)
class Group:
    """Tests that share a boot."""

    name: str
    tests: tuple[Test, ...]
    kernels: tuple[str, ...] = tuple(KERNELS)
    architectures: tuple[str, ...] = tuple(ARCHITECTURES)
    cmdline: str = ""
    machine: Machine = Machine()
    modules: tuple[str, ...] = ()
    extra_modules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    boot_timeout: float | None = None
    tools: bool = False
    portable: bool = False
    installed: bool = False

    def test_id(self, test: Test) -> str:
        """The full name of a test, LIST/GROUP/TEST."""
        return f"{self.name}/{test.name}"


class _Table:
    """A TOML table whose keys are taken one by one, so that none is ignored."""

    def __init__(self, where: str, values: Mapping[str, Any]) -> None:
        self.where = where
        self.values = dict(values)

    def _take(self, key: str, kind: type | tuple[type, ...], default: Any) -> Any:
        value = self.values.pop(key, default)
        # bool is an int in Python, never in a list file.
        if not isinstance(value, kind) or isinstance(value, bool):
            raise HarnessError(f"{self.where}: {key} has the wrong type")
        return value

    def text(self, key: str, default: str, pattern: str | None = None) -> str:
        value: str = self._take(key, str, default)
        if pattern and not re.fullmatch(pattern, value):
            raise HarnessError(f"{self.where}: {key} = {value!r} is not valid")
        return value

    def number(self, key: str, default: float | None) -> Any:
        if key not in self.values:
            return default
        value: float = self._take(key, (int, float), default)
        if value <= 0:
            raise HarnessError(f"{self.where}: {key} must be more than 0")
        return value

    def flag(self, key: str) -> bool:
        value = self.values.pop(key, False)
        if not isinstance(value, bool):
            raise HarnessError(f"{self.where}: {key} must be true or false")
        return value

    def texts(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        values = self._take(key, (list, tuple), tuple(default))
        if not all(isinstance(value, str) for value in values):
            raise HarnessError(f"{self.where}: {key} must hold strings")
        return tuple(values)

    def names(self, key: str, known: Iterable[str]) -> tuple[str, ...]:
        """Some of the known ones; all of them if nothing is said."""
        names = self.texts(key, known)
        for name in names:
            if name not in known:
                raise HarnessError(f"{self.where}: {key} has the unknown {name!r}")
        return names

    def patterns(self, key: str) -> Mapping[str, tuple[str, ...]]:
        """Texts for some architectures, or the same for all."""
        if isinstance(self.values.get(key), dict):
            by_name = _Table(f"{self.where}: {key}", self.values.pop(key))
            patterns = {name: by_name.texts(name) for name in ARCHITECTURES}
            by_name.done()
            return patterns
        return dict.fromkeys(ARCHITECTURES, self.texts(key))

    def models(self, key: str) -> Mapping[str, str]:
        """A text for each of some architectures."""
        models: dict[str, Any] = self._take(key, dict, {})
        for name, model in models.items():
            if name not in ARCHITECTURES or not isinstance(model, str):
                raise HarnessError(f"{self.where}: {key} must hold a text for each architecture")
        return models

    def properties(self, key: str) -> Properties:
        values: dict[str, Any] = self._take(key, dict, {})
        if not all(isinstance(value, (bool, int, str)) for value in values.values()):
            raise HarnessError(f"{self.where}: {key} must hold booleans, numbers or strings")
        return values

    def table(self, key: str) -> Mapping[str, Any]:
        table: dict[str, Any] = self._take(key, dict, {})
        return table

    def tables(self, key: str, defaults: Mapping[str, Any] | None = None) -> list[_Table]:
        values = self._take(key, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise HarnessError(f"{self.where}: {key} must be a list of tables")
        return [_Table(f"{self.where}: {key} {number}", {**(defaults or {}), **value})
                for number, value in enumerate(values, 1)]

    def done(self) -> None:
        if self.values:
            raise HarnessError(f"{self.where}: unknown key {sorted(self.values)[0]!r}")


SIZE = r"[1-9][0-9]*[MG]"
NAME = r"[A-Za-z0-9][A-Za-z0-9_.+=,-]*"


def _accelerator(table: _Table) -> Accelerator:
    accelerator = Accelerator(
        size=table.text("size", Accelerator.size, SIZE),
        window=table.text("window", Accelerator.window, SIZE),
        properties=table.properties("properties"),
        bridge=table.properties("bridge"))
    table.done()
    return accelerator


def _test(table: _Table) -> Test:
    run = tuple(shlex.split(table.text("run", "")))
    if not run:
        raise HarnessError(f"{table.where}: run is missing")
    expect = table.patterns("expect")
    for pattern in (pattern for patterns in expect.values() for pattern in patterns):
        try:
            re.compile(pattern)
        except re.error as error:
            raise HarnessError(f"{table.where}: expect {pattern!r}: {error}") from error
    test = Test(name=table.text("name", PurePath(run[0]).stem, NAME), run=run,
                timeout=table.number("timeout", DEFAULT_TIMEOUT), expect=expect,
                powers_off=table.flag("powers-off"))
    table.done()
    return test


def _group(list_name: str, table: _Table) -> Group:
    name = table.text("name", "", NAME)
    table.where = f"{list_name}: group {name!r}"
    kernels = table.names("kernels", KERNELS)
    architectures = table.names("architectures", ARCHITECTURES)
    machine = Machine(
        memory=table.text("memory", Machine.memory, SIZE),
        cpus=int(table.number("cpus", Machine.cpus)),
        cpu=table.models("cpu"),
        accelerators=tuple(_accelerator(entry) for entry in table.tables("accelerator")),
        devices=table.texts("devices"),
        qemu=table.texts("qemu"),
        forgiving=table.flag("forgiving"))
    tests = tuple(_test(entry) for entry in table.tables("test"))
    names = [test.name for test in tests]
    for name_twice in sorted({name for name in names if names.count(name) > 1}):
        raise HarnessError(f"{table.where}: two tests are called {name_twice!r}")
    if not tests:
        raise HarnessError(f"{table.where}: no test")
    group = Group(
        name=f"{list_name}/{name}", tests=tests, kernels=kernels, architectures=architectures,
        cmdline=table.text("cmdline", ""), machine=machine,
        modules=table.texts("modules", DRIVER if machine.accelerators else ()),
        extra_modules=table.texts("extra-modules"),
        files=table.texts("files"), boot_timeout=table.number("boot-timeout", None),
        tools=table.flag("tools"), portable=table.flag("portable"),
        installed=table.flag("installed"))
    table.done()
    return group


def parse(list_name: str, text: str) -> list[Group]:
    """The groups of a list, in order."""
    try:
        top = _Table(list_name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise HarnessError(f"{list_name}: {error}") from error
    defaults = top.table("defaults")
    groups = [_group(list_name, table) for table in top.tables("group", defaults)]
    top.done()
    names = [group.name for group in groups]
    for name in names:
        if names.count(name) > 1:
            raise HarnessError(f"{list_name}: two groups are called {name!r}")
    return groups


def load(path: Path) -> list[Group]:
    """Read one list file; its name without suffix is the name of the list."""
    try:
        return parse(path.stem, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HarnessError(f"cannot read the test list {path}: {error.strerror}") from error
