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

# MARK: values of the seed

# get PATH: its text in $value; fails when it has none.
get() {
    value=$(awk -F '\t' -v path="$1" '
        $1 == path && $2 == "s" { print substr($0, length($1) + 4); found = 1; exit }
        END { exit !found }' "$work/values") || return 1
    # The dot keeps line ends at the end of the text.
    value=$(printf '%b.' "$value")
    value=${value%.}
}

# has PATH: whether it, or anything below it, has a value.
has() {
    awk -F '\t' -v path="$1" '$1 == path || index($1, path "/") == 1 { found = 1; exit } END { exit !found }' "$work/values"
}

# truth PATH DEFAULT: true, false or, after a report, the default, in $value.
truth() {
    if ! get "$1"; then
        value=$2
        return
    fi
    case $value in
    true | True | TRUE | yes | Yes | YES | on | On | ON) value=true ;;
    false | False | FALSE | no | No | NO | off | Off | OFF) value=false ;;
    *)
        warn "$1: neither true nor false"
        value=$2
        ;;
    esac
}

# is_line TEXT: one line, not empty.
is_line() {
    case $1 in
    '' | *'
'*) return 1 ;;
    esac
}

is_account() {
    case $1 in
    '' | [!a-z_]* | *[!a-z0-9_-]*) return 1 ;;
    esac
    [ "${#1}" -le 31 ]
}

# MARK: what is applied

host_name() {
    case $1 in
    '' | *[!A-Za-z0-9.-]* | -* | .* | *- | *. | *..* | *.-* | *-.*)
        warn "hostname: not letters, digits, hyphens and dots"
        return
        ;;
    esac
    try hostname scutil --set HostName "$1"
    try hostname scutil --set LocalHostName "${1%%.*}"
    try hostname scutil --set ComputerName "${1%%.*}"
}

time_zone() {
    case $1 in
    '' | /* | *..* | *[!A-Za-z0-9/_+-]*)
        warn "timezone: not a name such as Europe/Berlin"
        return
        ;;
    esac
    for zones in /var/db/timezone/zoneinfo /usr/share/zoneinfo; do
        if [ -e "$root$zones/$1" ]; then
            # systemsetup needs more rights on some releases than a daemon has; the link is what it would make.
            systemsetup -settimezone "$1" >>"$log" 2>&1
            case $(readlink "$root/private/etc/localtime") in
            */"$1") ;;
            *) try timezone ln -sf "$zones/$1" "$root/private/etc/localtime" ;;
            esac
            return
        fi
    done
    warn "timezone: macOS has no $1"
}

# files: write_files
files() {
    index=0
    while has "write_files/$index"; do
        write_file "write_files/$index"
        index=$((index + 1))
    done
}

write_file() {
    item=$1
    get "$item/path" || value=
    target=$value
    is_line "$target" || { warn "$item: no path"; return; }
    case $target in
    /*/../* | */.. | */../*) warn "$item: a path with .."; return ;;
    /?*) ;;
    *) warn "$item: not an absolute path"; return ;;
    esac
    mode=644
    if get "$item/permissions"; then
        case $value in
        [0-7][0-7][0-7] | [0-7][0-7][0-7][0-7]) mode=$value ;;
        *) warn "$item: permissions are not octal digits"; return ;;
        esac
    fi
    owner=0:0
    if get "$item/owner"; then
        case $value in
        '' | -* | *[!A-Za-z0-9_.:-]*) warn "$item: owner is not USER:GROUP"; return ;;
        *) owner=$value ;;
        esac
    fi
    truth "$item/append" false
    append=$value
    encoding=
    if get "$item/encoding"; then encoding=$value; fi
    get "$item/content" || value=
    case $encoding in
    '' | text/plain) printf '%s' "$value" >"$work/content" ;;
    b64 | base64)
        printf '%s' "$value" | base64 -D >"$work/content" 2>/dev/null || printf '%s' "$value" | base64 -d >"$work/content" 2>>"$log" || {
            warn "$item: content is not base64"
            return
        }
        ;;
    *) warn "$item: the encoding $encoding is not supported"; return ;;
    esac
    (umask 022 && mkdir -p "$root$(dirname "$target")") || { warn "$item: no directory for $target"; return; }
    if [ -d "$root$target" ]; then
        warn "$item: $target is a directory"
        return
    fi
    if [ "$append" = true ] && { [ -e "$root$target" ] || [ -L "$root$target" ]; }; then
        # What follows a link would go into a file that others may read, and reading a pipe may never end.
        if [ -L "$root$target" ] || [ ! -f "$root$target" ]; then
            warn "$item: $target is no regular file: nothing is appended"
            return
        fi
        cat "$root$target" "$work/content" >"$work/whole" && mv "$work/whole" "$work/content"
    fi
    # The directory may belong to a user, who must not have root write somewhere else: the file is finished before it goes there.
    chown "$owner" "$work/content" && chmod "$mode" "$work/content" && mv -f "$work/content" "$root$target" && return
    warn "$item: $target could not be written"
}

# The directory service starts beside this script.
await_directory() {
    tries=0
    until dscl . -list /Users UniqueID >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 60 ]; then
            warn "the directory service does not answer"
            return
        fi
        sleep 1
    done
}

# users: the accounts. The first one is in $first_user.
users() {
    first_user=
    number=0
    while has "users/$number"; do
        if get "users/$number/name"; then
            account "users/$number" "$value"
        elif get "users/$number" && [ "$value" = default ]; then
            warn "users/$number: there is no default user"
        else
            warn "users/$number: no name"
        fi
        number=$((number + 1))
    done
}

account() {
    item=$1
    name=$2
    is_account "$name" || { warn "$item: not a short name of an account: lower-case letters, digits, - and _"; return; }
    case $name in
    root | daemon | nobody | _*) warn "$item: $name belongs to macOS"; return ;;
    esac
    if ! dscl . -read "/Users/$name" UniqueID >/dev/null 2>&1; then
        create_account || return
    fi
    [ -n "$first_user" ] || first_user=$name
    if get "$item/groups"; then
        for group in $(printf '%s' "$value" | tr ',' ' '); do join_group "$group"; done
    fi
    member=0
    while get "$item/groups/$member"; do
        join_group "$value"
        member=$((member + 1))
    done
    password
    sudo_rules
    keys "$item/ssh_authorized_keys" "$name"
}

create_account() {
    uid=$(dscl . -list /Users UniqueID | awk '{ used[$2] = 1 } END { for (id = 501; id in used; id++); print id }')
    shell=/bin/zsh
    if get "$item/shell" && is_line "$value"; then shell=$value; fi
    full=$name
    if get "$item/gecos" && is_line "$value"; then full=$value; fi
    for pair in "UniqueID=$uid" PrimaryGroupID=20 "NFSHomeDirectory=/Users/$name" "UserShell=$shell" "RealName=$full" 'Password=*'; do
        try "$item" dscl . -create "/Users/$name" "${pair%%=*}" "${pair#*=}" || return 1
    done
    try "$item" createhomedir -c -u "$name"
    if [ ! -d "$root/Users/$name" ]; then
        mkdir -p "$root/Users/$name" && chmod 700 "$root/Users/$name" && chown "$name:20" "$root/Users/$name"
    fi
    # The questions after the first login of an account.
    if [ -e "$root/private/var/db/.AppleSetupDone" ]; then
        : >"$root/Users/$name/.skipbuddy" && chown "$name:20" "$root/Users/$name/.skipbuddy"
    fi
}

join_group() {
    case $1 in
    '' | -* | *[!A-Za-z0-9_.-]*) warn "$item: not the name of a group" ;;
    *) try "$item" dseditgroup -o edit -a "$name" -t user "$1" ;;
    esac
}

# The hash of the password, as macOS keeps it: $ml$ITERATIONS$SALT$HASH. It goes to the directory service by dsimport, in a binary
# property list.
password() {
    get "$item/passwd" || return 0
    hash=$value
    truth "$item/lock_passwd" true
    if [ "$value" = true ]; then
        warn "$item: passwd is not used, because lock_passwd is not false"
        return
    fi
    case $hash in
    "\$ml\$"*) ;;
    *) warn "$item: passwd is not \$ml\$ITERATIONS\$SALT\$HASH, the only form that macOS knows"; return ;;
    esac
    printf '%s\n' "${hash#"\$ml\$"}" | awk -F '$' '
        function base64(hex,    text, i, j, group, value, count) {
            for (i = 1; i <= length(hex); i += 6) {
                group = substr(hex, i, 6)
                value = 0
                for (j = 1; j <= 6; j++) value = value * 16 + (j <= length(group) ? index("0123456789abcdef", substr(group, j, 1)) - 1 : 0)
                count = length(group) / 2 + 1
                for (j = 1; j <= 4; j++) {
                    text = text (j <= count ? substr(alphabet, int(value / 262144) % 64 + 1, 1) : "=")
                    value = value % 262144 * 64
                }
            }
            return text
        }
        BEGIN { alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }
        {
            salt = tolower($2); entropy = tolower($3)
            if (NF != 3 || $1 !~ /^[0-9]+$/ || length($1) > 8 || length(salt) != 64 || length(entropy) != 256 || salt entropy ~ /[^0-9a-f]/) exit 1
            print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            print "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">"
            print "<plist version=\"1.0\"><dict><key>SALTED-SHA512-PBKDF2</key><dict>"
            print "<key>entropy</key><data>" base64(entropy) "</data>"
            print "<key>iterations</key><integer>" $1 "</integer>"
            print "<key>salt</key><data>" base64(salt) "</data>"
            print "</dict></dict></plist>"
        }' >"$work/shadow.plist" || { warn "$item: passwd has other lengths than 32 and 128 bytes"; return; }
    try "$item" plutil -convert binary1 -o "$work/shadow" "$work/shadow.plist" || return
    # Ends of records, escapes, fields and values; then the type of the records, and two attributes.
    {
        echo '0x0A 0x5C 0x3A 0x2C dsRecTypeStandard:Users 2 dsAttrTypeStandard:RecordName base64:dsAttrTypeNative:ShadowHashData'
        printf '%s:%s\n' "$name" "$(base64 <"$work/shadow" | tr -d '\n')"
    } >"$work/dsimport"
    dscl . -delete "/Users/$name" ShadowHashData >/dev/null 2>&1
    try "$item" dsimport "$work/dsimport" /Local/Default M || return
    try "$item" dscl . -create "/Users/$name" AuthenticationAuthority ';ShadowHash;HASHLIST:<SALTED-SHA512-PBKDF2>' || return
    try "$item" dscl . -create "/Users/$name" Password '********'
    rm -f "$work/shadow" "$work/shadow.plist" "$work/dsimport"
}

sudo_rules() {
    : >"$work/sudoers"
    if get "$item/sudo"; then sudo_rule; fi
    rule=0
    while get "$item/sudo/$rule"; do
        sudo_rule
        rule=$((rule + 1))
    done
    [ -s "$work/sudoers" ] || return 0
    try "$item" visudo -c -q -f "$work/sudoers" || return
    sudoers=$root/private/etc/sudoers.d/macos-virt-$name
    (umask 022 && mkdir -p "$root/private/etc/sudoers.d")
    cp "$work/sudoers" "$sudoers.new" && chmod 440 "$sudoers.new" && chown 0:0 "$sudoers.new" && mv "$sudoers.new" "$sudoers" && return
    warn "$item: the rule of sudo could not be written"
}

sudo_rule() {
    case $value in
    false | False | FALSE) return ;;
    esac
    if is_line "$value"; then printf '%s %s\n' "$name" "$value" >>"$work/sudoers"; else warn "$item: not a rule of sudo"; fi
}

# A script for `keys`: adds the lines of standard input to the authorized_keys of a directory. Exit code 3: something is no file of its own.
add_keys=$(
    cat <<'SCRIPT'
umask 077
file=$1/authorized_keys
if [ -L "$1" ] || [ -L "$file" ]; then exit 3; fi
if [ -e "$file" ] && [ ! -f "$file" ]; then exit 3; fi
mkdir -p "$1" && chmod 700 "$1" && rm -f "$file.new" || exit 1
set -C
: >"$file.new" || exit 1
set +C
# With a line end that the last line may not have.
if [ -e "$file" ]; then awk 1 "$file" >>"$file.new" || exit 1; fi
while IFS= read -r key; do
    grep -F -x -q -e "$key" "$file.new" || printf '%s\n' "$key" >>"$file.new" || exit 1
done
mv -f "$file.new" "$file"
SCRIPT
)

# keys PATH ACCOUNT: adds the public keys that the account does not have yet.
keys() {
    has "$1" || return 0
    home=$(dscl . -read "/Users/$2" NFSHomeDirectory 2>/dev/null | awk '/^NFSHomeDirectory:/ { print $2; exit }')
    case $home in
    /?*) ;;
    *) warn "$1: the account $2 has no home directory"; return ;;
    esac
    : >"$work/keys"
    key=0
    while get "$1/$key"; do
        if is_line "$value"; then printf '%s\n' "$value" >>"$work/keys"; else warn "$1/$key: not a line"; fi
        key=$((key + 1))
    done
    # The home belongs to its user, who can change it meanwhile: what is done there has the user's rights, and an end.
    # The redirections are root's on purpose.
    # shellcheck disable=SC2024
    sudo -n -u "$2" /bin/sh -c "$add_keys" add_keys "$root$home/.ssh" <"$work/keys" >"$work/said" 2>&1 &
    writer=$!
    limit_writer 10
    wait "$writer" 2>/dev/null
    code=$?
    kill "$guard" 2>/dev/null
    case $code in
    0) ;;
    3) warn "$1: $home/.ssh or its authorized_keys is a link, or no regular file" ;;
    *) warn "$1: the keys of $2 could not be written: exit code $code $(head -n 1 "$work/said")" ;;
    esac
}

# The keys of the whole seed: for its first account, or else for the first that a person has.
common_keys() {
    has ssh_authorized_keys || return 0
    owner=$first_user
    if [ -z "$owner" ]; then
        owner=$(dscl . -list /Users UniqueID | awk '$2 >= 501 && $2 < 60000 && (least == "" || $2 < least) { least = $2; name = $1 } END { print name }')
    fi
    if [ -z "$owner" ]; then warn "ssh_authorized_keys: there is no account"; else keys ssh_authorized_keys "$owner"; fi
}

system_settings() {
    if has macos/remote_login; then
        truth macos/remote_login unknown
        case $value in
        true) remote_login ;;
        false)
            launchctl disable system/com.openssh.sshd >>"$log" 2>&1
            launchctl bootout system/com.openssh.sshd >>"$log" 2>&1
            ;;
        esac
    fi
    if has macos/never_sleep; then
        truth macos/never_sleep false
        if [ "$value" = true ]; then try macos/never_sleep pmset -a sleep 0 displaysleep 0 disksleep 0; fi
    fi
    if get macos/auto_login; then
        if is_account "$value" && dscl . -read "/Users/$value" UniqueID >/dev/null 2>&1; then
            try macos/auto_login defaults write "$root/Library/Preferences/com.apple.loginwindow" autoLoginUser "$value"
        else
            warn "macos/auto_login: there is no such account"
        fi
    fi
}

remote_login() {
    launchctl enable system/com.openssh.sshd >>"$log" 2>&1
    launchctl bootstrap system /System/Library/LaunchDaemons/ssh.plist >>"$log" 2>&1
    # What the releases before 10.11 ask for, and a second chance.
    launchctl print system/com.openssh.sshd >/dev/null 2>&1 || try macos/remote_login launchctl load -w /System/Library/LaunchDaemons/ssh.plist
    # The calls above fail for a service that runs already, too: what counts is who answers.
    tries=0
    until nc -z 127.0.0.1 22 >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 5 ]; then
            warn "macos/remote_login: nothing listens at port 22"
            break
        fi
        sleep 1
    done
    # With this group, only its members may log in.
    if [ -n "$first_user" ] && dscl . -read /Groups/com.apple.access_ssh GroupMembership >/dev/null 2>&1; then
        name=$first_user
        item=macos/remote_login
        join_group com.apple.access_ssh
    fi
}

# What is not repeated when it is interrupted: packages, a script, then the commands in their order, or the script that the user-data is.
commands() {
    package=0
    while get "macos/packages/$package"; do
        try "macos/packages/$package" installer -pkg "$root$value" -target /
        package=$((package + 1))
    done
    if get macos/script; then try macos/script "$root$value"; fi
    if [ -e "$work/script" ]; then
        chmod 700 "$work/script"
        try user-data "$work/script"
    fi
    command=0
    while has "runcmd/$command"; do
        if get "runcmd/$command"; then
            try "runcmd/$command" sh -c "$value"
        elif get "runcmd/$command/0"; then
            run_list "runcmd/$command"
        fi
        command=$((command + 1))
    done
}

# run_list PATH: a command with its arguments.
run_list() {
    list=$1
    set --
    word=0
    while get "$list/$word"; do
        set -- "$@" "$value"
        word=$((word + 1))
    done
    try "$list" "$@"
}

# What follows when everything else is done, in $power.
power_state() {
    has power_state || return 0
    get power_state/mode || value=
    case $value in
    poweroff | halt) mode=-h ;;
    reboot) mode=-r ;;
    *) warn "power_state/mode: none of poweroff, halt and reboot"; return ;;
    esac
    get power_state/delay || value=now
    case $value in
    now | 0 | +0) delay=now ;;
    *[!0-9+]* | '' | ?*+*) warn "power_state/delay: neither now nor minutes"; return ;;
    *) delay=+${value#+} ;;
    esac
    get power_state/condition || value=true
    case $value in
    true | True | TRUE) power="$mode $delay" ;;
    false | False | FALSE) ;;
    *) warn "power_state/condition: only true and false are supported" ;;
    esac
}

# MARK: a seed

# read_seed DIRECTORY: the values of its files in $work/values, the instance-id in $instance, the name of the meta-data in $local_name.
read_seed() {
    rm -rf "$work"
    mkdir -p "$work" || return 1
    for file in meta-data user-data; do
        : >"$work/$file"
        [ -e "$1/$file" ] || continue
        size=$(wc -c <"$1/$file")
        if [ "$size" -gt "$limit" ]; then
            say "error: $file is larger than $limit bytes"
            return 1
        fi
        cp "$1/$file" "$work/$file" || { say "error: $file cannot be read"; return 1; }
        tr -d '\000' <"$work/$file" >"$work/text"
        cmp -s "$work/text" "$work/$file" || { say "error: $file has a NUL byte: it is no text"; return 1; }
    done
    parse meta-data || return 1
    # The name that NoCloud gives to an instance without one.
    get instance-id || value=nocloud
    instance=$value
    case $instance in
    '' | *[!A-Za-z0-9._-]*) say "error: meta-data: instance-id is not letters, digits, dots, hyphens and underscores"; return 1 ;;
    esac
    if [ "${#instance}" -gt 128 ]; then
        say "error: meta-data: instance-id is longer than 128 characters"
        return 1
    fi
    get local-hostname || value=
    local_name=$value
}

# parse FORM: reads that file of $work into $work/values. Nothing of a file with a mistake is used.
parse() {
    awk -v form="$1" -f "$here/cloud-config.awk" "$work/$1" >"$work/values" && return
    say "error: $1: $(awk -F '\t' '$1 == "!" { print $3; exit }' "$work/values")"
    return 1
}

# user_data: as `parse`, and for a script, which is run in place of runcmd.
user_data() {
    case $(head -n 1 "$work/user-data") in
    '')
        if [ -s "$work/user-data" ]; then
            say "error: user-data: the first line is not #cloud-config"
            return 1
        fi
        : >"$work/values"
        ;;
    '#!'*)
        mv "$work/user-data" "$work/script"
        : >"$work/values"
        ;;
    *) parse user-data || return 1 ;;
    esac
    awk -F '\t' '$1 == "?" { print $3 }' "$work/values" >"$work/unknown"
    while read -r name; do warn "user-data: $name is not supported"; done <"$work/unknown"
}

# apply DIRECTORY: in $result what became of it.
apply() {
    result=failed
    read_seed "$1" || return
    if grep -F -x -q "$instance done" "$state/applied" 2>/dev/null; then
        result=unchanged
        return
    fi
    if grep -F -x -q "$instance begun" "$state/applied" 2>/dev/null; then
        warn "$instance was interrupted while its commands ran: they are not run again"
        echo "$instance done" >>"$state/applied"
        result=interrupted
        return
    fi
    user_data || return
    say "apply instance-id=$instance"
    get hostname || value=$local_name
    if [ -n "$value" ]; then host_name "$value"; fi
    if get timezone; then time_zone "$value"; fi
    files
    if has users || has ssh_authorized_keys || has macos; then await_directory; fi
    users
    common_keys
    system_settings
    echo "$instance begun" >>"$state/applied"
    sync
    commands
    power_state
    echo "$instance done" >>"$state/applied"
    sync
    result=applied
}

# MARK: the disk

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

mkdir -p "$state" "$(dirname "$log")"
if [ -e "$log" ] && [ "$(wc -c <"$log")" -gt "$limit" ]; then : >"$log"; fi
say "start"
[ -n "$serial" ] || say "warning: there is no serial port"
instance=none
result=none
if [ -d "$state/seed" ]; then
    apply "$state/seed"
    # The settings have the hash of a password: they go when they are used.
    case $result in
    applied | unchanged | interrupted) rm -rf "$state/seed" "$state/packages" "$state/script" ;;
    esac
fi
[ -n "$power" ] || seed_disk
rm -rf "$work"
address=
for interface in en0 en1 en2; do
    [ -n "$address" ] || address=$(ipconfig getifaddr "$interface" 2>/dev/null)
done
say "ready instance-id=$instance result=$result warnings=$warnings host=$(hostname) address=${address:-none}"
if [ -n "$power" ]; then
    say "power $power"
    # The words of $power are two arguments.
    # shellcheck disable=SC2086
    try power_state shutdown $power
fi
