# SPDX-License-Identifier: GPL-2.0
# What a person types; `make help` lists it. The module itself is described in Kbuild.

SECONDS ?= 600
SOAK_KERNEL ?= stock
KDIR ?= /lib/modules/$(shell uname -r)/build
MAKEFLAGS += --no-print-directory

ROOT := scripts/toolroot

.PHONY: modules install modules_install clean distclean help
.PHONY: check-hardware deb dist prepare metadata demo shell check check-module check-debug check-large-pages check-users check-guest demo-guest soak fuzz coverage mutants bench
.DEFAULT_GOAL := modules

## The module, for the kernel of KDIR

modules: ## build cxl-vfio-pci.ko for the kernel of KDIR (default: the running one)
	@scripts/kdir check '$(KDIR)'
	+@$(MAKE) -C '$(KDIR)' M='$(CURDIR)' modules || scripts/kdir explain '$(KDIR)'

install modules_install: modules ## install it among that kernel's modules
	+@scripts/kdir install '$(KDIR)'

metadata: ## add the Rust metadata that Debian's installed kernel headers lack (as root)
	@scripts/prepare kernel
	@scripts/kdir metadata '$(KDIR)'

## Demonstration and tests, on the stock Debian kernel in a VM with an emulated device

demo: ## from a fresh machine to a bound device, with what a user sees of it
	@scripts/prepare machine
	@$(ROOT) scripts/build-module stock
	@$(ROOT) scripts/build-selftests
	@echo "Booting Debian's kernel in a VM with an emulated CXL Type-2 device."; echo
	@$(ROOT) selftests/vm/run --plain --list selftests/vm/tests/demo.toml

demo-guest: ## a Linux guest that uses the device's memory (builds QEMU once)
	@scripts/prepare machine tools qemu
	@$(ROOT) make -s -C selftests/qemu patched
	@$(ROOT) scripts/build-module stock
	@$(ROOT) scripts/build-module stock guest-driver
	@$(ROOT) scripts/build-module stock kvm
	@$(ROOT) scripts/build-selftests
	@echo "Booting Debian's kernel in a VM with an emulated CXL Type-2 device."; echo
	@$(ROOT) selftests/vm/run --plain --list selftests/vm/demo-guest.toml

shell: ## a shell in the VM, with the device and the module
	@scripts/prepare machine
	@$(ROOT) scripts/build-module stock
	@$(ROOT) scripts/build-selftests
	@$(ROOT) selftests/vm/run --shell

check: prepare ## the tests that take minutes: sources, host tests, the module in the VM
	@$(ROOT) scripts/check stock

check-debug: prepare ## the VM tests on a kernel with KASAN, lockdep, kmemleak and more, which is built here (15 minutes); for an emulated ARCH passthrough and reset
	@scripts/prepare debug-kernel
	@$(ROOT) scripts/check debug

check-module: ## the module builds without a warning, of clippy either, for the kernel that ARCH and KERNEL name
	@scripts/prepare kernel
	@$(ROOT) scripts/build-module stock
	@$(ROOT) scripts/build-module stock clippy

check-large-pages: export ARCH = arm64
check-large-pages: ## the passthrough tests on a kernel for arm64 with pages of 64 KiB, which is built here (a quarter of an hour)
	@scripts/prepare machine 64k-kernel
	@$(ROOT) scripts/build-module 64k
	@$(ROOT) scripts/build-selftests
	@$(ROOT) selftests/vm/run --kernel 64k 'passthrough/*'

check-users: prepare ## administrators' tools, stock QEMU and libvirt with a bound device; packages, dkms and kselftest
	@scripts/prepare tools debian
	@KERNEL="$$(scripts/prepare --second-kernel)" $(MAKE) deb
	@$(MAKE) deb
	@$(ROOT) selftests/packages/kselftest
	@$(ROOT) selftests/packages/dkms
	@$(ROOT) scripts/run-lists stock users

check-guest: ## guests that use CXL memory, with a QEMU that is built here (an hour)
	@scripts/prepare tests tools qemu debug-kernel
	@$(ROOT) make -s -C selftests/qemu patched
	@$(ROOT) scripts/build-module stock
	@$(ROOT) scripts/build-module stock guest-driver
	@$(ROOT) scripts/build-module stock kvm
	@$(ROOT) scripts/run-lists stock patched
	@$(ROOT) scripts/run-lists debug patched

soak: prepare ## races, fuzzer and 500 cycles for SECONDS each (default: 600); on the debug kernel with SOAK_KERNEL=debug
	@$(ROOT) scripts/run-lists $(SOAK_KERNEL) tests/soak --seconds $(SECONDS)

## On real machines

check-hardware: ## the test programs on the device DEVICE=0000:0d:00.0 of this machine (as root); OPTIONS="--resets --inject"
	@[ -n '$(DEVICE)' ] || { echo "check-hardware: name the device: DEVICE=0000:0d:00.0" >&2; exit 1; }
	@[ -x build/selftests/cxl-vfio ] || { echo "check-hardware: no programs in build/selftests: 'make demo' builds them" >&2; exit 1; }
	@build/selftests/cxl-vfio test '$(DEVICE)' --programs build/selftests $(OPTIONS)

deb: prepare ## Debian packages in build/deb; SIGN_KEY and SIGN_CERT, below this directory, sign the module
	@scripts/prepare packaging
	@$(ROOT) env SIGN_KEY='$(SIGN_KEY)' SIGN_CERT='$(SIGN_CERT)' scripts/packaging/build compile
	@$(ROOT) --root "$$(scripts/prepare --where packaging)" scripts/packaging/build pack

dist: ## the source as build/cxl-vfio-pci-VERSION.tar.xz
	@mkdir -p build
	@version=$$(sed -n 's/^cxl-vfio-pci-version := //p' Kbuild); \
		git archive --prefix="cxl-vfio-pci-$$version/" HEAD | xz >"build/cxl-vfio-pci-$$version.tar.xz"

## Speed

bench: prepare ## what the driver costs beside vfio-pci, as table, JSON and plot in build/bench (ten minutes)
	@scripts/prepare gnuplot
	@$(ROOT) selftests/bench/run
	@$(ROOT) --root "$$(scripts/prepare --where gnuplot)" selftests/bench/plot

## More about the register core than `make check` has time for

FUZZ_SECONDS ?= 3600

fuzz: prepare ## fuzz it against its model for FUZZ_SECONDS (default: an hour)
	@$(ROOT) selftests/host/run-fuzz $(FUZZ_SECONDS)

coverage: prepare ## line and branch coverage by its tests
	@$(ROOT) selftests/host/coverage

mutants: prepare ## does a test fail for every change? (an hour; an interrupted run goes on)
	@$(ROOT) selftests/host/mutants

## Preparation, kept outside the clone

prepare: ## make what is missing of what `make check` needs
	@scripts/prepare tests

clean: ## remove what builds left in the clone
	@rm -rf build
	@find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name '*.rmeta' -o -name modules.order -o -name Module.symvers -o -name bindings_generated.rs \
		-o -name bindings_blocklist \) -type f -exec rm -f {} +

distclean: clean ## remove the cache, too
	@scripts/prepare --remove

help: ## this list
	@awk -F ':.*## ' '/^## / { print "\n" substr($$0, 4) } /^[a-z-][a-z_ -]*:.*## / { printf "  make %-24s %s\n", $$1, $$2 }' \
		$(firstword $(MAKEFILE_LIST))
