#!/bin/sh
# The agent of macos-virt in an installed macOS. launchd starts it at each start of the system.
#
# Applies two seeds, each once for its instance-id: the settings that the system was installed with, and a disk with the label cidata
# (NoCloud). Says on the serial port and in /var/log/macos-virt.log what it did, and when the system is ready. docs/provisioning.md
# has the subset of cloud-config and the lines that the serial port gets.
#
#     agent [ROOT]        the files of the system below another directory than /
set -u
LC_ALL=C
export LC_ALL
umask 077

root=${1:-}
here=$(dirname "$0")
state=$root/private/var/db/macos-virt
work=$state/work
log=$root/private/var/log/macos-virt.log
# Bytes of user-data and of meta-data.
limit=1048576
warnings=0
power=

# The serial port of QEMU is /dev/cu.serial1 by the driver that every release has. Devices named cu do not wait for a carrier.
serial=
for device in "$root"/dev/cu.serial* "$root"/dev/cu.usbserial* "$root"/dev/tty.serial*; do
    if [ -e "$device" ]; then
        serial=$device
        break
    fi
done

# limit_writer SECONDS: ends the process $writer after that, unless $guard is ended before.
limit_writer() {
    {
        # Its own sleep ends with it.
        trap 'kill "$!"; exit 0' TERM
        sleep "$1" &
        wait "$!"
        kill -9 "$writer"
    } >/dev/null 2>&1 &
    guard=$!
}

# send LINE: to the serial port. A port that takes nothing for five seconds gets no more: nobody may be at its other end.
send() {
    [ -n "$serial" ] || return 0
    { printf '%s\r\n' "$1" >>"$serial"; } 2>/dev/null &
    writer=$!
    limit_writer 5
    wait "$writer" 2>/dev/null || serial=
    kill "$guard" 2>/dev/null
}

# say EVENT [TEXT]
say() {
    text=$(printf '%s' "$*" | tr '\n\t' '  ' | tr -d '\000-\037\177')
    printf '%s %s\n' "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" "$text" >>"$log"
    send "macos-virt-agent: $text"
}

warn() {
    warnings=$((warnings + 1))
    say "warning: $*"
}

# try WHAT COMMAND...: what it prints goes to the log; its failure is reported.
try() {
    what=$1
    shift
    "$@" >>"$log" 2>&1 </dev/null && return
    warn "$what: $1 failed with exit code $?"
    return 1
}
