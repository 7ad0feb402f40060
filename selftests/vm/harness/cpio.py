# SPDX-License-Identifier: GPL-2.0
"""The "newc" archive format of an initramfs (Documentation/driver-api/early-userspace)."""

from __future__ import annotations

import stat
from pathlib import PurePosixPath


class Archive:
    """An archive in memory. Folders are added before what they hold."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._folders: set[PurePosixPath] = {PurePosixPath("/")}
        self._inode = 0

    def _entry(self, name: str, mode: int, data: bytes = b"",
               device: tuple[int, int] = (0, 0)) -> None:
        self._inode += 1
        raw = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(raw), 0)
        header = b"070701" + b"".join(b"%08X" % value for value in fields)
        for part in (header + raw, data):
            self._parts.append(part + b"\0" * (-len(part) % 4))

    def _parents(self, path: str) -> str:
        """Make the folders above a path, return the path as the format wants it."""
        pure = PurePosixPath("/") / path
        self.folder(str(pure.parent))
        return str(pure.relative_to("/"))

    def folder(self, path: str) -> None:
        """A folder; adding it again changes nothing."""
        pure = PurePosixPath("/") / path
        if pure not in self._folders:
            name = self._parents(path)
            self._folders.add(pure)
            self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """A regular file."""
        self._entry(self._parents(path), stat.S_IFREG | mode, data)

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        self._entry(self._parents(path), stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, path: str, major: int, minor: int) -> None:
        """A device node, for what is needed before devtmpfs is mounted."""
        self._entry(self._parents(path), stat.S_IFCHR | 0o600, device=(major, minor))

    def bytes(self) -> bytes:
        """The archive with its end mark."""
        parts = list(self._parts)
        trailer = Archive()
        trailer._entry("TRAILER!!!", 0)
        return b"".join(parts + trailer._parts)
