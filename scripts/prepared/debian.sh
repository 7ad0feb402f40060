# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes a machine with Debian installed, as its installer leaves it:
#   disk  the root file system        boot  its /boot, with links to the kernel and initramfs that a boot loader takes
#   firmware  UEFI's code, and the variables of one that boots what its owner signed: /boot/vmlinuz-*, by the key that is
#             where dkms has it, too
# Maintainer scripts run here, so it takes a root in which whoever runs this may pretend to own files of others.

# The key that comes with the variables: anybody has it, so it is good for nothing else.
take_owners_key() {
	local folder=/tmp/firmware/usr/share
	dpkg-deb -x firmware.deb /tmp/firmware
	mkdir -p firmware
	cp $folder/OVMF/OVMF_CODE_4M.secboot.fd firmware/code
	cp $folder/OVMF/OVMF_VARS_4M.snakeoil.fd firmware/variables
	openssl rsa -passin pass:snakeoil -in $folder/ovmf/PkKek-1-snakeoil.key -out /tmp/mok.key
	cp $folder/ovmf/PkKek-1-snakeoil.pem /tmp/mok.pem
}

# Runs inside the root that has mmdebstrap.
install_debian() {
	local packages file absent present modules='/usr/lib/modules/*/kernel'
	cd "/cache/${PLACE[$THING]}"
	# That of the machine is not here.
	unset APT_CONFIG
	apt-ftparchive packages pool >/tmp/Packages
	mv /tmp/Packages .
	apt-ftparchive -o "APT::FTPArchive::Release::Codename=$SUITE" -o "APT::FTPArchive::Release::Architectures=$DEBIAN" \
		release . >/tmp/Release
	mv /tmp/Release .
	packages=$(for file in pool/*.deb; do file=${file##*/} && echo "${file%%_*}"; done | paste -sd,)
	take_owners_key
	# Drivers of hardware that the machine has not: whenever a module comes or goes depmod unpacks all, in a VM for a minute.
	absent=(--dpkgopt="path-exclude=$modules/"{drivers,sound}/\*)
	present=(--dpkgopt="path-include=$modules/drivers/"{acpi,block,crypto,cxl,dax,nvdimm,vfio,virtio}/\*)
	# In a user's namespace the kernel refuses owners that are not mapped there with EINVAL, where fakeroot expects EPERM; and
	# a devpts with one, which mmdebstrap would mount.
	FAKEROOTDONTTRYCHOWN=1 fakeroot mmdebstrap --mode=root --variant=custom --include="$packages" "${absent[@]}" "${present[@]}" \
		--skip=chroot/mount/dev --extract-hook='mount --rbind /dev "$1/dev"' --customize-hook='
		cd "$1"
		umount --lazy dev
		echo debian >etc/hostname
		echo "boot /boot 9p trans=virtio,version=9p2000.L,msize=512000 0 0" >etc/fstab
		printf "do_symlinks = yes\nlink_in_boot = yes\n" >etc/kernel-img.conf
		mkdir -p var/lib/dkms
		cp /tmp/mok.key var/lib/dkms/
		openssl x509 -in /tmp/mok.pem -outform DER -out var/lib/dkms/mok.pub
		ln -s "vmlinuz-$KERNEL" boot/vmlinuz
		ln -s "initrd.img-$KERNEL" boot/initrd.img
		rm -f vmlinuz* initrd.img* etc/apt/sources.list' \
		"$SUITE" root.tar "deb [trusted=yes] copy:$PWD ./"
	tar --no-same-owner -xf root.tar ./boot
	for file in boot/vmlinuz-*; do
		sbsign --key /tmp/mok.key --cert /tmp/mok.pem --output "$file" "$file"
	done
	truncate -s 4G disk
	mke2fs -q -t ext4 -d root.tar disk
	rm -r pool Packages Release root.tar firmware.deb
}

make_debian() {
	local dir=$1
	fetch_packages "apt: download a Debian to install" "${DEBIAN_PACKAGES[@]}"
	rm -rf "$dir"
	mkdir -p "$dir/pool"
	cp -l "${FILES[@]}" "$dir/pool/" 2>/dev/null || cp "${FILES[@]}" "$dir/pool/"
	fetch_names "apt: download its firmware" ovmf
	cp "${FILES[0]}" "$dir/firmware.deb"
	step "install it" "$CLONE/scripts/toolroot" --root "${DIR[packaging]}" \
		--bind "$dir=/cache/${PLACE[$THING]}" /src/scripts/prepare --inside "$THING" install_debian
}
