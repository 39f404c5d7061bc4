# The agent, continued: the names, the time zone, files.

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
