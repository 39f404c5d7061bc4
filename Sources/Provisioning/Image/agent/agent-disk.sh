# The agent, continued: the disk with the label cidata.

# plist_text KEY: the text of a key of a property list in XML.
plist_text() {
    awk -v key="$1" 'found { if (sub(/.*<string>/, "")) { sub(/<\/string>.*/, ""); print }; exit } index($0, "<key>" key "</key>") { found = 1 }'
}

# find_disk: the name of the disk with the label in $disk; fails when there is none.
#
# Every account can attach a disk image (hdiutil), and who writes a seed is root: such disks are left out, and listed in $images.
find_disk() {
    disk=
    disks=0
    images=
    for node in "$root"/dev/disk*; do
        [ -e "$node" ] || continue
        information=$(diskutil info -plist "${node##*/}" 2>/dev/null)
        case $(printf '%s\n' "$information" | plist_text VolumeName) in
        [cC][iI][dD][aA][tT][aA]) ;;
        *) continue ;;
        esac
        case $(printf '%s\n' "$information" | plist_text BusProtocol)/$(printf '%s\n' "$information" | plist_text VirtualOrPhysical) in
        'Disk Image'/* | */Virtual | /*) images="$images ${node##*/}" ;;
        *)
            disk=${node##*/}
            disks=$((disks + 1))
            ;;
        esac
    done
    [ "$disks" -gt 0 ]
}

seed_disk() {
    # Disks appear while the system starts.
    tries=0
    until find_disk; do
        tries=$((tries + 1))
        [ "$tries" -lt 5 ] || break
        sleep 2
    done
    if [ -n "$images" ]; then warn "disk images that any account can attach have the label cidata and are ignored:$images"; fi
    [ "$disks" -gt 0 ] || return 0
    if [ "$disks" -gt 1 ]; then
        say "error: $disks disks have the label cidata"
        result=failed
        return
    fi
    say "disk $disk"
    mounted=
    place=$(diskutil info -plist "$disk" | plist_text MountPoint)
    if [ -z "$place" ]; then
        place=$state/disk
        mkdir -p "$place"
        if ! try "$disk" diskutil mount readOnly -mountPoint "$place" "$disk"; then
            result=failed
            return
        fi
        mounted=$disk
    else
        place=$root$place
    fi
    for file in network-config vendor-data; do
        if [ -e "$place/$file" ]; then warn "$file is not supported"; fi
    done
    apply "$place"
    if [ -n "$mounted" ]; then
        try "$disk" diskutil unmount "$mounted"
        rmdir "$place" 2>/dev/null
    fi
}
