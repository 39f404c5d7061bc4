# The agent, continued: settings of the system, packages, scripts, commands, the power.

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
