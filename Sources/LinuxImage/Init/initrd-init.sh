#!/bin/busybox sh
# shellcheck shell=dash source=drivers.sh
# The first program of the Linux image, /init of the initrd: finds the root file system, which is compressed and read-only, and
# starts its init, which runs system-init.sh. When the image boots from a disk, the root is the partition of
# macosvirt.root=NAME:SHA256; when it boots directly, the root is a file in this initrd.
export PATH=/bin
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
echo "<6>macos-virt: initrd" >/dev/kmsg

. /drivers

# Finds a partition by its name. If the guest has given a partition of its disk the same name, the content decides.
partition() {
    entries=$(grep -lxs "PARTNAME=$1" /sys/class/block/*/uevent)
    # shellcheck disable=SC2086
    set -- $entries
    for entry in "$@"; do
        device=/dev/$(basename "$(dirname "$entry")")
        if [ $# = 1 ] || [ "$(sha256sum <"$device" | cut -d ' ' -f 1)" = "$digest" ]; then
            echo "$device"
            return
        fi
    done
    false
}

give_up() {
    echo "macos-virt: $1"
    echo "  disks: $(cd /sys/class/block && echo *)"
    # Not a shell, which would wait forever on an unattended machine.
    sleep 30
    poweroff -f
}

# In the background: an AHCI controller takes a third of a second to detect that nothing is attached.
# libcrc32c, which erofs needs, requests crc32c by a name that modules.dep does not contain.
modprobe -a crc32c_generic erofs &
load_drivers
wait
if [ -f /root.erofs ]; then
    modprobe loop
    root=$(losetup -f)
    losetup -r "$root" /root.erofs || give_up "cannot attach the initrd's root.erofs to a loop device"
else
    read -r words </proc/cmdline
    for word in $words; do
        case $word in
            macosvirt.root=*:*)
                digest=${word##*:}
                name=${word#macosvirt.root=}
                name=${name%:*}
                ;;
        esac
    done
    [ -n "$name" ] || give_up "the kernel command line lacks macosvirt.root=PARTITION:SHA256"
    tries=0
    until root=$(partition "$name"); do
        [ $tries -lt 600 ] || give_up "no partition named $name, with the right content, after a minute"
        tries=$((tries + 1))
        usleep 100000
        # A driver that was slow to start can have added a controller.
        [ $((tries % 10)) != 0 ] || load_drivers
    done
fi
mkdir /new
mount -t erofs -o ro "$root" /new || give_up "cannot mount the root from $root"
echo "<6>macos-virt: root" >/dev/kmsg
mount -o move /dev /new/dev
mount -o move /proc /new/proc
mount -o move /sys /new/sys
exec switch_root /new /sbin/init
