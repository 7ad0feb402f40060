# SPDX-License-Identifier: GPL-2.0
"""Preparation: each way to fail is a sentence and an exit status, and the next run succeeds."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path

import sandbox
from sandbox import Finished, Running, Sandbox

DOWNLOADED = {"root", "source", "kernel", "device"}
ALL = DOWNLOADED | {"cxl-vfio"}
POOL = Path("/tmp/pool")


def setUpModule() -> None:
    """What all tests share; it goes away with the mounts of the test program."""
    # As large as the space checks want; what is written are a few MiB.
    sandbox.mount_tmpfs(Path("/tmp"), "30G")
    sandbox.make_pool(POOL)
    sandbox.mount_tmpfs(Path("/usr/share"), "1M")
    sandbox.KEYRING.parent.mkdir()
    sandbox.KEYRING.write_text("keys\n")


class Preparation(unittest.TestCase):
    """A sandbox for each test."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.box = Sandbox(Path(directory.name), POOL)

    def refused(self, finished: Finished, sentence: str) -> None:
        """It failed, with this sentence as a line of its own, once."""
        self.assertNotEqual(finished.status, 0, finished.output)
        lines = [line for line in finished.output.splitlines() if sentence in line]
        self.assertEqual(len(lines), 1, finished.output)
        self.assertNotIn("Traceback", finished.output)

    def succeeds(self) -> str:
        """The next run does all that is missing."""
        finished = self.box.prepare()
        self.assertEqual(finished.status, 0, finished.output)
        self.assertEqual(self.box.prepared(), ALL)
        self.assertEqual(self.box.unfinished(), [])
        return finished.output


class Once(Preparation):
    def test_second_run_needs_no_network(self) -> None:
        self.assertIn("compile the emulated device", self.succeeds())
        calls = self.box.calls()
        self.assertTrue(calls)
        shutil.rmtree(self.box.pool / "mirror")
        (self.box.pool / "broken").write_text("no network")
        self.assertEqual(self.succeeds(), "")
        self.assertEqual(self.box.calls(), calls)

    def test_flavours_share_the_source(self) -> None:
        self.succeeds()
        calls = self.box.calls()
        flavour = sandbox.FLAVOUR
        self.assertEqual(self.box.prepare(KERNEL=flavour).status, 0)
        self.assertFalse([call for call in self.box.calls()[len(calls):] if "linux-source" in call])
        kernels = {path.read_text() for path in self.box.cache.glob("kernel-*/vmlinux")}
        self.assertEqual(kernels, {f"{sandbox.KERNEL} x86\n", f"{flavour} x86\n"})

    def test_two_at_once(self) -> None:
        hold = self.box.pool / "hold"
        hold.touch()
        first = self.box.start(*sandbox.PREPARE)
        sandbox.wait_for((self.box.pool / "held").exists)
        second = self.box.start(*sandbox.PREPARE)
        log = self.box.cache / "log"
        # The second one is where it says that it waits, and the first one is where it was.
        sandbox.wait_for(lambda: any("flock" in command for command in _commands(second)))
        self.assertTrue(log.is_dir())
        hold.unlink()
        for number, running in enumerate([first, second]):
            finished = running.finish()
            self.assertEqual(finished.status, 0, finished.output)
            # The first one may find that the second one is ahead later on.
            self.assertTrue(number == 0 or "waiting for another run" in finished.output)
        downloads = [call for call in self.box.calls()
                     if "--download-only" in call or call.startswith("download -q ")]
        self.assertEqual(len(downloads), len(DOWNLOADED), downloads)
        self.succeeds()

    def test_what_an_earlier_run_left_is_replaced(self) -> None:
        self.succeeds()
        complete = [path for path in self.box.cache.glob("*-*") if path.is_dir()]
        for path in complete:
            shutil.rmtree(path)
            leftover = Path(f"{path}.new")
            (leftover / "usr").mkdir(parents=True)
            (leftover / "vmlinux").mkdir()
            (leftover / "left over").touch()
        self.succeeds()
        for path in complete:
            self.assertFalse((path / "left over").exists())


class KernelOfTheDay(Preparation):
    """The mirror has dropped the kernel, as it does when the next one comes."""

    def setUp(self) -> None:
        super().setUp()
        sandbox.have_kernels(self.box.pool, "7.2.12+deb13-amd64", "7.3.10+deb13-amd64", "7.3.9+deb13-amd64",
                             "7.3.11+deb13-rt-amd64", "7.10.1+deb14-amd64")
        sandbox.make_source(self.box.pool, 10)

    def kernels(self) -> set[str]:
        return {path.read_text() for path in self.box.cache.glob("kernel-*/vmlinux")}

    def test_the_newest_is_taken(self) -> None:
        sentence = f"the mirror does not have kernel {sandbox.KERNEL} any more: 7.3.10+deb13-amd64 is prepared"
        self.assertEqual(self.succeeds().count(sentence), 1)
        self.assertEqual(self.kernels(), {"7.3.10+deb13-amd64 x86\n"})
        # From now on, without asking anybody.
        calls = self.box.calls()
        self.assertEqual(self.succeeds(), "")
        self.assertEqual(self.box.calls(), calls)

    def test_kernel_whose_source_is_gone(self) -> None:
        sandbox.have_kernels(self.box.pool, sandbox.KERNEL, "7.3.10+deb13-amd64")
        self.assertIn(f"does not have kernel {sandbox.KERNEL} any more", self.succeeds())
        self.assertEqual(self.kernels(), {"7.3.10+deb13-amd64 x86\n"})

    def test_what_is_prepared_stays(self) -> None:
        sandbox.have_kernels(self.box.pool, sandbox.KERNEL)
        sandbox.make_source(self.box.pool, 4)
        self.succeeds()
        sandbox.have_kernels(self.box.pool, "7.3.10+deb13-amd64")
        self.assertEqual(self.succeeds(), "")
        self.assertEqual(self.kernels(), {f"{sandbox.KERNEL} x86\n"})


class Interrupted(Preparation):
    def ended(self, running: Running, finished: Finished) -> None:
        running.wait_for_nobody()
        self.assertNotEqual(finished.status, 0)

    def download(self) -> Running:
        """A run in the middle of its first download."""
        (self.box.pool / "hold").touch()
        running = self.box.start(*sandbox.PREPARE)
        sandbox.wait_for((self.box.pool / "held").exists)
        return running

    def metadata(self) -> Running:
        """A run in the middle of a step inside the toolchain root."""
        self.assertEqual(self.box.prepare_root().status, 0)
        running = self.box.start(*sandbox.PREPARE)

        def holding() -> bool:
            new = list(self.box.cache.glob("kernel-*.new"))
            for path in new:
                (path / "hold").touch()
            return any((path / "held").exists() for path in new)
        sandbox.wait_for(holding)
        return running

    def test_while_apt_downloads(self) -> None:
        running = self.download()
        finished = running.interrupt()
        self.ended(running, finished)
        self.refused(finished, "interrupted: the next run goes on with what is missing")
        self.assertEqual(self.box.prepared(), set())
        (self.box.pool / "hold").unlink()
        self.succeeds()

    def test_while_the_root_is_at_work(self) -> None:
        running = self.metadata()
        finished = running.interrupt()
        self.ended(running, finished)
        self.refused(finished, "interrupted: the next run goes on with what is missing")
        self.assertEqual(self.box.prepared(), {"root", "source"})
        self.succeeds()

    def test_ctrl_c_on_a_terminal(self) -> None:
        (self.box.pool / "hold").touch()
        terminal = self.box.on_a_terminal(*sandbox.PREPARE)
        # The time that has passed is shown while the step lasts.
        terminal.read_until(r"\r  apt: download \d+ packages .* +\d+ s\r  apt: download .* +[1-9]\d* s")
        apt = int((self.box.pool / "held").read_text())
        terminal.type("\x03")
        finished = terminal.finish()
        self.refused(finished, "interrupted: the next run goes on with what is missing")
        sandbox.wait_for(lambda: sandbox.session_of(apt) is None)
        (self.box.pool / "hold").unlink()
        self.succeeds()

    def test_killed(self) -> None:
        running = self.metadata()
        running.kill()
        self.assertEqual(len(self.box.unfinished()), 1)
        self.succeeds()

    def test_while_it_waits_for_another_run(self) -> None:
        first = self.download()
        second = self.box.start(*sandbox.PREPARE)
        sandbox.wait_for(lambda: any("flock" in command for command in _commands(second)))
        self.ended(second, second.interrupt())
        (self.box.pool / "hold").unlink()
        self.assertEqual(first.finish().status, 0)
        self.assertEqual(self.box.prepared(), ALL)


class Refused(Preparation):
    def goes_on(self) -> None:
        """Once the reason is gone."""
        finished = self.box.prepare_root()
        self.assertEqual(finished.status, 0, finished.output)
        self.assertEqual(self.box.prepared(), {"root"})

    def test_missing_command(self) -> None:
        for command, package in [("apt-get", "apt"), ("dpkg-deb", "dpkg"), ("xz", "xz-utils"),
                                 ("unshare", "util-linux")]:
            with self.subTest(command):
                self.setUp()
                self.box.hide(command)
                self.refused(self.box.prepare_root(),
                             f"the command '{command}' is missing: install the package {package} and")

    def test_missing_keyring(self) -> None:
        sandbox.KEYRING.rename(f"{sandbox.KEYRING}.away")
        try:
            self.refused(self.box.prepare_root(), "install the package debian-archive-keyring")
        finally:
            Path(f"{sandbox.KEYRING}.away").rename(sandbox.KEYRING)
        self.goes_on()

    def test_disk_is_full_from_the_start(self) -> None:
        sandbox.mount_tmpfs(self.box.cache, "1M")
        try:
            self.refused(self.box.prepare_root(), "the toolchain root needs 9 GiB in "
                         f"{self.box.cache}, and only 0.0 GiB are free")
        finally:
            sandbox.unmount(self.box.cache)

    def test_disk_fills_up(self) -> None:
        # Enough for the package, too little for what is in it.
        sandbox.mount_tmpfs(self.box.cache, "30M")
        filler = sandbox.fill(self.box.cache, 7 << 20)
        lied = self.box.pool / "lied"
        self.box.program("df", f"#!/bin/sh\n[ ! -e {lied} ] || exec /usr/bin/df \"$@\"\n"
                               f"touch {lied}\necho Avail\necho {100 << 20}\n")
        try:
            self.refused(self.box.prepare_root(), f"unpack 2 packages: the disk of {self.box.cache} is full")
            self.assertEqual(self.box.prepared(), set())
            filler.unlink()
            self.box.program("df", f"#!/bin/sh\necho Avail\necho {100 << 20}\n")
            self.goes_on()
        finally:
            sandbox.unmount(self.box.cache)

    def test_cache_cannot_be_created(self) -> None:
        self.box.cache.write_text("a file")
        self.refused(self.box.prepare_root(), f"cannot create the cache {self.box.cache}")

    def test_no_home(self) -> None:
        self.refused(self.box.run("env", "-u", "HOME", "-u", "CXL_VFIO_PCI_CACHE", "scripts/prepare", "root"),
                     "HOME is not set")

    def test_mirror_is_down(self) -> None:
        (self.box.pool / "mirror").rmdir()
        self.refused(self.box.prepare_root(), "no mirror of this machine serves Debian trixie "
                     f"(tried {self.box.pool}/mirror): check the network, or set MIRROR")
        (self.box.pool / "mirror").mkdir()
        self.goes_on()

    def test_second_mirror_is_up(self) -> None:
        (self.box.pool / "mirrors").write_text(f"/nowhere\n{self.box.pool}/mirror\n/nowhere\n")
        self.goes_on()

    def test_mirror_of_the_environment(self) -> None:
        self.refused(self.box.prepare_root(MIRROR="/nowhere"), "(tried /nowhere)")
        (self.box.pool / "mirrors").write_text("/nowhere\n")
        self.assertEqual(self.box.prepare_root(MIRROR=f"{self.box.pool}/mirror").status, 0)

    def test_no_mirror_is_configured(self) -> None:
        (self.box.pool / "mirrors").write_text("")
        self.refused(self.box.prepare_root(), "apt has no mirror configured: set MIRROR")

    def test_download_breaks(self) -> None:
        (self.box.pool / "broken").write_text("Hash Sum mismatch")
        self.refused(self.box.prepare_root(), "E: Hash Sum mismatch")
        self.assertEqual(self.box.prepared(), set())
        (self.box.pool / "broken").unlink()
        self.goes_on()

    def test_package_is_not_there(self) -> None:
        self.box.program("cp", "#!/bin/sh\n")
        self.refused(self.box.prepare_root(), "apt did not download base 1.0")

    def test_kernel_that_nobody_has(self) -> None:
        self.refused(self.box.prepare(KERNEL="7.9.1+deb13-amd64"),
                     "the mirror does not have kernel 7.9.1+deb13-amd64; choose with KERNEL= what it has: "
                     f"{sandbox.KERNEL} {sandbox.FLAVOUR}")
        self.assertEqual(self.box.prepared(), set())

    def test_mirror_with_old_kernels_only(self) -> None:
        sandbox.have_kernels(self.box.pool, "6.19.14+deb13-amd64", "7.2.12+deb13-amd64", "7.10.1+deb14-amd64")
        self.refused(self.box.prepare(), f"the mirror has neither kernel {sandbox.KERNEL} nor a later one")

    def test_unknown_thing(self) -> None:
        self.refused(self.box.run("scripts/prepare", "everything"), "'everything' is none of what can be prepared: root ")
        self.assertEqual(self.box.calls(), [])

    def test_unknown_architecture(self) -> None:
        self.refused(self.box.prepare(ARCH="vax"), "the architecture vax is none of: x86")
        self.assertEqual(self.box.calls(), [])

    def test_guests_that_use_cxl_memory_are_for_x86(self) -> None:
        for machine, architecture in (("x86_64", "arm64"), ("aarch64", ""), ("aarch64", "x86")):
            self.box.program("uname", f"#!/bin/sh\necho {machine}\n")
            for target in ("demo-guest", "check-guest"):
                with self.subTest(machine=machine, ARCH=architecture, target=target):
                    self.refused(self.box.run("make", target, ARCH=architecture),
                                 "prepare: guests that use CXL memory run on x86 only: use a machine of that "
                                 "architecture, without ARCH")
                    # Before anything was downloaded.
                    self.assertEqual(self.box.calls(), [])

    def test_user_namespaces_are_forbidden(self) -> None:
        self.box.program("id", "#!/bin/sh\necho 1000\n")
        self.box.program("unshare", "#!/bin/sh\nexit 1\n")
        self.refused(self.box.prepare_root(), "this user may not create user namespaces: run as root")
        # Before anything was downloaded.
        self.assertEqual(self.box.calls(), [])


def _commands(running: Running) -> list[str]:
    """Command lines of what a run started."""
    lines = []
    for pid in running.processes():
        try:
            lines.append(Path(f"/proc/{pid}/cmdline").read_text())
        except (FileNotFoundError, ProcessLookupError):
            pass
    return lines
