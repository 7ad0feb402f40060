# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes the crates of a program of the clone:
#   vendor  their sources, from the registry that this machine's cargo uses     target  the same compiled
# Cargo.lock in the tree has their versions and checksums. What is built from them afterwards needs no network.

# Cargo of the toolchain root, on the machine's own network with the machine's own certificates, proxies and registry. What
# it downloads stays in the directory that is being made.
download_crates() {
	local dir=$1 root=${DIR[root]} config home=${CARGO_HOME:-$HOME/.cargo}
	for config in "$home/config.toml" "$home/config"; do
		if [ -f "$config" ]; then set -- "$@" --config "$config"; fi
	done
	CARGO_HOME=$dir/home "$root/usr/lib/$NATIVE_MACHINE-linux-gnu"/ld-linux-*.so.[0-9] \
		--library-path "$root/usr/lib/$NATIVE_MACHINE-linux-gnu" "$root/usr/bin/cargo" "${@:2}" \
		vendor --locked --versioned-dirs --respect-source-config --manifest-path "$dir/package/Cargo.toml" "$dir/vendor"
}

# Runs inside the root: an empty program with the same dependencies.
compile_crates() { # compile_crates PROGRAM
	local crates=/cache/${PLACE[$THING]} name
	name=$(sed -n 's/^name = "\(.*\)"$/\1/p' "$crates/package/Cargo.toml")
	export CARGO_TARGET_DIR=$crates/target PACKAGE=$crates/package
	/src/scripts/cargo "$1" build --locked
	/src/scripts/cargo "$1" test --locked --no-run
	/src/scripts/cargo "$1" clippy --locked --all-targets
	rm -rf "$CARGO_TARGET_DIR"/*/debug/{incremental,"${name%%$'\n'*}"*}
}

make_crates() { # make_crates DIR PROGRAM
	local dir=$1
	[ -e /etc/ssl/certs/ca-certificates.crt ] || [ -n "${SSL_CERT_FILE:-}" ] ||
		die "there are no certificates to trust a crate registry by: install the package ca-certificates"
	rm -rf "$dir"
	mkdir -p "$dir/package/src"
	cp "$CLONE/$2"/Cargo.{toml,lock} "$dir/package/"
	echo 'fn main() {}' >"$dir/package/src/main.rs"
	step "cargo: download ${WHAT[$THING]}" download_crates "$dir"
	inside "compile ${WHAT[$THING]}" compile_crates "$2"
	rm -rf "$dir"/{home,package}
}
