# SPDX-License-Identifier: GPL-2.0
"""One running QEMU: its process, its streams, its logs.

All streams are pipes and socket pairs that QEMU inherits, and the initramfs is
a file without a name: a VM leaves nothing behind however it ends.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import IO

from . import machine
from .architecture import Architecture, Streams
from .console import LineSplitter
from .control import Control
from .errors import HarnessError
from .qmp import Qmp, QmpError
from .testlist import Machine

SYSRQ_SHOW_BLOCKED = "w"
SYSRQ_SHOW_CPUS = "l"

# What the emulator knows of a machine that hangs: where its CPUs are. What interrupts wait is the architecture's.
STATE = ("info status", "info registers -a")

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def nameless_file(data: bytes) -> int:
    """A file descriptor to read the data from, gone when it is closed."""
    descriptor = os.memfd_create("initramfs")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)
    return descriptor


class ConsolePort:
    """The console's two pipes.

    A kernel waits some milliseconds for its port, then goes on, and its line has a hole. QEMU
    writes a byte at a time: 278 of these fill a socket that a busy harness does not read, and
    65,536 a pipe.
    """

    def __init__(self) -> None:
        said, said_theirs = os.pipe()
        keys_theirs, keys = os.pipe()
        self._said = os.fdopen(said, "rb", buffering=0)
        self._keys = os.fdopen(keys, "wb", buffering=0)
        self._transport: asyncio.ReadTransport | None = None
        # What QEMU inherits.
        self.theirs = (said_theirs, keys_theirs)

    @property
    def option(self) -> str:
        """QEMU's character device."""
        said, keys = (f"/proc/self/fd/{descriptor}" for descriptor in self.theirs)
        return f"file,path={said},input-path={keys}"

    async def reader(self) -> asyncio.StreamReader:
        """What the kernel says."""
        reader = asyncio.StreamReader()
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), self._said)
        return reader

    def press(self, key: str) -> None:
        """A key for the kernel."""
        self._keys.write(key.encode())

    def close(self) -> None:
        """Neither is heard any more."""
        self._keys.close()
        if self._transport is not None:
            self._transport.close()


class Vm:
    """A virtual machine, from start() to stop()."""

    def __init__(self, qemu: Path, architecture: Architecture, logs: Path,
                 terminal: bool = False) -> None:
        self._qemu = qemu
        self.architecture = architecture
        # The console on the harness's own terminal, instead of in a log.
        self._terminal = terminal
        self.logs = logs
        self.console: list[str] = []
        # Lines of test output; None when there will be no more.
        self.output: asyncio.Queue[str | None] = asyncio.Queue()
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._monitor: Qmp | None = None
        self._agent: asyncio.StreamWriter | None = None
        self._console: ConsolePort | None = None
        self.console_grew = asyncio.Event()

    async def start(self, description: Machine, kernel: Path, initrd: bytes,
                    cmdline: str) -> None:
        """Start QEMU; what becomes of it shows on the streams."""
        if not os.access(self._qemu, os.X_OK):
            raise HarnessError(f"{self._qemu} does not exist or is not executable")
        self.logs.mkdir(parents=True, exist_ok=True)
        pairs = {name: socket.socketpair() for name in ("output", "control", "qmp")}
        inherited = {name: theirs.fileno() for name, (_, theirs) in pairs.items()}
        options = {name: f"socket,fd={descriptor}" for name, descriptor in inherited.items()}
        self._console = console = ConsolePort()
        options["console"] = "stdio,mux=on,signal=off" if self._terminal else console.option
        image = nameless_file(initrd)
        argv = [str(self._qemu), *machine.arguments(
            self.architecture, description, str(kernel), f"/proc/self/fd/{image}",
            cmdline, Streams(**options))]
        (self.logs / "command").write_text(shlex.join(argv) + "\n")
        try:
            await self._spawn(argv, [*inherited.values(), *console.theirs, image])
        finally:
            for descriptor in (image, *console.theirs):
                os.close(descriptor)
            for _, theirs in pairs.values():
                theirs.close()
        await self._connect(console, {name: ours for name, (ours, _) in pairs.items()})

    async def _spawn(self, argv: list[str], descriptors: list[int]) -> None:
        with open(self.logs / "qemu.log", "wb") as log:
            # QEMU dies with the harness, however the harness dies, and its own
            # session keeps the terminal's Ctrl-C away from it.
            try:
                self._process = await asyncio.create_subprocess_exec(
                    "setpriv", "--pdeathsig", "KILL", "--", *argv,
                    stdin=None if self._terminal else asyncio.subprocess.DEVNULL,
                    stdout=None if self._terminal else log, stderr=log,
                    env={"CXL_TYPE2_QEMU": self.architecture.qemu, **os.environ},
                    pass_fds=descriptors, start_new_session=True)
            except OSError as error:
                raise HarnessError(f"cannot start setpriv: {error.strerror}") from error

    async def _connect(self, console: ConsolePort, sockets: dict[str, socket.socket]) -> None:
        streams = {name: await asyncio.open_connection(sock=ours)
                   for name, ours in sockets.items()}
        self._writers = [writer for _, writer in streams.values()]
        self._agent = streams["output"][1]
        self._monitor = Qmp(*streams["qmp"])
        self._follow(await console.reader(), "console.log", self._on_console)
        self._follow(streams["output"][0], "output.log", self.output.put_nowait,
                     lambda: self.output.put_nowait(None))
        self._readers.append(asyncio.create_task(
            self._serve(streams["control"], self._monitor)))

    def _on_console(self, line: str) -> None:
        self.console.append(line)
        self.console_grew.set()

    def _follow(self, reader: asyncio.StreamReader, name: str, on_line: Callable[[str], None],
                on_end: Callable[[], None] = lambda: None) -> None:
        log = open(self.logs / name, "wb", buffering=0)
        self._readers.append(asyncio.create_task(self._read(reader, log, on_line, on_end)))

    @staticmethod
    async def _read(reader: asyncio.StreamReader, log: IO[bytes],
                    on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        splitter = LineSplitter()
        with log:
            try:
                while data := await reader.read(65536):
                    log.write(data)
                    for line in splitter.feed(data):
                        on_line(line)
            except ConnectionError:
                # A killed QEMU resets its sockets instead of closing them.
                pass
        if rest := splitter.flush():
            on_line(rest)
        on_end()

    async def _serve(self, connection: Connection, monitor: Qmp) -> None:
        reader, writer = connection
        try:
            await monitor.start()
            control = Control(monitor)
            while line := await reader.readline():
                reply = await control.reply(line.decode(errors="replace").strip())
                writer.write(reply.encode() + b"\n")
                await writer.drain()
        except (ConnectionError, QmpError):
            pass

    def send(self, line: str) -> None:
        """A command to the guest's agent."""
        assert self._agent is not None
        self._agent.write(line.encode() + b"\n")

    async def property(self, device: str, name: str) -> int | None:
        """A numeric property of a device, None if there is none."""
        assert self._monitor is not None
        try:
            value = await Control(self._monitor).get(device, name)
        except QmpError:
            return None
        return value if isinstance(value, int) else None

    async def keep_when_off(self) -> None:
        """QEMU stays, to be asked, when the guest powers off."""
        assert self._monitor is not None
        await self._monitor.execute("set-action", shutdown="pause")

    async def is_off(self) -> None:
        """Wait until the guest has powered off."""
        assert self._monitor is not None
        while (await self._monitor.execute("query-status"))["status"] != "shutdown":
            await asyncio.sleep(0.1)

    async def show_blocked(self) -> None:
        """Let the kernel log what its tasks wait for, if it still can."""
        assert self._monitor is not None and self._console is not None
        for key in (SYSRQ_SHOW_BLOCKED, SYSRQ_SHOW_CPUS):
            try:
                await self._monitor.execute("chardev-send-break", id="console")
            except QmpError:
                return
            self._console.press(key)
            await asyncio.sleep(1)

    async def keep_state(self, cpus: int) -> None:
        """Log what the emulator sees, which needs nothing of the guest."""
        assert self._monitor is not None
        commands = [command.format(cpu=cpu) for command in (*STATE, *self.architecture.state)
                    for cpu in range(cpus if "{cpu}" in command else 1)]
        with open(self.logs / "machine.log", "w", encoding="utf-8") as log:
            for command in commands:
                try:
                    said = await self._monitor.execute("human-monitor-command",
                                                       **{"command-line": command})
                except QmpError as error:
                    said = str(error)
                log.write(f"# {command}\n{said.replace(chr(13), '')}\n")

    async def ended(self) -> None:
        """Wait until QEMU ends by itself."""
        assert self._process is not None
        await self._process.wait()

    async def how_it_ended(self) -> str:
        """One sentence on a QEMU that went away by itself."""
        assert self._process is not None
        try:
            async with asyncio.timeout(60):
                code = await self._process.wait()
        except TimeoutError:
            return "QEMU closed the guest's output and still runs"
        said = (self.logs / "qemu.log").read_text(errors="replace").strip().splitlines()
        tail = f": {said[-1]}" if said else ""
        if code < 0:
            return f"QEMU was killed by {signal.Signals(-code).name}{tail}"
        if code:
            return f"QEMU ended with exit code {code}{tail}"
        return f"the VM was reset or powered off{tail}"

    async def stop(self) -> None:
        """End QEMU and everything that it started; safe to call at any time."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        await self._process.wait()
        # The end of the streams: what QEMU wrote before is still read.
        await asyncio.wait(self._readers, timeout=5)
        for task in self._readers:
            task.cancel()
        for writer in self._writers:
            writer.close()
        if self._console is not None:
            self._console.close()
