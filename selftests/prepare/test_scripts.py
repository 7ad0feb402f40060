# SPDX-License-Identifier: GPL-2.0
"""What the other scripts refuse, and how they end."""

from __future__ import annotations

import re
import shutil
import tempfile
import unittest
from pathlib import Path

import sandbox
from sandbox import CLONE, Finished, Running, Sandbox

RUSTC = re.compile(r'^CONFIG_RUSTC_VERSION_TEXT="(.*)"$', re.MULTILINE)


class Scripts(unittest.TestCase):
    """A directory for each test."""

    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.box = Sandbox(self.directory)

    def refused(self, finished: Finished, sentence: str) -> None:
        """It failed, with this sentence as a line of its own, once."""
        self.assertNotEqual(finished.status, 0, finished.output)
        lines = [line for line in finished.output.splitlines() if sentence in line]
        self.assertEqual(len(lines), 1, finished.output)

    def tree(self, config: str = "", release: str = sandbox.KERNEL) -> Path:
        """What looks like a kernel tree."""
        kdir = self.directory / "kdir"
        (kdir / "scripts").mkdir(parents=True)
        (kdir / "Makefile").write_text(
            f"kernelrelease:\n\t@echo {release}\nmodules modules_install:\n\t@echo {release}: $@\n")
        (kdir / ".config").write_text(config)
        return kdir


def same_root(test: Scripts) -> Path:
    """This very toolchain root, as a place to enter."""
    root = test.directory / "root"
    root.mkdir()
    sandbox.bind(Path("/"), root)
    test.addCleanup(sandbox.unmount, root)
    return root


def inside(test: Scripts, command: str) -> Running:
    """A command that has begun in the toolchain root."""
    begun = test.box.cache / "scratch/begun"
    # By the shell itself: one that gets SIGINT while touch ends well goes on.
    running = test.box.start("scripts/toolroot", "--root", same_root(test), "bash", "-c",
                             f": > /cache/scratch/begun; {command}; echo went on")
    sandbox.wait_for(begun.exists)
    return running


class Help(Scripts):
    def test_every_target_is_listed(self) -> None:
        phony = re.findall(r"^\.PHONY: (.*)$", (CLONE / "Makefile").read_text(), re.MULTILINE)
        targets = set(" ".join(phony).split())
        self.assertGreaterEqual(targets, {"modules", "demo", "check", "check-debug", "shell"})
        finished = self.box.run("make", "help")
        self.assertEqual(finished.status, 0)
        listed = re.findall(r"^  make ([a-z_ -]*?)  +\S.*$", finished.output, re.MULTILINE)
        self.assertEqual(set(" ".join(listed).split()), targets)


class Architectures(Scripts):
    def built_for(self, **environment: str) -> str:
        """Which kernel, and with what, on a machine with a processor of Arm's."""
        self.box.program("uname", '#!/bin/sh\n[ "$*" = -m ] && echo aarch64\n')
        script = '. scripts/lib.sh; kernel_make stock; echo "${KERNEL##*-}" "${KERNEL_MAKE[@]}"'
        finished = self.box.run("bash", "-c", script, **environment)
        self.assertEqual(finished.status, 0, finished.output)
        return finished.output

    def test_a_machine_builds_for_itself(self) -> None:
        built = self.built_for()
        self.assertRegex(built, "^arm64 ARCH=arm64 CC=aarch64-linux-gnu-gcc-14 HOSTCC=gcc-14 ")
        self.assertNotIn("CROSS_COMPILE=", built)

    def test_a_machine_builds_for_another(self) -> None:
        self.assertEqual(self.built_for(ARCH="x86"),
                         "amd64 ARCH=x86 CC=x86_64-linux-gnu-gcc-14 HOSTCC=gcc-14 "
                         "CROSS_COMPILE=x86_64-linux-gnu-\n")


class OwnDevice(Scripts):
    def test_no_device_is_named(self) -> None:
        self.refused(self.box.run("make", "check-hardware"), "name the device: DEVICE=0000:0d:00.0")


class TwoKernels(Scripts):
    def test_each_is_the_others_second(self) -> None:
        def second(kernel: str) -> str:
            return self.box.run("env", f"KERNEL={kernel}", "scripts/prepare", "--second-kernel").output.strip()

        first = "7.3.4+deb13-amd64"
        other = second(first)
        self.assertEqual(other, "7.3.4+deb13-rt-amd64")
        self.assertEqual(second(other), first)


class KernelTree(Scripts):
    def test_missing(self) -> None:
        for target in ("modules", "install"):
            self.refused(self.box.run("make", target, "KDIR=/nowhere"),
                         "there is no kernel tree at /nowhere: install the headers of that kernel, or set KDIR")

    def test_default_is_the_running_kernel(self) -> None:
        self.box.program("uname", "#!/bin/sh\necho 9.9-none\n")
        self.refused(self.box.run("make"), "there is no kernel tree at /lib/modules/9.9-none/build")

    def test_without_rust(self) -> None:
        kdir = self.tree("# CONFIG_RUST is not set\n")
        self.refused(self.box.run("make", f"KDIR={kdir}"),
                     f"the kernel of {kdir} was built without CONFIG_RUST")

    def test_without_metadata(self) -> None:
        kdir = self.tree("CONFIG_RUST=y\n")
        self.refused(self.box.run("make", f"KDIR={kdir}"),
                     f"the headers at {kdir} have no Rust metadata: run 'make metadata' as root to add it")

    def complete(self, release: str = sandbox.KERNEL) -> Path:
        """One that has all that a build needs."""
        kdir = self.tree("CONFIG_RUST=y\n", release)
        (kdir / "rust").mkdir()
        (kdir / "rust/libkernel.rmeta").touch()
        return kdir

    def test_complete(self) -> None:
        kdir = self.complete()
        for target in ("modules", "install", "modules_install"):
            finished = self.box.run("make", target, f"KDIR={kdir}")
            self.assertEqual(finished.status, 0, finished.output)
            self.assertIn(f": modules{'' if target == 'modules' else '_install'}\n", finished.output)

    def does_not_build(self, release: str) -> str:
        """What is said where the compiler fails."""
        kdir = self.complete(release)
        with open(kdir / "Makefile", "a", encoding="utf-8") as makefile:
            makefile.write("\t@exit 1\n")
        finished = self.box.run("make", f"KDIR={kdir}")
        self.assertNotEqual(finished.status, 0, finished.output)
        return finished.output

    def test_another_kernel_than_it_was_made_for(self) -> None:
        self.assertIn("made for Linux 7.3, and the kernel of", output := self.does_not_build("7.9.1"))
        self.assertIn("is 7.9.1: look for a version", output)

    def test_the_kernel_that_it_was_made_for(self) -> None:
        self.assertNotIn("made for Linux", self.does_not_build("7.3.9"))


class Metadata(Scripts):
    COMPILER = "rustc 9.8.7 (of a distribution)"

    def setUp(self) -> None:
        super().setUp()
        # What preparation names this kernel.
        prepared = self.box.where("kernel") / "obj"
        prepared.mkdir(parents=True)
        (prepared / ".config").write_text(f'CONFIG_RUSTC_VERSION_TEXT="{self.COMPILER}"\n')

    def install(self, kdir: Path) -> Finished:
        """The part of `make metadata` that comes after preparation."""
        return self.box.run("scripts/kdir", "metadata", kdir)

    def test_no_kernel_tree(self) -> None:
        self.refused(self.install(Path("/nowhere")), "there is no usable kernel tree at /nowhere")

    def test_other_kernel(self) -> None:
        kdir = self.tree(release="6.1.0-1-amd64")
        self.refused(self.install(kdir), f"{kdir} is kernel 6.1.0-1-amd64, and the metadata prepared is for "
                     f"{sandbox.KERNEL}")

    def test_no_compiler(self) -> None:
        self.box.hide("rustc")
        self.refused(self.install(self.tree()), "the command 'rustc' is missing: install the package rustc")

    def test_other_compiler(self) -> None:
        self.box.program("rustc", "#!/bin/sh\necho rustc 1.2.3\n")
        self.refused(self.install(self.tree()), f"was built with '{self.COMPILER}', and this machine has 'rustc 1.2.3'")


class Cache(Scripts):
    def test_removed(self) -> None:
        (self.box.cache / "log").mkdir(parents=True)
        # The clone is not this test's to clean.
        self.assertEqual(self.box.run("make", "-o", "clean", "distclean").status, 0)
        self.assertFalse(self.box.cache.exists())
        self.assertEqual(self.box.run("scripts/prepare", "--remove").status, 0)

    def test_something_else_is_not_removed(self) -> None:
        (self.box.cache / "photos").mkdir(parents=True)
        self.refused(self.box.run("scripts/prepare", "--remove"), "does not look like the cache of this project")
        self.assertTrue((self.box.cache / "photos").exists())

    def test_in_use(self) -> None:
        (self.box.cache / "log").mkdir(parents=True)
        running = inside(self, "sleep 100")
        try:
            self.refused(self.box.run("scripts/prepare", "--remove"), "is in use by another run")
        finally:
            running.kill()
        self.assertTrue(self.box.cache.exists())
        self.assertEqual(self.box.run("scripts/prepare", "--remove").status, 0)


class Root(Scripts):
    def test_not_prepared(self) -> None:
        self.refused(self.box.run("scripts/toolroot", "true"),
                     "the toolchain root is not prepared: run 'make prepare'")

    def test_status(self) -> None:
        self.assertEqual(self.box.run("scripts/toolroot", "--root", same_root(self), "bash", "-c", "exit 7").status, 7)

    def test_interrupt(self) -> None:
        running = inside(self, "sleep 100")
        mounts = Path("/proc/self/mounts").read_text()
        finished = running.interrupt()
        self.assertEqual((finished.status, finished.output), (130, ""))
        running.wait_for_nobody()
        self.assertEqual(Path("/proc/self/mounts").read_text(), mounts)

    def test_killed(self) -> None:
        running = inside(self, "setsid sleep 100 & sleep 100")
        finished = running.kill()
        # The output is at its end, so nobody is left who could write.
        self.assertEqual(finished.output, "")
        running.wait_for_nobody()


class ContinuousIntegration(Scripts):
    def run_with(self, make: str, **environment: str) -> Finished:
        self.box.program("make", f"#!/bin/sh\n{make}\n")
        return self.box.run(".ci/run", **environment)

    def parts(self, finished: Finished) -> list[str]:
        """What was run, by the summary at the end."""
        return re.findall(r"(?m)^ci: \d+ s  (.*)$", finished.output)

    def test_says_how_long_each_part_took(self) -> None:
        finished = self.run_with("exit 0")
        self.assertEqual(finished.status, 0, finished.output)
        self.assertEqual(self.parts(finished), [
            "make prepare", "make check", "make prepare ARCH=arm64", "make check ARCH=arm64",
            f"make check-module ARCH=arm64 KERNEL={sandbox.KERNEL.replace('amd64', 'arm64-16k')}"])

    def test_the_mirror_moved_on(self) -> None:
        finished = self.run_with('[ "$*" != "prepare ARCH=arm64" ] || { mkdir -p "$CXL_VFIO_PCI_CACHE" && '
                                 'echo 7.3.10+deb13-arm64 >"$CXL_VFIO_PCI_CACHE/kernel-taken-arm64"; }')
        self.assertEqual(self.parts(finished)[-1],
                         "make check-module ARCH=arm64 KERNEL=7.3.10+deb13-arm64-16k")

    def test_a_part_fails(self) -> None:
        finished = self.run_with("exit 3")
        self.assertEqual(finished.status, 3)
        self.assertNotIn("make check", finished.output)

    def test_takes_too_long(self) -> None:
        finished = self.run_with('[ "$1" = prepare ] || sleep 100', CI_SECONDS="1")
        self.assertEqual(finished.status, 124)
        self.refused(finished, "ci: not done after 1 s: make check")


class Check(Scripts):
    def stand_in(self, name: str, text: str) -> str:
        """A mount command that puts a program in the place of a script."""
        program = self.directory / name
        program.write_text(f"#!/bin/bash\n{text}\n")
        program.chmod(0o755)
        return f"mount --bind {program} {CLONE}/scripts/{name}; "

    def test_interrupt_ends_all_steps(self) -> None:
        # One that runs beside the others, and one that cleans up and then says so with its exit
        # status, as the VM harness does.
        beside = self.stand_in("lint", f": > {self.directory}/beside\nsleep 100\n")
        step = self.stand_in("build-module", "trap 'exit 130' INT\n"
                             f": > {self.directory}/begun\nsleep 100\n")
        running = self.box.start(
            "unshare", "--mount", "--propagation", "private", "bash", "-ec",
            f"mkdir -p {CLONE}/build; mount -t tmpfs tmpfs {CLONE}/build; {beside} {step}"
            "exec scripts/check stock")
        sandbox.wait_for((self.directory / "begun").exists)
        sandbox.wait_for((self.directory / "beside").exists)
        finished = running.interrupt()
        self.assertEqual(finished.status, 130, finished.output)
        running.wait_for_nobody()
        self.assertNotIn("test programs", finished.output)
