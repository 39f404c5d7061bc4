#!/bin/sh
# shellcheck shell=dash source=drivers.sh
# Everything before `boot`: file systems that can be written, drivers, network, configuration.
export PATH=/usr/bin:/usr/sbin
echo "<6>macos-virt: system" >/dev/kmsg

mkdir -p /dev/pts /dev/shm
# By /etc/fstab: memory, and the cgroups, of which boot asks how many CPUs and how much memory they leave it.
mount -a
mkdir -p /run/config/macos-virt /run/dropbear /var/lib/macos-virt /var/log /var/lib/misc /var/tmp
chmod 1777 /var/tmp
hostname macos-virt
# With huge pages on, the kernel keeps 66 MiB and more free so as not to be fragmented; here one process takes its memory at once, and
# what is kept free is lost to it. This is what a machine of 4 GiB keeps without huge pages.
echo 8192 >/proc/sys/vm/min_free_kbytes
# Of the lowest 4 GiB a 256th of all that is above is kept for devices that reach no further: 30 MiB in a machine of 8 GiB, 240 of 64.
# They had theirs when their drivers started; a 4096th is left for what comes.
echo "4096 4096 32 0 0" >/proc/sys/vm/lowmem_reserve_ratio

. /usr/lib/macos-virt/drivers

# Each card asks for an address by itself; boot waits for the first default route.
start_network() {
    ip link set lo up
    for card in /sys/class/net/*/device; do
        [ -e "$card" ] || continue
        name=${card%/device}
        name=${name##*/}
        ip link set "$name" up
        udhcpc -i "$name" -b -S -t 5 -T 1 -x hostname:macos-virt -s /usr/lib/macos-virt/lease >/dev/null 2>&1 &
    done
}

# Beside the rest, and beside boot, which waits for what it needs. The power button of this machine is the guest's: see /etc/acpi.
{
    # The initrd had the disks' drivers: now the network cards' and the rest.
    load_drivers
    start_network
    acpid -c /etc/acpi >/dev/null 2>&1
} &

# The UEFI variables of the guest outlive this machine where its disk can be written. They are on the disk that the root is on, and on no
# other: the guest can give partitions of its own disk any name.
while read -r device place _; do
    [ "$place" != / ] || root=${device#/dev/}
done </proc/mounts
entry=$(grep -ls '^PARTNAME=macos-virt-state-' "/sys/class/block/$root/.."/*/uevent)
if [ -n "$entry" ]; then
    entry=${entry%/uevent}
    # quiet: FAT has no owners, and boot gives the file one.
    mount -t vfat -o rw,quiet,umask=077,nosuid,nodev,noexec "/dev/${entry##*/}" /var/lib/macos-virt ||
        echo "macos-virt: the guest's UEFI variables are not kept: see above"
fi

# Configuration: what the image brings, unless a disk or CD labelled MACOSVIRT or cidata brings another.
[ ! -f /usr/share/macos-virt/boot.toml ] || cp /usr/share/macos-virt/boot.toml /run/config/macos-virt/boot.toml

# What could be the guest's disk is not believed, whatever its label: the guest writes it, and would configure the machine that it runs
# in. boot gives no guest a disk below 32 MiB (disk.minimum), and none a CD.
is_trusted() {
    case $1 in sr*) return 0 ;; loop*) return 1 ;; esac
    disk=/sys/class/block/$1
    [ ! -e "$disk/partition" ] || disk=$disk/..
    read -r sectors <"$disk/size"
    [ "$sectors" -gt 0 ] && [ "$sectors" -lt 65536 ]
}

# Whether it has a boot.toml.
read_configuration() {
    mkdir -p /run/medium
    for type in vfat iso9660; do
        mount -t $type -o ro,nosuid,nodev,noexec "$1" /run/medium 2>/dev/null || continue
        found=false
        if [ -f /run/medium/boot.toml ]; then
            found=true
            echo "macos-virt: configuration from $1 ($2)"
            # Beside it may be the password that display.vnc_password_file names.
            for name in boot.toml vnc-password; do
                [ ! -f "/run/medium/$name" ] || cp "/run/medium/$name" "/run/config/macos-virt/$name"
            done
        fi
        umount /run/medium
        $found
        return
    done
    false
}

# The first that has one counts. blkid once for all disks: to start it costs more than what it does.
set --
for block in /sys/class/block/*; do
    name=${block##*/}
    # Not the image itself.
    [ -e "/sys/class/block/$root/../$name" ] || [ -e "$block/$root" ] || set -- "$@" "/dev/$name"
done
[ $# = 0 ] || blkid -c /dev/null -s LABEL "$@" | while read -r device label; do
    case $label in 'LABEL="MACOSVIRT"' | 'LABEL="cidata"' | 'LABEL="CIDATA"') ;; *) continue ;; esac
    device=${device%:}
    label=${label#*\"}
    label=${label%\"*}
    if is_trusted "${device#/dev/}"; then
        ! read_configuration "$device" "$label" || break
    else
        echo "macos-virt: no configuration from $device ($label): a disk of 32 MiB and more could be the guest's"
    fi
done
for file in /run/config/macos-virt/*; do
    [ ! -f "$file" ] || chmod 600 "$file"
done

[ ! -f /root/.ssh/authorized_keys ] || dropbear -R -s -p 22
true
