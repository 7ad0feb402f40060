# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes the debug kernel: the source of the stock kernel, configured by the fragments in selftests/vm/kernel.
#   obj  object tree, also the KDIR for modules      vmlinux  ELF kernel to boot
#   modules/lib/modules/RELEASE  its modules, stripped

# Inside the root.
OUT=/cache/kernel/debug
FRAGMENTS=("$CLONE"/selftests/vm/kernel/{base,debug}.config)

kernel_target() {
	kernel_make debug
	nice make -C /cache/source "O=$OUT/obj" "${KERNEL_MAKE[@]}" "-j$(nproc)" "$@"
}

# Kconfig drops what a dependency forbids without a word. A checker that is silently missing would make the tests green for
# the wrong reason.
configure() {
	local refused want name have
	mkdir -p "$OUT/obj"
	cat "${FRAGMENTS[@]}" >"$OUT/fragments.config"
	kernel_target "KCONFIG_ALLCONFIG=$OUT/fragments.config" allnoconfig
	refused=$(sed -n -e 's/^# \(CONFIG_[A-Z0-9_]*\) is not set$/\1=n/p' -e '/^CONFIG_[A-Z0-9_]*=/p' "${FRAGMENTS[@]}" |
		while IFS= read -r want; do
			name=${want%%=*}
			have=$(sed -n "s/^\($name=.*\)/\1/p" "$OUT/obj/.config")
			[ "${have:-$name=n}" = "$want" ] || echo "$want became ${have:-$name=n}"
		done)
	[ -z "$refused" ] || {
		echo "$refused"
		die "kconfig refused $(wc -l <<<"$refused") options, the first is ${refused%%$'\n'*}"
	}
}

install_kernel() {
	local release
	rm -rf "$OUT/modules"
	kernel_target "INSTALL_MOD_PATH=$OUT/modules" INSTALL_MOD_STRIP=--strip-debug modules_install
	release=$(cat "$OUT/obj/include/config/kernel.release")
	# The links point into the object tree, which a consumer may not have.
	rm -f "$OUT/modules/lib/modules/$release"/{build,source}
	llvm-strip-19 --strip-all -o "$OUT/vmlinux" "$OUT/obj/vmlinux"
}

# What an interrupted run compiled is not compiled again.
make_debug_kernel() {
	mkdir -p "$1"
	inside "configure the debug kernel" configure
	inside "build it and its modules" kernel_target vmlinux modules
	inside "install it" install_kernel
}
