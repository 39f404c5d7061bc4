#!/bin/sh
# Copies the agent and its settings to the installed system. Nothing runs until that system starts.
#
#     postinstall PACKAGE LOCATION VOLUME [...]      as macOS' installer calls it
#     postinstall - - /Volumes/NAME                  by hand, from the Terminal of the recovery
set -eu
umask 077

here=$(cd "$(dirname "$0")" && pwd)
volume=${3:?the volume that macOS was installed to}
volume=${volume%/}

fail() {
    echo "macos-virt: $1" >&2
    exit 1
}

# The volume with the user's data. In the running system, it is below the root; in the installer's system and in the recovery, it can
# be a volume of its own, beside the sealed one. Releases before 10.15 have one volume for everything.
data=
for candidate in "$volume/System/Volumes/Data" "$volume - Data" "$volume"; do
    case $candidate in
    /*) ;;
    '') candidate=/ ;;
    *) continue ;;
    esac
    if [ -d "$candidate/private/var/db" ] && [ -d "$candidate/Library" ]; then
        data=${candidate%/}
        break
    fi
done
[ -n "$data" ] || [ -z "$volume" ] || fail "there is no installed macOS on $volume: name the volume that has Library and private"

# copy MODE FROM TO
copy() {
    cp "$2" "$3"
    chmod "$1" "$3"
    chown 0:0 "$3"
}

# directory MODE NAME: only a new one is changed.
directory() {
    [ -d "$2" ] && return
    mkdir "$2"
    chmod "$1" "$2"
    chown 0:0 "$2"
}

directory 755 "$data/Library/Application Support"
directory 755 "$data/Library/Application Support/macos-virt"
copy 755 "$here/agent" "$data/Library/Application Support/macos-virt/agent"
copy 644 "$here/cloud-config.awk" "$data/Library/Application Support/macos-virt/cloud-config.awk"

# What the agent applies at the first start. Complete before the agent can find it.
state=$data/private/var/db/macos-virt
directory 700 "$state"
rm -rf "$state/seed" "$state/seed.new" "$state/packages" "$state/script"
mkdir "$state/seed.new"
copy 600 "$here/seed/meta-data" "$state/seed.new/meta-data"
copy 600 "$here/seed/user-data" "$state/seed.new/user-data"
if [ -d "$here/packages" ]; then
    mkdir "$state/packages"
    for package in "$here/packages"/*.pkg; do copy 600 "$package" "$state/packages/${package##*/}"; done
fi
if [ -e "$here/script" ]; then copy 700 "$here/script" "$state/script"; fi
mv "$state/seed.new" "$state/seed"

if [ -e "$here/skip-setup-assistant" ]; then
    # The questions before the first login, and those after each account's first.
    : >"$data/private/var/db/.AppleSetupDone"
    chmod 644 "$data/private/var/db/.AppleSetupDone"
    chown 0:0 "$data/private/var/db/.AppleSetupDone"
    for template in "$data/Library/User Template" "$data/Library/User Template/Non_localized"; do
        if [ -d "$template" ]; then : >"$template/.skipbuddy"; fi
    done
fi

directory 755 "$data/Library/LaunchDaemons"
copy 644 "$here/agent.plist" "$data/Library/LaunchDaemons/org.macos-virt.agent.plist"
sync
echo "macos-virt: the agent is on ${data:-/}"
