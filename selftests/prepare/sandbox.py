# SPDX-License-Identifier: GPL-2.0
"""A cache and an apt of a test's own, and what the scripts do with them."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLONE = HERE.parents[1]
KERNEL = "7.3.4+deb13-amd64"
FLAVOUR = "7.3.4+deb13-rt-amd64"
PREPARE = ("scripts/prepare", "machine")
# "pkgnames PREFIX" names kernels, and "show PACKAGE" is asked of their source alone.
APT_CACHE = """#!/bin/sh
case $* in
pkgnames*) cat "$POOL/names" ;;
*show*) dpkg-deb -I "$POOL"/source/*.deb control ;;
esac
"""
# On any machine: what the pool has is for this one.
UNAME = """#!/bin/sh
[ "$*" = -m ] && echo x86_64 || exec /usr/bin/uname "$@"
"""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# Whoever starts the tests in the background may have these ignored, which a shell below cannot change.
signal.signal(signal.SIGINT, signal.default_int_handler)
for _number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(_number, signal.SIG_DFL)

# What the programs of the small toolchain root do instead of building something.
ROOT_PROGRAMS = {
    "usr/sbin/ldconfig": "exit 0",
    # Runs "bash prepare --inside THING FUNCTION ARG...".
    "usr/bin/env": """
        dir=/cache/kernel/stock
        case $5 in
        build_metadata)
            [ ! -e $dir/hold ] || { busybox touch $dir/held; busybox sleep 100; }
            busybox mkdir $dir/obj && echo "$KERNEL $ARCH" >$dir/vmlinux ;;
        unpack_qemu) busybox mkdir /cache/device/source ;;
        build_qemu) echo object >/cache/device/$7 ;;
        esac""",
}


def mount_tmpfs(path: Path, size: str) -> None:
    """A file system of this size, until the test program ends."""
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", path],
                   check=True)


def bind(source: Path, path: Path) -> None:
    """The same files in another place, without what is mounted below."""
    subprocess.run(["mount", "--bind", source, path], check=True)


def mount_overlay(path: Path, changes: Path, *lower: Path) -> None:
    """These directories in one, the first on top; what is changed goes elsewhere."""
    for name in ("upper", "work"):
        (changes / name).mkdir()
    path.mkdir(exist_ok=True)
    options = f"lowerdir={':'.join(map(str, lower))},upperdir={changes}/upper,workdir={changes}/work"
    subprocess.run(["mount", "-t", "overlay", "-o", options, "overlay", path], check=True)


def fill(path: Path, left: int) -> Path:
    """A file that leaves so many bytes free."""
    filler = path / "filler"
    disk = os.statvfs(path)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - left)
    return filler


def unmount(path: Path) -> None:
    """Away with it."""
    subprocess.run(["umount", path], check=True)


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds; fails after a while."""
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("nothing happened in 20 s")
        time.sleep(0.01)


def session_of(pid: int) -> int | None:
    """The session of a process; nothing if it has ended, even if nobody waited for it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[3])


def _package(pool: Path, tree: Path, name: str, version: str) -> None:
    """A Debian package with the files of a tree."""
    control = tree / "DEBIAN/control"
    control.parent.mkdir(parents=True, exist_ok=True)
    control.write_text(f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
                       "Maintainer: nobody <nobody@localhost>\nDescription: test\n")
    pool.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "-b", "-Znone", "--root-owner-group", tree,
                    pool / f"{name}_{version}_amd64.deb"], check=True, capture_output=True)


def _root_tree(tree: Path) -> None:
    """The smallest toolchain root: a shell with its libraries, and programs that pretend."""
    for name in ("dev", "proc", "sys", "tmp", "etc", "bin", "usr/sbin", "usr/bin"):
        (tree / name).mkdir(parents=True)
    listing = subprocess.run(["ldd", "/bin/bash"], check=True, capture_output=True, text=True)
    for file in ["/bin/bash", *re.findall(r"(/\S+) \(0x", listing.stdout)]:
        (tree / file[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tree / file[1:])
    shutil.copy("/usr/bin/busybox", tree / "usr/bin/busybox")
    for name, text in ROOT_PROGRAMS.items():
        (tree / name).write_text(f"#!/bin/bash\n{text}\n")
        (tree / name).chmod(0o755)


def _source_tree(tree: Path, sublevel: int) -> None:
    source = tree / "linux-source-7.3"
    source.mkdir(parents=True)
    (source / "Makefile").write_text(f"VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = {sublevel}\n")
    archive = tree / "usr/src/linux-source-7.3.tar.xz"
    archive.parent.mkdir(parents=True)
    subprocess.run(["tar", "-C", tree, "-cJf", archive, source.name], check=True)
    shutil.rmtree(source)


def make_source(pool: Path, sublevel: int) -> None:
    """The kernel's source in Debian's package of it."""
    with tempfile.TemporaryDirectory() as work:
        _source_tree(Path(work, "source"), sublevel)
        shutil.rmtree(pool / "source", ignore_errors=True)
        _package(pool / "source", Path(work, "source"), "linux-source-7.3", f"7.3.{sublevel}-1")


def make_pool(pool: Path) -> None:
    """What the stand-in for apt serves."""
    with tempfile.TemporaryDirectory() as work:
        _root_tree(Path(work, "root"))
        _package(pool / "root", Path(work, "root"), "base", "1.0")
        _package(pool / "root", Path(work, "qemu"), "qemu-system-x86", "10.0.99")
        make_source(pool, 4)
        Path(work, "kernel/usr/lib/modules", KERNEL).mkdir(parents=True)
        _package(pool / "kernel", Path(work, "kernel"), f"linux-modules-{KERNEL}", "7.3.4-1")
    (pool / "mirror").mkdir()
    have_kernels(pool, KERNEL, FLAVOUR)


def have_kernels(pool: Path, *names: str) -> None:
    """Names of kernels that the mirror has."""
    # Other pools have the same file.
    (pool / "names").unlink(missing_ok=True)
    (pool / "names").write_text("".join(f"linux-binary-unsigned-{name}\n" for name in names))


class Finished:
    """A command that ended."""

    def __init__(self, status: int, output: str) -> None:
        self.status = status
        self.output = output


class Running:
    """A command in a process group of its own, as a shell starts it."""

    def __init__(self, command: Sequence[str | Path], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command, env=environment, cwd=CLONE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def interrupt(self) -> Finished:
        """What Ctrl-C does."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self.finish()

    def kill(self) -> Finished:
        """What a machine that goes down does, to all of its processes."""
        while pids := self.processes():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return self.finish()

    def finish(self) -> Finished:
        """Wait for the end; output is read until nobody can write any more."""
        output, _ = self._process.communicate(timeout=300)
        return Finished(self._process.returncode, output)

    def wait_for_nobody(self) -> None:
        """Who was killed may take a moment to die; who was not stays."""
        wait_for(lambda: not self.processes())

    def processes(self) -> list[int]:
        """Everything that runs in the session of the command."""
        pids = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
        return [pid for pid in pids if session_of(pid) == self._process.pid]


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._pid, self._terminal = pty.fork()
        if not self._pid:
            os.chdir(CLONE)
            os.execvpe(command[0], command, environment)
        self.shown = ""

    def _read(self, seconds: float) -> bool:
        """Whether anything was shown; False at the end, too."""
        if select.select([self._terminal], [], [], seconds)[0]:
            # The end of the last program is an error here.
            with suppress(OSError):
                text = os.read(self._terminal, 65536).decode(errors="replace")
                self.shown += text
                return bool(text)
        return False

    def read_until(self, pattern: str) -> None:
        """Until this is on the terminal."""
        end = time.monotonic() + 60
        while not re.search(pattern, self.shown):
            if time.monotonic() > end or not self._read(20):
                raise TimeoutError(f"no {pattern} in {self.shown!r}")

    def type(self, text: str) -> None:
        """What fingers do."""
        os.write(self._terminal, text.encode())

    def finish(self) -> Finished:
        """Wait for the end."""
        end = time.monotonic() + 60
        while self._read(60):
            if time.monotonic() > end:
                os.close(self._terminal)
                raise TimeoutError(f"no end of {self.shown!r}")
        os.close(self._terminal)
        _, status = os.waitpid(self._pid, 0)
        return Finished(os.waitstatus_to_exitcode(status), self.shown)


class Sandbox:
    """Where a test prepares."""

    def __init__(self, directory: Path, pool: Path | None = None, **environment: str) -> None:
        self.cache = directory / "cache"
        self.pool = directory / "pool"
        if pool:
            shutil.copytree(pool, self.pool, copy_function=os.link)
            (self.pool / "mirrors").write_text(f"{self.pool}/mirror\n")
        self._bin = directory / "bin"
        self._bin.mkdir()
        self.program("apt-get", (HERE / "apt-get").read_text())
        self.program("apt-cache", APT_CACHE)
        self.program("uname", UNAME)
        self._environment = {
            "PATH": f"{self._bin}:/usr/sbin:/usr/bin", "HOME": str(directory),
            "LC_ALL": "C.UTF-8", "CXL_VFIO_PCI_CACHE": str(self.cache), "POOL": str(self.pool),
            **environment}

    def program(self, name: str, text: str) -> None:
        """A program that the scripts find before the machine's."""
        (self._bin / name).write_text(text)
        (self._bin / name).chmod(0o755)

    def hide(self, name: str) -> None:
        """Leave this program out of PATH."""
        for directory in ("/usr/sbin", "/usr/bin"):
            for file in Path(directory).iterdir():
                if not (self._bin / file.name).exists():
                    (self._bin / file.name).symlink_to(file)
        (self._bin / name).unlink()
        self._environment["PATH"] = str(self._bin)

    def start(self, *command: str | Path, **environment: str) -> Running:
        """Run a command of the clone."""
        return Running(command, {**self._environment, **environment})

    def on_a_terminal(self, *command: str) -> Terminal:
        """Run it as a person sees it."""
        return Terminal(command, self._environment)

    def run(self, *command: str | Path, **environment: str) -> Finished:
        """Run it and wait."""
        return self.start(*command, **environment).finish()

    def prepare(self, **environment: str) -> Finished:
        """What `make demo` does first."""
        return self.run(*PREPARE, **environment)

    def prepare_root(self, **environment: str) -> Finished:
        """The first part of that."""
        return self.run("scripts/prepare", "root", **environment)

    def where(self, thing: str, scripts: str = "scripts") -> Path:
        """The directory of something, prepared or not."""
        return Path(self.run(f"{scripts}/prepare", "--where", thing).output.strip())

    def prepared(self) -> set[str]:
        """Kinds of what is there and complete."""
        return {path.name.rpartition("-")[0] for path in self.cache.glob("*-*")
                if path.is_dir() and not path.name.endswith(".new")}

    def unfinished(self) -> list[Path]:
        """What an earlier run left."""
        return list(self.cache.glob("*.new"))

    def calls(self) -> list[str]:
        """How apt-get was called."""
        file = self.pool / "calls"
        return file.read_text().splitlines() if file.exists() else []
