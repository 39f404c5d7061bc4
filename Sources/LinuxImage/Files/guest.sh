#!/bin/sh
# shellcheck shell=dash
# boot, which becomes QEMU; and what follows when the guest is off or boot has refused.
export PATH=/usr/bin:/usr/sbin
echo "<6>macos-virt: boot" >/dev/kmsg
read -r words </proc/cmdline
end=poweroff
report=
for word in $words; do
    case $word in
        macosvirt.end=*) end=${word#macosvirt.end=} ;;
        macosvirt.report) report=yes ;;
    esac
done

# How long the start took and what Linux needs for itself, at the moment when this process has become QEMU.
report() {
    while [ -d "/proc/$1" ]; do
        case $(readlink "/proc/$1/exe") in
            */qemu-system-*)
                memory=$(awk '$1 == "MemTotal:" { t = $2 } $1 == "MemAvailable:" { a = $2 } END { print int((t - a) / 1024) }' /proc/meminfo)
                read -r up _ </proc/uptime
                echo "macos-virt: QEMU runs after $up s, Linux uses $memory MiB"
                return
                ;;
        esac
        usleep 20000
    done
}

if [ -f /usr/share/macos-virt/console ]; then
    # The console's keyboard belongs to its shell.
    boot </dev/null &
else
    # Without this the shell would give a job in the background no input.
    exec 3<&0
    boot <&3 &
fi
boot=$!
[ -z "$report" ] || report $boot &
wait $boot
status=$?
# boot's own codes, from sysexits.h; QEMU has 0 and 1.
if [ $status -ge 64 ]; then
    echo "macos-virt: boot ended with $status: see above"
    # Time to read it, and to come in where there is a way in.
    if [ -f /usr/share/macos-virt/console ] || [ -f /root/.ssh/authorized_keys ]; then end=hold; else sleep 10; fi
else
    echo "macos-virt: the guest is off ($status)"
fi
sync
case $end in
    hold) ;;
    reboot) reboot -f ;;
    *) poweroff -f ;;
esac
