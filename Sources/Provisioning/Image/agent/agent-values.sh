# The agent, continued: values of the seed.

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
