# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts beside it: where things are, and how cargo is called.
#
# The crates under test need no registry at all. Where the distribution's crates are installed
# they stand in for crates.io, so that what does need one (the benchmark) builds without network.

top=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
host=$top/selftests/host

CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$top/build/host}
case $CARGO_TARGET_DIR in
/*) ;;
*) CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR ;;
esac
CARGO_TERM_COLOR=never
export CARGO_TARGET_DIR CARGO_TERM_COLOR

registry=${CARGO_REGISTRY_DIR:-/usr/share/cargo/registry}

# Tools of LLVM carry a version suffix on Debian; rustc's own LLVM decides which one fits.
llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')

die()
{
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# llvm_tool NAME: prints the command that runs this tool of rustc's LLVM.
llvm_tool()
{
	if command -v "$1-$llvm"; then
		return
	fi
	command -v "$1" || die "$1 of LLVM $llvm is not installed"
}

cargo_offline()
{
	if [ -d "$registry" ]; then
		cargo --offline \
			--config 'source.crates-io.replace-with="distribution"' \
			--config "source.distribution.directory=\"$registry\"" "$@"
	else
		cargo "$@"
	fi
}
