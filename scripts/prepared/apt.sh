# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by prepare: Debian packages from the machine's own mirror, resolved, downloaded and verified by apt in
# directories of the cache. The machine's own package state is neither read nor changed.

APT=$CACHE/apt
export APT_CONFIG=$APT/apt.conf

# The mirrors that this machine already uses, in its order; MIRROR overrides them.
mirrors() {
	if [ -n "${MIRROR:-}" ]; then
		echo "$MIRROR"
	else
		env -u APT_CONFIG apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | awk '!seen[$0]++'
	fi
}

write_apt_configuration() { # write_apt_configuration MIRROR
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r "$keyring" ] || die "$keyring is missing: install the package debian-archive-keyring"
	mkdir -p "$APT"/{lists/partial,archives/partial,source,etc/apt.conf.d,etc/preferences.d}
	: >"$APT/status"
	printf '%s [signed-by='"$keyring"'] '"$1"' %s main\n' deb "$SUITE" deb-src "$SUITE" deb "$SUITE-backports" >"$APT/sources.list"
	cat >"$APT_CONFIG" <<-CONF
		Dir "$APT";
		Dir::State "$APT";
		Dir::State::status "$APT/status";
		Dir::State::lists "lists";
		Dir::Cache "$APT";
		Dir::Cache::archives "archives";
		Dir::Etc "etc";
		Dir::Etc::sourcelist "$APT/sources.list";
		Dir::Etc::sourceparts "-";
		APT::Architecture "$NATIVE_DEBIAN";
		APT::Architectures { "$NATIVE_DEBIAN"; "$DEBIAN"; }
		APT::Install-Recommends "false";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "3";
	CONF
}

# Takes the first of the machine's mirrors that serves a signed suite.
update_apt() {
	local mirror tried=
	for mirror in $(mirrors); do
		tried="$tried $mirror"
		write_apt_configuration "$mirror"
		apt-get update -q --error-on=any && return 0
	done
	[ -n "$tried" ] || die "apt has no mirror configured: set MIRROR to a Debian mirror"
	die "no mirror of this machine serves Debian $SUITE (tried$tried): check the network, or set MIRROR"
}

# The files that apt takes for PACKAGE... and what they depend on, one path a line.
archives_of() {
	local word name version rest
	apt-get install -s -qq "$@" | while read -r word name version rest; do
		[ "$word" = Inst ] || continue
		version=${version#(}
		compgen -G "$APT/archives/${name%%:*}_${version//:/%3a}_*.deb" || die "apt did not download $name $version"
	done
}

download_packages() {
	apt-get install -y -q --download-only "$@"
	archives_of "$@" >"$APT/files"
}

# Only these, and nothing that they depend on, of which a part may be for a machine that runs them.
download_names() {
	apt-get download -q "$@" || return 1
	# It says nothing of those that are in the working directory.
	env -C / apt-get download -qq --print-uris "$@" | awk -v archives="$APT/archives" '{ print archives "/" $2 }' >"$APT/files"
}

# Those of the mirror that the module can be built for, one a line, the newest last: from 7.3 on, with their source, of which
# there is one of each series.
kernels() {
	local name source
	apt-cache pkgnames linux-binary-unsigned- | sed 's/^linux-binary-unsigned-//' | sort -V |
		awk -F '[.]' '($1 > 7 || $1 == 7 && $2 >= 3) && /[+]/' | while read -r name; do
		source=${name%%+*}
		source=$(apt-cache --no-all-versions show "linux-source-${source%.*}" 2>/dev/null)
		! grep -q "^Version: ${name%%+*}-" <<<"$source" || echo "$name"
	done
}

# Whether the mirror still has the kernel. If nobody named it, the newest of the same flavour will do.
choose_kernel() {
	local has newest
	has=$(kernels)
	! grep -qxF "$KERNEL" <<<"$has" || return 0
	[ -z "$KERNEL_NAMED" ] ||
		die "the mirror does not have kernel $KERNEL; choose with KERNEL= what it has: ${has//$'\n'/ }"
	newest=$(grep "+${KERNEL#*+}\$" <<<"$has" | tail -n 1 || true)
	[ -n "$newest" ] || die "the mirror has neither kernel $KERNEL nor a later one"
	say "the mirror does not have kernel $KERNEL any more: $newest is prepared, here and from now on"
	mkdir -p "$CACHE"
	echo "$newest" >"$KERNEL_TAKEN"
	KERNEL=$newest
}

# fetch LABEL DIR COMMAND...: runs the command below the directory of apt, once the package lists are there.
fetch() {
	local label=$1 directory=$APT/$2 lock
	shift 2
	need_command apt-get apt
	need_command dpkg-deb dpkg
	need_command xz xz-utils
	mkdir -p "$APT"
	take_lock lock "$APT/lock" "downloads packages"
	step "apt: package lists" update_apt
	cd "$directory"
	step "$label" "$@"
	cd "$OLDPWD"
	exec {lock}>&-
}

# fetch_packages LABEL PACKAGE..., fetch_names LABEL PACKAGE...: leaves the files in the array FILES.
fetch_packages() {
	fetch "$1" archives download_packages "${@:2}"
	mapfile -t FILES <"$APT/files"
}
fetch_names() {
	fetch "$1" archives download_names "${@:2}"
	mapfile -t FILES <"$APT/files"
}

# fetch_source LABEL PACKAGE VERSION: leaves the path of the .dsc in DSC.
fetch_source() {
	fetch "$1" source apt-get source -q --download-only --only-source "$2=$3"
	DSC=$APT/source/$2_${3#*:}.dsc
	[ -f "$DSC" ] || die "apt did not download the source of $2 $3"
}

unpack_packages() { # unpack_packages DIR FILE...
	local dir=$1
	shift
	printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I{} dpkg-deb -x {} "$dir"
}
