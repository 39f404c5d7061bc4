#!/bin/sh
# shellcheck shell=dash
# Everything before `boot`: file systems that can be written, drivers, network, configuration.
export PATH=/usr/bin:/usr/sbin
has_word() { case " $(cat /proc/cmdline) " in *" $1 "*) true ;; *) false ;; esac; }

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

# The UEFI variables of the guest outlive this machine where its disk can be written.
entry=$(grep -l '^PARTNAME=macos-virt-state-' /sys/class/block/*/uevent 2>/dev/null | head -n 1)
if [ -n "$entry" ] && has_word "macosvirt.state=$(sed -n 's/^PARTNAME=macos-virt-state-//p' "$entry")"; then
    # quiet: FAT has no owners, and boot gives the file one.
    mount -t vfat -o rw,quiet,umask=077,nosuid,nodev,noexec "/dev/$(basename "$(dirname "$entry")")" /var/lib/macos-virt ||
        echo "macos-virt: the guest's UEFI variables are not kept: see above"
fi

# Configuration: what the image brings, unless a disk or CD labelled MACOSVIRT or cidata brings another.
[ ! -f /usr/share/macos-virt/boot.toml ] || cp /usr/share/macos-virt/boot.toml /run/config/macos-virt/boot.toml
for label in MACOSVIRT cidata CIDATA; do
    device=$(findfs "LABEL=$label" 2>/dev/null) || continue
    mkdir -p /run/medium
    for type in vfat iso9660; do
        mount -t $type -o ro,nosuid,nodev,noexec "$device" /run/medium 2>/dev/null || continue
        # Beside it may be the password that display.vnc_password_file names.
        for name in boot.toml vnc-password; do
            [ ! -f "/run/medium/$name" ] || cp "/run/medium/$name" "/run/config/macos-virt/$name"
        done
        [ ! -f /run/medium/boot.toml ] || echo "macos-virt: configuration from $device ($label)"
        umount /run/medium
        break
    done
done
find /run/config/macos-virt -type f -exec chmod 600 {} +

# The power button of this machine is the guest's: see /etc/acpi.
acpid -c /etc/acpi >/dev/null 2>&1
[ ! -f /root/.ssh/authorized_keys ] || dropbear -R -s -p 22
true
