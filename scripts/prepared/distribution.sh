# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Compiles the crates of a program of the clone that come from the packages of the toolchain root:
#   target  what cargo leaves of them, for debug builds, tests and clippy

# Runs inside the root: an empty program with the same dependencies, those in the clone left out.
compile_distribution() { # compile_distribution PROGRAM
	local crates=/cache/${PLACE[$THING]} command
	export CARGO_TARGET_DIR=$crates/target PACKAGE=$crates/package
	for command in build 'test --no-run' 'clippy --all-targets'; do
		# shellcheck disable=SC2086 # a command and its options
		/src/scripts/cargo --distribution "$1" $command
	done
	rm -rf "$CARGO_TARGET_DIR"/*/debug/{incremental,"${1##*/}"*}
}

make_distribution() { # make_distribution DIR PROGRAM
	rm -rf "$1"
	mkdir -p "$1/package/src"
	sed '/ path = /d' "$CLONE/$2/Cargo.toml" >"$1/package/Cargo.toml"
	echo 'fn main() {}' >"$1/package/src/main.rs"
	inside "compile ${WHAT[$THING]}" compile_distribution "$2"
	rm -rf "$1/package"
}
