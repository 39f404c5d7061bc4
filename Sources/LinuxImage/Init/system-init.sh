#!/bin/sh
# shellcheck shell=dash source=drivers.sh
# Run by init before guest.sh: prepares file systems, drivers, network and configuration.
export PATH=/usr/bin:/usr/sbin
echo "<6>macos-virt: system" >/dev/kmsg

mkdir -p /dev/pts /dev/shm
# From /etc/fstab: tmpfs, and the cgroups, which tell boot its limits of CPUs and memory.
mount -a
mkdir -p /run/config/macos-virt /run/dropbear /var/lib/macos-virt /var/log /var/lib/misc /var/tmp
chmod 1777 /var/tmp
hostname macos-virt
# With huge pages enabled, the kernel keeps at least 66 MiB free against fragmentation. Here, one process allocates its memory at
# once, and memory that is kept free is lost to it. This is the value of a machine with 4 GiB and no huge pages.
echo 8192 >/proc/sys/vm/min_free_kbytes
# In the lowest 4 GiB, the kernel reserves a 256th of all memory above for devices that cannot reach further: 30 MiB with 8 GiB of
# memory, 240 MiB with 64 GiB. Drivers have allocated theirs already; a 4096th remains for later.
echo "4096 4096 32 0 0" >/proc/sys/vm/lowmem_reserve_ratio

. /usr/lib/macos-virt/drivers

# Requests an address for each card in the background. boot waits for the first default route.
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

# In the background, because boot waits for what it needs. The power button shuts down the guest: see power-button.sh.
{
    # The initrd has loaded disk drivers; these are network and other drivers.
    load_drivers
    start_network
    acpid -c /etc/acpi >/dev/null 2>&1
} &

# shellcheck source=state.sh
. /usr/lib/macos-virt/state

# The guest's UEFI variables persist if the disk of the root is writable. Only that disk counts: the guest can give partitions of
# its own disk any name.
while read -r device place _; do
    [ "$place" != / ] || root=${device#/dev/}
done </proc/mounts
entry=$(grep -ls '^PARTNAME=macos-virt-state-' "/sys/class/block/$root/.."/*/uevent)
if [ -n "$entry" ]; then
    entry=${entry%/uevent}
    mount_state "/dev/${entry##*/}" /var/lib/macos-virt /usr/share/OVMF/OVMF_VARS_4M.fd
fi

# The configuration is that of the image, unless a disk or CD labelled MACOSVIRT or cidata contains another.
[ ! -f /usr/share/macos-virt/boot.toml ] || cp /usr/share/macos-virt/boot.toml /run/config/macos-virt/boot.toml

# Configuration on larger disks is ignored: such a disk can be the guest's, which could then configure the machine that it runs in.
# boot lets a guest write neither a disk below 32 MiB (disk.minimum) nor a CD; a seed it only reads.
is_trusted() {
    case $1 in sr*) return 0 ;; loop*) return 1 ;; esac
    disk=/sys/class/block/$1
    [ ! -e "$disk/partition" ] || disk=$disk/..
    read -r sectors <"$disk/size"
    [ "$sectors" -gt 0 ] && [ "$sectors" -lt 65536 ]
}

# Copies the boot.toml of a device; fails if there is none.
read_configuration() {
    mkdir -p /run/medium
    for type in vfat iso9660; do
        mount -t $type -o ro,nosuid,nodev,noexec "$1" /run/medium 2>/dev/null || continue
        found=false
        if [ -f /run/medium/boot.toml ]; then
            found=true
            echo "macos-virt: configuration from $1 ($2)"
            # vnc-password is for display.vnc_password_file.
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

# The first device with a boot.toml counts. blkid runs once for all of them, because starting it takes longest.
set --
for block in /sys/class/block/*; do
    name=${block##*/}
    # Skips the disk of the image.
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
        echo "macos-virt: ignored $device ($label): a disk of 32 MiB or more can be the guest's"
    fi
done
for file in /run/config/macos-virt/*; do
    [ ! -f "$file" ] || chmod 600 "$file"
done

[ ! -f /root/.ssh/authorized_keys ] || dropbear -R -s -p 22
true
