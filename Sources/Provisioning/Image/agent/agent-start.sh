# The agent, continued: what happens at each start.

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
