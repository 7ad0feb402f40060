# SPDX-License-Identifier: GPL-2.0
"""Kernel modules: where they are, what they depend on, what is inside."""

from __future__ import annotations

import hashlib
import lzma
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from .errors import HarnessError


def canonical(name: str) -> str:
    """The kernel takes dashes and underscores in module names for the same."""
    return name.replace("-", "_")


def _module_name(path: Path) -> str:
    return canonical(path.name.partition(".ko")[0])


def modinfo(data: bytes, key: str) -> Iterator[str]:
    """Values of a key in the .modinfo section, which holds key=value strings."""
    start = 0
    mark = f"\0{key}=".encode()
    while (start := data.find(mark, start)) >= 0:
        start += len(mark)
        yield data[start:data.index(b"\0", start)].decode()


class ModuleTree:
    """The modules of one kernel and our own beside them.

    Debian ships compressed modules without an index, so the index is built
    here. What was decompressed once is kept in a cache, by content.
    """

    def __init__(self, installed: Path, own: Path, cache: Path) -> None:
        self.release = installed.name
        self._cache = cache
        self._paths: dict[str, Path] = {}
        for path in [*installed.glob("kernel/**/*.ko*"), *installed.glob("updates/**/*.ko*")]:
            self._paths[_module_name(path)] = path
        # Ours come last: they win over an installed module of the same name.
        for path in own.glob("**/*.ko"):
            self._paths[_module_name(path)] = path
        builtin = installed / "modules.builtin"
        lines = builtin.read_text().split() if builtin.is_file() else []
        self._builtin = {_module_name(Path(line)) for line in lines}
        self._where = f"{installed} and {own}"
        self._data: dict[str, bytes] = {}

    def read(self, name: str) -> bytes:
        """A module, decompressed."""
        name = canonical(name)
        if name not in self._data:
            self._data[name] = self._read(self._paths[name])
        return self._data[name]

    def _read(self, path: Path) -> bytes:
        raw = path.read_bytes()
        if path.suffix == ".ko":
            return raw
        cached = self._cache / (hashlib.sha256(raw).hexdigest() + ".ko")
        if cached.is_file():
            return cached.read_bytes()
        data = _decompress(path, raw)
        self._cache.mkdir(parents=True, exist_ok=True)
        partial = cached.with_suffix(f".{os.getpid()}")
        partial.write_bytes(data)
        partial.replace(cached)
        return data

    def depends(self, name: str) -> list[str]:
        """Direct dependencies that are modules."""
        names = next(modinfo(self.read(name), "depends"), "")
        return [canonical(needed) for needed in names.split(",") if needed]

    def resolve(self, names: Iterable[str]) -> dict[str, list[str]]:
        """All modules that the named ones need, each with its own needs.

        Every list is in the order of modules.dep: what must be loaded first
        comes last. Built-in modules need no file and are left out.
        """
        needs: dict[str, set[str]] = {}
        loaded: list[str] = []

        def visit(name: str) -> None:
            if name in needs or self.is_builtin(name):
                return
            if name not in self._paths:
                raise HarnessError(f"no kernel module {name} in {self._where}")
            needs[name] = set()
            for needed in self.depends(name):
                visit(needed)
                if needed in needs:
                    needs[name] |= {needed} | needs[needed]
            loaded.append(name)

        for name in names:
            visit(canonical(name))
        return {name: [other for other in reversed(loaded) if other in needs[name]]
                for name in loaded}

    def is_builtin(self, name: str) -> bool:
        """Whether the kernel has this module inside."""
        return canonical(name) in self._builtin and canonical(name) not in self._paths


def _decompress(path: Path, raw: bytes) -> bytes:
    if path.suffix == ".xz":
        return lzma.decompress(raw)
    if path.suffix == ".zst":
        # Python 3.13 cannot; a kernel with zstd modules comes with the tool.
        return subprocess.run(["zstd", "-dcq"], input=raw, capture_output=True,
                              check=True).stdout
    raise HarnessError(f"{path}: unknown compression {path.suffix}")
