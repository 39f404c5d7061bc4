# The agent, continued: a seed is read and applied.

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
