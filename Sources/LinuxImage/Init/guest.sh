#!/bin/sh
# shellcheck shell=dash
# Runs boot, which supervises the guest, and handles the end: the guest is off, or boot has refused to start it.
export PATH=/usr/bin:/usr/sbin
echo "<6>macos-virt: boot" >/dev/kmsg
read -r words </proc/cmdline
end=poweroff
report=
# Above boot.toml and the kernel command line, so that macosvirt.exec is the only way to have boot become QEMU.
export MACOS_VIRT_GUEST_SUPERVISE=true
for word in $words; do
    case $word in
        macosvirt.end=*) end=${word#macosvirt.end=} ;;
        macosvirt.report) report=yes ;;
        macosvirt.exec) unset MACOS_VIRT_GUEST_SUPERVISE ;;
    esac
done

# Reports the time since the kernel started and the memory that Linux uses, at the moment when boot has started or become QEMU.
report() {
    while [ -d "/proc/$1" ]; do
        for process in "$1" $(cat "/proc/$1/task/$1/children"); do
            case $(readlink "/proc/$process/exe") in
                */qemu-system-*)
                    memory=$(awk '$1 == "MemTotal:" { t = $2 } $1 == "MemAvailable:" { a = $2 } END { print int((t - a) / 1024) }' /proc/meminfo)
                    read -r up _ </proc/uptime
                    echo "macos-virt: QEMU runs after $up s, Linux uses $memory MiB"
                    return
                    ;;
            esac
        done
        usleep 20000
    done
}

if [ -f /usr/share/macos-virt/console ]; then
    # The shell on the console reads the keyboard.
    boot </dev/null &
else
    # By default, the shell gives background jobs no input.
    exec 3<&0
    boot <&3 &
fi
boot=$!
[ -z "$report" ] || report $boot &
wait $boot
status=$?
# From 64 on, they are boot's own exit codes: docs/exit-codes.md. QEMU's are 0 and 1.
if [ $status -ge 64 ]; then
    echo "macos-virt: boot failed with exit code $status: see above"
    case $status in
        # The guest was to stop and did not shut down: this machine was to stop too.
        80 | 81 | 82) ;;
        # Leaves time to read the message, or to log in if that is possible.
        *) if [ -f /usr/share/macos-virt/console ] || [ -f /root/.ssh/authorized_keys ]; then end=hold; else sleep 10; fi ;;
    esac
else
    echo "macos-virt: the guest is off ($status)"
fi
sync
# Closes the state partition: what is found open at the next start was cut off.
umount /var/lib/macos-virt 2>/dev/null
case $end in
    hold) ;;
    reboot) reboot -f ;;
    *) poweroff -f ;;
esac
