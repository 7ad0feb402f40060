# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, how they speak, how a prepared thing is made once.

CLONE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${CXL_VFIO_PCI_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/cxl-vfio-pci}
SUITE=trixie
KERNEL=${KERNEL:-7.3.4+deb13-amd64}

say() { printf '%s\n' "$*" >&2; }

die() {
	say "${0##*/}: $*"
	exit 1
}

# identity WORD|FILE...: a short hash of the inputs of a prepared thing, which names its directory.
# Every version lives beside the others: clones at different commits share one cache.
identity() {
	local input
	for input in "$@"; do
		if [ -f "$input" ]; then cat "$input"; else printf '%s\n' "$input"; fi
	done | sha256sum | cut -c1-12
}

root_dir() { echo "$CACHE/root-$(identity "$SUITE" "$CLONE/scripts/packages.txt" "$CLONE/scripts/prepare-root")"; }
kernel_dir() { echo "$CACHE/kernel-$(identity "$(root_dir)" "$KERNEL" "$CLONE/scripts/prepare-kernel")"; }
debug_kernel_dir() {
	echo "$CACHE/debug-kernel-$(identity "$(kernel_dir)" "$CLONE/scripts/build-debug-kernel" \
		"$CLONE/selftests/vm/kernel/base.config" "$CLONE/selftests/vm/kernel/debug.config")"
}
tools_dir() { echo "$CACHE/tools-$(identity "$SUITE" "$CLONE/scripts/tools.txt" "$CLONE/scripts/prepare-tools")"; }
qemu_dir() {
	echo "$CACHE/qemu-$(identity "$(root_dir)" "$CLONE/scripts/prepare-qemu" "$CLONE"/selftests/qemu/{build,devices.mak,vfio-cxl.patch})"
}
device_dir() {
	local sources=("$CLONE"/selftests/device/*.[ch] "$CLONE"/selftests/device/build)
	echo "$CACHE/device-$(identity "$(root_dir)" "$CLONE/scripts/prepare-device" "${sources[@]}")"
}
crates_dir() {
	echo "$CACHE/crates-$(identity "$(root_dir)" "$CLONE/scripts/prepare-vmm" "$CLONE/scripts/vmm-cargo" \
		"$CLONE/selftests/vmm/Cargo.toml" "$CLONE/selftests/vmm/Cargo.lock")"
}

gnuplot_dir() { echo "$CACHE/gnuplot-$(identity "$SUITE" "$CLONE/scripts/prepare-gnuplot")"; }

need_command() { # need_command COMMAND PACKAGE
	command -v "$1" >/dev/null || die "the command '$1' is missing: install the package $2 and run this again"
}

make_cache() {
	mkdir -p "$CACHE" 2>/dev/null ||
		die "cannot create the cache $CACHE: set XDG_CACHE_HOME to a directory that can be written"
}

free_mebibytes() { df --output=avail -B1K "$CACHE" | awk 'NR == 2 { print int($1 / 1024) }'; }

need_space() { # need_space GIBIBYTES WHAT
	local free
	make_cache
	free=$(free_mebibytes)
	[ "$free" -ge $(($1 * 1024)) ] ||
		die "$2 needs $1 GiB in $CACHE, and only $((free / 1024)).$((free % 1024 * 10 / 1024)) GiB are free"
}

# need_namespaces: leaves in the array NAMESPACES what unshare must be told to mount as this user.
need_namespaces() {
	need_command unshare util-linux
	NAMESPACES=(--mount --pid --fork --kill-child)
	[ "$(id -u)" -ne 0 ] || return 0
	unshare --user --map-root-user true 2>/dev/null ||
		die "this user may not create user namespaces: run as root, or set kernel.unprivileged_userns_clone to 1"
	NAMESPACES+=(--user --map-root-user)
}

# A step has a process group of its own, because a shell lets its background commands ignore Ctrl-C. All of the group
# ends before this script does: nothing works on in what the next run takes over.
STEP=
interrupted() {
	trap '' INT TERM HUP
	if [ -n "$STEP" ]; then
		kill -TERM -- "-$STEP" 2>/dev/null || true
		for _ in {1..20}; do
			kill -0 -- "-$STEP" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL -- "-$STEP" 2>/dev/null || true
		wait "$STEP" 2>/dev/null || true
	fi
	say "${0##*/}: interrupted: the next run goes on with what is missing"
	exit 130
}
trap interrupted INT TERM HUP

# step_failed LABEL LOG STATUS: one sentence, from the script that failed if it said one.
step_failed() {
	local reason
	[ "$(free_mebibytes)" -gt 0 ] || die "$1: the disk of $CACHE is full"
	reason=$(tail -n 1 "$2" | sed -nE "s/^(${0##*/}|toolroot): //p")
	[ -z "$reason" ] || die "$reason"
	tail -n 15 "$2" | sed 's/^/    /' >&2
	die "$1: failed with status $3, see $2"
}

# run_step LABEL LOG COMMAND...: runs a command that takes a while, with its output in a log file and one line
# on the terminal that says what is being done and for how long.
run_step() {
	local label=$1 log=$2 start=$SECONDS status
	shift 2
	mkdir -p "$(dirname "$log")"
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	STEP=$!
	set +m
	if [ -t 2 ]; then
		while kill -0 "$STEP" 2>/dev/null; do
			printf '\r  %-58s %4d s' "$label" $((SECONDS - start)) >&2
			sleep 1
		done
		printf '\r' >&2
	fi
	status=0
	wait "$STEP" || status=$?
	STEP=
	if [ "$status" -ne 0 ]; then
		say "$(printf '  %-58s failed after %d s' "$label" $((SECONDS - start)))"
		step_failed "$label" "$log" "$status"
	fi
	say "$(printf '  %-58s %4d s' "$label" $((SECONDS - start)))"
}

# take_lock NAME FILE WHAT: leaves in the variable NAME an open file that holds the lock.
take_lock() {
	local descriptor
	exec {descriptor}>"$2"
	if ! flock -n "$descriptor"; then
		say "waiting for another run that $3"
		flock "$descriptor"
	fi
	printf -v "$1" %d "$descriptor"
}

# make_once DIR WHAT FUNCTION: DIR is there and complete, or FUNCTION makes it in DIR.new and it appears under its name
# in one rename. A second run waits for the first; an interrupted one leaves DIR.new, which the next run may reuse.
make_once() {
	local dir=$1 what=$2 function=$3 lock
	[ -d "$dir" ] && return 0
	make_cache
	need_namespaces
	take_lock lock "$dir.lock" "prepares $what"
	if [ ! -d "$dir" ]; then
		say "preparing $what (kept in $CACHE)"
		"$function" "$dir.new"
		mv -T "$dir.new" "$dir"
	fi
	exec {lock}>&-
}
