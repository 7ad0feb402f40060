# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced after lib.sh: everything that is prepared, a row each. What is prepared is never changed: another input makes another
# directory beside it, so clones at different commits share one cache.

# Debian packages; apt adds what they depend on. Nothing is configured: packages are unpacked only, so each must work without
# its maintainer scripts.
SHELL_TOOLS=(base-files bash coreutils dash debianutils findutils grep kmod libc-bin mawk mount procps python3 sed util-linux)

# What decides how a kernel and a crate are compiled: Debian built this kernel with gcc and rustc. Only clang can add KASAN to
# Rust; libclang is what bindgen reads headers with.
COMPILERS=(bindgen cargo clang-19 gcc-14 libclang-19-dev lld-19 llvm-19 pahole rust-clippy rust-src rustc)

ROOT_PACKAGES=(
	"${SHELL_TOOLS[@]}" bzip2 diffutils gzip hostname login patch perl rsync tar xz-utils zstd
	"${COMPILERS[@]}"
	# The kernel build.
	bc bison cpio flex gcc libc6-dev libdw-dev libelf-dev libssl-dev make
	# Host tests and tools: crates come from Debian, not from a registry; fuzzing and coverage need clang's runtime.
	libclang-rt-19-dev librust-clap-complete-dev librust-clap-dev librust-clap-mangen-dev librust-criterion-dev
	librust-libc-dev librust-proptest-dev librust-serde-dev librust-serde-json-dev rustfmt
	# The virtual machine, its firmware, its userland, and what compiles the emulated device.
	busybox-static dpkg-dev libglib2.0-dev libpixman-1-dev meson ninja-build pkgconf python3-venv qemu-system-x86 seabios
	# The same for arm64.
	gcc-14-aarch64-linux-gnu gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-efi-aarch64 qemu-system-arm
)

# What a VM mounts to run what administrators run: tools that look at PCI devices, bind them, or list CXL memory; stock QEMU,
# and libvirt that starts it.
TOOLS_PACKAGES=(
	"${SHELL_TOOLS[@]}" udev
	cxl dpdk driverctl pciutils
	libvirt-clients libvirt-daemon libvirt-daemon-driver-nodedev libvirt-daemon-driver-qemu ovmf qemu-system-x86 seabios
)

GNUPLOT_PACKAGES=(base-files bash coreutils libc-bin fonts-dejavu-core ncurses-base gnuplot-nox)

# What packs Debian packages and looks at them, what installs a Debian on a disk, and dkms.
PACKAGING_PACKAGES=("${SHELL_TOOLS[@]}" debhelper dh-dkms diffutils dpkg-dev file gzip hostname lintian login make man-db perl tar xz-utils
	apt apt-utils dkms e2fsprogs fakeroot libarchive13t64 mmdebstrap openssl sbsigntool)

# Another flavour of the kernel, for what is shown with two of them.
case $KERNEL in
*-rt-*) SECOND_KERNEL=${KERNEL/-rt-/-} ;;
*) SECOND_KERNEL=${KERNEL%%-*}-rt-$DEBIAN ;;
esac

# A machine on which this project's packages are installed. libvirt is there for what must come before it, linux-kbuild has what
# signs a module.
DEBIAN_PACKAGES=('?essential' apt cpio dbus fakeroot initramfs-tools kmod libvirt-daemon libvirt-daemon-driver-nodedev
	"linux-base/$SUITE-backports" "linux-image-$KERNEL" "linux-image-$SECOND_KERNEL" "linux-kbuild-${KERNEL%%-*}" systemd-sysv udev)

# identity WORD|FILE...: a short hash of the inputs of a prepared thing, which names its directory.
identity() {
	local input
	for input in "$@"; do
		if [ -f "$input" ]; then cat "$input"; else printf '%s\n' "$input"; fi
	done | sha256sum | cut -c1-12
}

# versions PACKAGE...: which of them the toolchain root has.
versions() {
	awk -F_ -v wanted="$*" 'BEGIN { n = split(wanted, list, " "); for (i = 1; i <= n; i++) want[list[i]] = 1 } $1 in want' \
		"${DIR[root]}/packages.list" 2>/dev/null || true
}

# thing NAME MAKER NEEDS PLACE GIBIBYTES WHAT INPUT...
#   MAKER      the file in this folder whose function make_... makes it, and the arguments of that
#   NEEDS      what must be there to make it
#   PLACE      where toolroot binds it below /cache; nowhere if it is empty
#   GIBIBYTES  what must be free to make it
#   INPUT      words and files that decide what comes out, with the rest of the row and the maker
declare -gA MAKER=() NEEDS=() PLACE=() SPACE=() WHAT=() DIR=() REFUSED=()
declare -ga THINGS=()
thing() {
	THINGS+=("$1")
	MAKER[$1]=$2 NEEDS[$1]=$3 PLACE[$1]=$4 SPACE[$1]=$5 WHAT[$1]=$6
	DIR[$1]=$CACHE/$1-$(identity "$SUITE" "$2" "$4" "$CLONE/scripts/prepared/${2%% *}.sh" "${@:7}")
}

thing root 'packages root' '' '' 9 "the toolchain root" "${ROOT_PACKAGES[@]}"
compilers=$(versions "${COMPILERS[@]}")
thing source source '' source 3 "the source of kernel ${KERNEL%%-*}" "${KERNEL%%-*}"
kernel_make stock
thing kernel kernel 'root source' kernel/stock 3 "kernel $KERNEL" "$KERNEL" "${DIR[source]}" "${KERNEL_MAKE[*]}" "$compilers"
kernel_make debug
thing debug-kernel 'own-kernel debug' 'root source' kernel/debug 6 "the debug kernel" "${DIR[source]}" "${KERNEL_MAKE[*]}" "$compilers" \
	"$CLONE/selftests/vm/kernel"/{base,"$ARCH",debug}.config
kernel_make 64k
thing 64k-kernel 'own-kernel 64k' 'root source' kernel/64k 3 "a kernel with pages of 64 KiB" "${DIR[source]}" "${KERNEL_MAKE[*]}" \
	"$compilers" "$CLONE/selftests/vm/kernel"/{base,arm64,64k}.config
thing device 'qemu selftests/device/build cxl-type2.so' root device 2 "the emulated device" \
	"$(versions qemu-system-x86)" "$compilers" "$CLONE"/selftests/device/{*.[ch],build}
thing crates 'crates selftests/vmm' root crates/vmm 2 "the crates of the reference VMM" "$ARCH" "$compilers" \
	"$CLONE"/scripts/cargo "$CLONE"/selftests/vmm/Cargo.{toml,lock}
thing tools 'packages tools' '' tools 2 "the tools" "${TOOLS_PACKAGES[@]}"
thing qemu 'qemu selftests/qemu/build qemu-system-x86_64' root qemu 3 "a QEMU that passes CXL memory through" \
	"$(versions qemu-system-x86)" "$compilers" "$CLONE"/selftests/qemu/{build,devices.mak,10.0/*.patch}
thing gnuplot 'packages gnuplot' '' gnuplot 1 "gnuplot" "${GNUPLOT_PACKAGES[@]}"
thing packaging packaging '' packaging 2 "what makes packages" "${PACKAGING_PACKAGES[@]}"
thing debian debian packaging debian 3 "a machine with Debian" "${DEBIAN_PACKAGES[@]}"
thing rust-library rust-library root rust-library 1 "Rust's library for $ARCH" "$DEBIAN" "$compilers"
thing cxl-vfio 'distribution scripts/cxl-vfio' root crates/cxl-vfio 1 "the crates of cxl-vfio" "$ARCH" "$compilers" \
	"$CLONE"/scripts/{cargo,cxl-vfio/Cargo.toml}

# What a machine needs, and what all tests need.
NEEDS[machine]='kernel device cxl-vfio' NEEDS[tests]='machine crates'
[ "$ARCH" = "$NATIVE_ARCH" ] || NEEDS[cxl-vfio]+=' rust-library' NEEDS[crates]+=' rust-library'

# This one is compiled for the machine that prepares, and runs in a virtual machine for x86.
[ "$NATIVE_ARCH $ARCH" = "x86 x86" ] ||
	REFUSED[qemu]="guests that use CXL memory run on x86 only: use a machine of that architecture, without ARCH"
