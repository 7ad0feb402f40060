# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes a machine with Debian installed, as its installer leaves it:
#   disk  the root file system        boot  its /boot, with links to the kernel and initramfs that a boot loader takes
# Maintainer scripts run here, so it takes a root in which whoever runs this may pretend to own files of others.

# Runs inside the root that has mmdebstrap.
install_debian() {
	local packages file
	cd "/cache/${PLACE[$THING]}"
	# That of the machine is not here.
	unset APT_CONFIG
	apt-ftparchive packages pool >/tmp/Packages
	mv /tmp/Packages .
	apt-ftparchive -o "APT::FTPArchive::Release::Codename=$SUITE" -o "APT::FTPArchive::Release::Architectures=$DEBIAN" \
		release . >/tmp/Release
	mv /tmp/Release .
	packages=$(for file in pool/*.deb; do file=${file##*/} && echo "${file%%_*}"; done | paste -sd,)
	fakeroot mmdebstrap --mode=root --variant=custom --include="$packages" --customize-hook='
		cd "$1"
		echo debian >etc/hostname
		echo "boot /boot 9p trans=virtio,version=9p2000.L,msize=512000 0 0" >etc/fstab
		printf "do_symlinks = yes\nlink_in_boot = yes\n" >etc/kernel-img.conf
		ln -s "$(cd boot && echo vmlinuz-*)" boot/vmlinuz
		ln -s "$(cd boot && echo initrd.img-*)" boot/initrd.img
		rm -f vmlinuz* initrd.img* etc/apt/sources.list' \
		"$SUITE" root.tar "deb [trusted=yes] copy:$PWD ./"
	tar --no-same-owner -xf root.tar ./boot
	truncate -s 3G disk
	mke2fs -q -t ext4 -d root.tar disk
	rm -r pool Packages Release root.tar
}

make_debian() {
	local dir=$1
	fetch_packages "apt: download a Debian to install" "${DEBIAN_PACKAGES[@]}"
	rm -rf "$dir"
	mkdir -p "$dir/pool"
	cp -l "${FILES[@]}" "$dir/pool/" 2>/dev/null || cp "${FILES[@]}" "$dir/pool/"
	step "install ${#FILES[@]} packages" "$CLONE/scripts/toolroot" --root "${DIR[packaging]}" \
		--bind "$dir=/cache/${PLACE[$THING]}" /src/scripts/prepare --inside "$THING" install_debian
}
