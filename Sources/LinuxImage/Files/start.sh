#!/bin/sh
# shellcheck shell=dash
# Everything before `boot`: file systems that can be written, drivers, network, configuration.
export PATH=/usr/bin:/usr/sbin

mount -t tmpfs -o mode=755,nosuid,nodev run /run
mount -t tmpfs -o mode=1777,nosuid,nodev tmp /tmp
mount -t tmpfs -o mode=755,nosuid,nodev var /var
mkdir -p /run/config/macos-virt /run/dropbear /var/lib/macos-virt /var/log /var/lib/misc /var/tmp /dev/pts /dev/shm
chmod 1777 /var/tmp
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
# boot counts the CPUs and the memory that a cgroup leaves it.
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
hostname macos-virt
# With huge pages on, the kernel keeps 66 MiB and more free so as not to be fragmented; here one process takes its memory at once, and
# what is kept free is lost to it. This is what a machine of 4 GiB keeps without huge pages.
echo 8192 >/proc/sys/vm/min_free_kbytes

# The initrd had the disks' drivers: now the network cards' and the rest. A second look for what hangs behind a bridge.
known=
for _ in 1 2; do
    found=$(find /sys/devices -name modalias -exec cat {} + | sort -u)
    [ "$found" != "$known" ] || break
    known=$found
    # shellcheck disable=SC2086
    modprobe -abq $found
done

# Each card asks for an address by itself; boot waits for the first default route.
ip link set lo up
for card in /sys/class/net/*/device; do
    [ -e "$card" ] || continue
    name=$(basename "$(dirname "$card")")
    ip link set "$name" up
    udhcpc -i "$name" -b -S -t 5 -T 1 -x hostname:macos-virt -s /usr/lib/macos-virt/lease >/dev/null 2>&1 &
done

# The UEFI variables of the guest outlive this machine where its disk can be written. They are on the disk that the root is on, and on no
# other: the guest can give partitions of its own disk any name.
root=$(awk '$2 == "/" { sub("/dev/", "", $1); print $1 }' /proc/mounts)
entry=$(grep -l '^PARTNAME=macos-virt-state-' "/sys/class/block/$root/.."/*/uevent 2>/dev/null | head -n 1)
if [ -n "$entry" ]; then
    # quiet: FAT has no owners, and boot gives the file one.
    mount -t vfat -o rw,quiet,umask=077,nosuid,nodev,noexec "/dev/$(basename "$(dirname "$entry")")" /var/lib/macos-virt ||
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

read_configuration() {
    mkdir -p /run/medium
    for type in vfat iso9660; do
        mount -t $type -o ro,nosuid,nodev,noexec "$1" /run/medium 2>/dev/null || continue
        # Beside it may be the password that display.vnc_password_file names.
        for name in boot.toml vnc-password; do
            [ ! -f "/run/medium/$name" ] || cp "/run/medium/$name" "/run/config/macos-virt/$name"
        done
        [ ! -f /run/medium/boot.toml ] || echo "macos-virt: configuration from $1 ($2)"
        umount /run/medium
        return
    done
}

for block in /sys/class/block/*; do
    name=${block##*/}
    label=$(blkid -p -s LABEL -o value "/dev/$name" 2>/dev/null)
    case $label in MACOSVIRT | cidata | CIDATA) ;; *) continue ;; esac
    if is_trusted "$name"; then
        read_configuration "/dev/$name" "$label"
    else
        echo "macos-virt: no configuration from /dev/$name ($label): a disk of 32 MiB and more could be the guest's"
    fi
done
find /run/config/macos-virt -type f -exec chmod 600 {} +

# The power button of this machine is the guest's: see /etc/acpi.
acpid -c /etc/acpi >/dev/null 2>&1
[ ! -f /root/.ssh/authorized_keys ] || dropbear -R -s -p 22
true
