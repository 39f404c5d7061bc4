# shellcheck shell=dash
# Used by system-init.sh: the partition with what the guest keeps.

# Checks the file system of partition $1, repairs it and mounts it at $2. Without a sound one, the guest runs and keeps nothing.
# $3 is the firmware's template of the guest's UEFI variables.
mount_state() {
    # -a repairs what needs no answer. 0: it was sound, 1: it was not.
    said=$(fsck.fat -a "$1" 2>&1)
    status=$?
    repaired=
    if [ $status = 1 ]; then
        repaired=yes
        echo "macos-virt: the state partition was not closed or is damaged: $(words)"
        # What is still wrong after a repair is not worth a write.
        said=$(fsck.fat -n "$1" 2>&1)
        status=$?
    fi
    # quiet: boot changes the owner of the file, which FAT cannot store.
    if [ $status != 0 ] || ! mount -t vfat -o rw,quiet,umask=077,errors=remount-ro,nosuid,nodev,noexec "$1" "$2"; then
        echo "macos-virt: the state partition $1 cannot be used: $(words)"
        echo "macos-virt: the guest starts with fresh UEFI variables, and keeps nothing"
        return
    fi
    [ -n "$repaired" ] || return 0
    # Pieces of files that the repair has cut off, and variables that it has cut short: the guest gets fresh ones then.
    rm -f "$2"/fsck*.rec "$2"/FSCK*.REC
    [ ! -f "$2/nvram.fd" ] || [ "$(wc -c <"$2/nvram.fd")" = "$(wc -c <"$3")" ] || {
        mv "$2/nvram.fd" "$2/nvram.bad"
        echo "macos-virt: the guest's UEFI variables were damaged: it starts with fresh ones"
    }
}

# What fsck.fat has said, on one line of the console.
words() { echo "$said" | head -n 6 | tr -s '\n ' ' ' | cut -c 1-300; }
