# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes a kernel of this project's own: the source of the stock kernel, configured by the fragments in selftests/vm/kernel.
#   obj  object tree, also the KDIR for modules      vmlinux or Image  the kernel to boot
#   modules/lib/modules/RELEASE  its modules, stripped

# Inside the root, as all that follows but the maker.
choose() { # choose debug|64k
	NAME=$1
	OUT=/cache/kernel/$1
	FRAGMENTS=("$CLONE"/selftests/vm/kernel/{base,"$ARCH","$1"}.config)
	# What QEMU boots.
	case $ARCH in
	x86) IMAGE=vmlinux ;;
	arm64) IMAGE=Image ;;
	esac
}

kernel_target() {
	kernel_make "$NAME"
	nice make -C /cache/source "O=$OUT/obj" "${KERNEL_MAKE[@]}" "-j$(nproc)" "$@"
}

# Kconfig drops what a dependency forbids without a word. A checker that is silently missing would make the tests green for
# the wrong reason.
configure() { # configure NAME
	choose "$1"
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

build_kernel() { # build_kernel NAME
	choose "$1"
	kernel_target "$IMAGE" modules
}

install_kernel() { # install_kernel NAME
	local release
	choose "$1"
	rm -rf "$OUT/modules"
	kernel_target "INSTALL_MOD_PATH=$OUT/modules" INSTALL_MOD_STRIP=--strip-debug modules_install
	release=$(cat "$OUT/obj/include/config/kernel.release")
	# The links point into the object tree, which a consumer may not have.
	rm -f "$OUT/modules/lib/modules/$release"/{build,source}
	case $IMAGE in
	vmlinux) llvm-strip-19 --strip-all -o "$OUT/vmlinux" "$OUT/obj/vmlinux" ;;
	Image) cp "$OUT/obj/arch/arm64/boot/Image" "$OUT/Image" ;;
	esac
}

# What an interrupted run compiled is not compiled again.
make_own_kernel() { # make_own_kernel DIR NAME
	mkdir -p "$1"
	inside "configure ${WHAT[$THING]}" configure "$2"
	inside "build it and its modules" build_kernel "$2"
	inside "install it" install_kernel "$2"
}
