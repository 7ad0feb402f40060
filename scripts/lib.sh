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
device_dir() {
	local sources=("$CLONE"/selftests/device/*.[ch] "$CLONE"/selftests/device/build)
	echo "$CACHE/device-$(identity "$(root_dir)" "$CLONE/scripts/prepare-device" "${sources[@]}")"
}

need_command() { # need_command COMMAND PACKAGE
	command -v "$1" >/dev/null || die "the command '$1' is missing: install the package $2 and run this again"
}

need_space() { # need_space GIBIBYTES WHAT
	local free
	mkdir -p "$CACHE" || die "cannot create the cache $CACHE: set XDG_CACHE_HOME to a directory that can be written"
	free=$(df --output=avail -B1G "$CACHE" | tail -n 1 | tr -d ' ')
	[ "$free" -ge "$1" ] || die "$2 needs $1 GiB in $CACHE, and only $free GiB are free"
}

# run_step LABEL LOG COMMAND...: runs a command that takes a while, with its output in a log file and one line
# on the terminal that says what is being done and for how long.
run_step() {
	local label=$1 log=$2 start=$SECONDS pid status
	shift 2
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	if [ -t 2 ]; then
		while kill -0 "$pid" 2>/dev/null; do
			printf '\r  %-58s %4d s' "$label" $((SECONDS - start)) >&2
			sleep 1
		done
		printf '\r' >&2
	fi
	status=0
	wait "$pid" || status=$?
	if [ "$status" -ne 0 ]; then
		say "$(printf '  %-58s failed after %d s' "$label" $((SECONDS - start)))"
		tail -n 15 "$log" | sed 's/^/    /' >&2
		die "$label: failed with status $status, see $log"
	fi
	say "$(printf '  %-58s %4d s' "$label" $((SECONDS - start)))"
}

# make_once DIR WHAT FUNCTION: DIR is there and complete, or FUNCTION makes it in DIR.new and it appears under its name
# in one rename. A second run waits for the first; an interrupted one leaves DIR.new, which the next run may reuse.
make_once() {
	local dir=$1 what=$2 function=$3 lock
	[ -d "$dir" ] && return 0
	mkdir -p "$CACHE"
	exec {lock}>"$dir.lock"
	if ! flock -n "$lock"; then
		say "waiting for another run that prepares $what"
		flock "$lock"
	fi
	if [ ! -d "$dir" ]; then
		say "preparing $what (kept in $CACHE)"
		"$function" "$dir.new"
		mv -T "$dir.new" "$dir"
	fi
	exec {lock}>&-
}
