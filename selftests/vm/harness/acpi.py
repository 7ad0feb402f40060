# SPDX-License-Identifier: GPL-2.0
"""ACPI tables that a board lacks: the kernel takes them from its initramfs, as an upgrade.

Of CXL, a board of selftests/device/virt.c describes the host bridges alone. Where their registers
and windows are is known from the command line that they were made with (CXL r4.0 9.18).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

# What virt.c says, too: registers by bus number, then the windows in their order.
HOST_BASE = 1 << 40
HOST_STEP = 64 << 10
WINDOW_BASE = HOST_BASE + (256 << 20)

# Host bridges of CXL 2.0 and later have component registers.
CHBS_CXL_2 = 1
# Device coherent and host-only coherent, volatile and persistent.
ANY_MEMORY = 0xf

# Where the kernel looks, in an archive that is not compressed.
FOLDER = "kernel/firmware/acpi"


def _table(signature: bytes, revision: int, body: bytes) -> bytes:
    header = struct.pack("<4sIBB6s8sI4sI", signature, 36 + len(body), revision, 0,
                         b"CXLVFI", b"CXLTYPE2", 1, b"VM  ", 1)
    table = bytearray(header + body)
    table[9] = -sum(table) & 0xff
    return bytes(table)


def _cedt(bridges: Sequence[tuple[int, int]]) -> bytes:
    """The CXL Early Discovery Table."""
    body, base = b"", WINDOW_BASE
    for bus, size in bridges:
        # Host bridge structure, then a fixed window that it has to itself.
        body += struct.pack("<BxHIIIQQ", 0, 32, bus, CHBS_CXL_2, 0,
                            HOST_BASE + bus * HOST_STEP, HOST_STEP)
        body += struct.pack("<BxHIQQBBHIHHI", 1, 40, 0, base, size, 0, 0, 0, 0, ANY_MEMORY, 0, bus)
        base += size
    return _table(b"CEDT", 1, body)


def _package(body: bytes) -> bytes:
    """AML of what is shorter than 4 KiB, behind its length."""
    if len(body) + 1 < 0x40:
        return bytes([len(body) + 1]) + body
    length = len(body) + 2
    return bytes([0x40 | (length & 0xf), length >> 4]) + body


def _ssdt() -> bytes:
    r"""Scope (\_SB) { Device (CXLM) { Name (_HID, "ACPI0017") Name (_STA, 0x0b) } }."""
    names = b"\x08_HID\x0dACPI0017\0" + b"\x08_STA\x0a\x0b"
    device = b"\x5b\x82" + _package(b"CXLM" + names)
    return _table(b"SSDT", 2, b"\x10" + _package(b"\\_SB_" + device))


def tables(bridges: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bytes]]:
    """Files for host bridges, each a bus number and the size of its window."""
    yield f"{FOLDER}/cedt.aml", _cedt(bridges)
    yield f"{FOLDER}/ssdt.aml", _ssdt()
