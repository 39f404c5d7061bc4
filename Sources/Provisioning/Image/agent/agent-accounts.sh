# The agent, continued: accounts, their passwords, rules and keys.

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
