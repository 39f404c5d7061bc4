#!/bin/sh
# Runs in macOS's recovery, started by the typed line "sh /Volumes/P/r". Erases macOS's disk, has Apple's startosinstall prepare macOS
# on it, and reports each step to the mailbox, the second partition of the disk that this file is on.
#
# POSIX sh, and of the recovery's programs: awk, dd, df, diskutil, ioreg, mkdir, sleep, sw_vers, tail.
# "settings" beside this file has the values that follow.
set -u
export LC_ALL=C

here=${0%/*}
bytes=0 serial='' name=macOS package='' beat=2 patience=10
# shellcheck source=/dev/null
. "$here/settings" || exit 1
volumes=${here%/*}
# What is below / while this is not a test.
root=${volumes%/Volumes}
log=${TMPDIR:-/tmp}/macos-virt.log

# The typed line may arrive twice: one of them is enough.
lock=${TMPDIR:-/tmp}/macos-virt.lock
if ! mkdir "$lock" 2>/dev/null && [ -d "$lock" ]; then
    echo "the script runs already: see $log"
    exit 0
fi

# The volume P is the first partition of its disk, /dev/disk2s1; the mailbox is the second one, without the cache: /dev/rdisk2s2.
own=$(df -P "$here" | awk 'NR == 2 { print $1 }')
device=${own%/*} own=${own##*/}
mailbox=$device/r${own%s1}s2
own=${own%s1}

number=0
# A message is a whole block: see Mailbox.swift. awk replaces what is not printable, so that a line stays a line.
tell() {
    number=$((number + 1))
    number=$number text="$*" awk '
        BEGIN {
            for (i = 32; i < 127; i++) code[sprintf("%c", i)] = i
            source = substr(ENVIRON["text"], 1, 400)
            text = ""
            for (i = 1; i <= length(source); i++) {
                c = substr(source, i, 1)
                text = text (c in code ? c : "?")
            }
            covered = ENVIRON["number"] " " text
            low = 1; high = 0
            for (i = 1; i <= length(covered); i++) {
                low = (low + code[substr(covered, i, 1)]) % 65521
                high = (high + low) % 65521
            }
            printf "%-4095s\n", sprintf("macos-virt %d %d %.0f %s", ENVIRON["number"], length(text), high * 65536 + low, text)
        }' | dd of="$mailbox" ibs=512 obs=4096 seek=$((number % 256)) conv=notrunc 2>/dev/null
}

fail() {
    tell failed "$@"
    rmdir "$lock" 2>/dev/null
    echo "macos-virt: $*" >&2
    exit 1
}

# The names of whole disks: disk0, disk1 and so on.
disks() {
    for path in "$device"/disk*; do
        disk=${path##*/}
        case ${disk#disk} in
        '' | *[!0-9]*) ;;
        *) echo "$disk" ;;
        esac
    done
}

# Bytes, out of the property list: its keys are in no language.
size() {
    diskutil info -plist "$1" 2>/dev/null | awk '
        /<key>TotalSize<\/key>/ || /<key>Size<\/key>/ {
            if ($0 !~ /<integer>/) getline
            sub(/.*<integer>/, ""); sub(/<.*/, "")
            print
            exit
        }'
}

# The serial number that the disk's driver reports; nothing where it does not. ioreg lists a device with its characteristics before its
# media, each with its BSD name.
serial() {
    ioreg -r -c IOBlockStorageDevice -l -w 0 2>/dev/null | awk -v disk="\"$1\"" '
        /"Serial Number"/ {
            found = $0
            sub(/.*"Serial Number" *= *"/, "", found); sub(/".*/, "", found)
            gsub(/^ +| +$/, "", found)
        }
        /\+-o .*IOBlockStorageDevice/ { found = "" }
        /"BSD Name" *=/ { if ($NF == disk) { print found; exit } }'
}

# One disk of the exact size; where a serial number is known, it has to be ours as well.
find_disk() {
    target='' count=0 seen=''
    for disk in $(disks); do
        [ "$disk" != "$own" ] || continue
        found=$(size "$disk")
        seen="$seen $disk=$found"
        [ "$found" = "$bytes" ] || continue
        theirs=$(serial "$disk")
        [ -z "$serial" ] || [ -z "$theirs" ] || [ "$theirs" = "$serial" ] || continue
        target=$disk count=$((count + 1))
    done
    case $count in
    1) ;;
    0) fail no-disk "of $bytes bytes among$seen" ;;
    *) fail several-disks "of $bytes bytes among$seen" ;;
    esac
}

# The installer disk's application, which needs no network; or else the recovery's own.
find_tool() {
    tool=''
    for path in "$volumes"/*/Install*.app "$root"/Install*.app "$root"/Applications/Install*.app; do
        [ -x "$path/Contents/Resources/startosinstall" ] || continue
        tool=$path/Contents/Resources/startosinstall
        return
    done
    fail no-installer "in $volumes and $root/"
}

last_line() { tail -c 1000 "$log" 2>/dev/null | awk '{ gsub(/\r/, "\n"); print }' | awk 'NF { line = $0 } END { print line }'; }

# Follows startosinstall, whose number is $1, until it ends or says that it restarts.
follow() {
    shown='' percent='' idle=0 restarts=''
    while :; do
        line=$(last_line)
        now=$(echo "$line" | awk 'match($0, /[0-9]+(\.[0-9]+)?%/) { print int(substr($0, RSTART)) }')
        idle=$((idle + 1))
        if [ -n "$now" ] && [ "$now" != "$percent" ]; then
            percent=$now idle=0
            tell percent "$now"
        elif [ -n "$line" ] && [ -z "$now" ] && [ "$line" != "$shown" ]; then
            shown=$line idle=0
            tell line "$line"
        elif [ $((idle * beat)) -ge "$patience" ]; then
            idle=0
            tell alive
        fi
        case $line in
        *Restarting*)
            [ -n "$restarts" ] || tell restarting
            restarts=1
            ;;
        esac
        kill -0 "$1" 2>/dev/null || break
        sleep "$beat"
    done
}

tell hello "$(sw_vers -productVersion) $(sw_vers -buildVersion)"
case $bytes in
0 | *[!0-9]*) fail settings "bytes=$bytes" ;;
esac
find_disk
find_tool
tell disk "$target"
tell erasing
diskutil eraseDisk APFS "$name" "$target" >"$log" 2>&1 || fail erase "$(last_line)"
set -- --agreetolicense --nointeraction --volume "$volumes/$name"
[ -z "$package" ] || set -- "$@" --installpackage "$here/$package"

try=1
while :; do
    tell preparing "${tool#"$root"}"
    : >"$log"
    "$tool" "$@" >"$log" 2>&1 </dev/null &
    job=$!
    follow "$job"
    wait "$job" && break
    # startosinstall ends before the recovery does.
    [ -z "$restarts" ] || break
    case $(tail -c 4000 "$log") in
    *[Hh]elper*crash*)
        [ "$try" -lt 5 ] || fail helper "$(last_line)"
        tell again "$try" "$(last_line)"
        try=$((try + 1))
        sleep "$beat"
        ;;
    *"not enough"*space* | *"No space left"*) fail no-space "$(last_line)" ;;
    *) fail startosinstall "$(last_line)" ;;
    esac
done
[ -n "$restarts" ] || tell restarting
