# SPDX-License-Identifier: GPL-2.0
"""A machine with Debian installed, as its owner has it: systemd, apt, an initramfs, a disk.

    disk         its root file system
    boot/        its /boot, over 9p; QEMU loads what the links there name, as a boot loader does
    files.cpio   what the host brings: agent, tests, programs, in /run/vm
    build/       this project's, with its packages, over 9p, as /run/build

What a group does to the disk and to /boot stays until its last boot. No file on the disk is the harness's: systemd gets the
unit that starts the agent from the firmware.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from .errors import HarnessError
from .initramfs import Builder
from .testlist import Group

AGENT = """\
[Service]
ExecStart=/bin/sh -c 'mkdir -p /run/vm /run/build && \
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000 build /run/build && \
mount -t tmpfs vm /run/vm && cd /run/vm && cpio -idu --quiet < /dev/vdb && exec ./agent'
"""
ARGUMENTS = "root=/dev/vda rw systemd.wants=vm-agent.service"


def _share(path: Path, tag: str, *options: str) -> list[str]:
    return ["-fsdev", ",".join([f"local,id={tag},path={path},security_model=none", *options]),
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag},bus=pcie.0"]


def _disk(path: Path, name: str, *options: str) -> list[str]:
    # Nobody needs what is written after QEMU's end.
    return ["-drive", ",".join([f"file={path},format=raw,if=none,cache=unsafe,id={name}", *options]),
            "-device", f"virtio-blk-pci,drive={name},bus=pcie.0"]


class Installation:
    """A copy of the prepared one, in a folder that holds nothing else."""

    def __init__(self, prepared: Path, build: Path, folder: Path) -> None:
        if not prepared.is_dir():
            raise HarnessError(f"no installed Debian in {prepared}: scripts/prepare debian makes it")
        if not (build / "deb").is_dir():
            raise HarnessError(f"no packages in {build / 'deb'}: 'make deb' makes them")
        self._folder = folder
        self._build = build
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        # Most of it are holes.
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", prepared / "disk", folder],
                       check=True)
        shutil.copytree(prepared / "boot", folder / "boot", symlinks=True)

    def remove(self) -> None:
        """The logs stay, which are elsewhere."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def image(self) -> Path:
        """The kernel that a boot loader takes."""
        return self._folder / "boot/vmlinuz"

    def initramfs(self) -> bytes:
        """What it takes with it."""
        return (self._folder / "boot/initrd.img").read_bytes()

    def plugged_in(self, group: Group, builder: Builder) -> Group:
        """The group, on a machine with this disk."""
        files = self._folder / "files.cpio"
        files.write_bytes(builder.files(group, "/run/vm"))
        unit = base64.b64encode(AGENT.encode()).decode()
        qemu = [*_disk(self._folder / "disk", "root"), *_disk(files, "files", "readonly=on"),
                *_share(self._folder / "boot", "boot"),
                *_share(self._build, "build", "readonly=on"),
                "-smbios", "type=11,value=io.systemd.credential.binary:"
                           f"systemd.extra-unit.vm-agent.service={unit}"]
        return replace(group, cmdline=f"{ARGUMENTS} {group.cmdline}",
                       machine=replace(group.machine, qemu=(*group.machine.qemu, *qemu)))
