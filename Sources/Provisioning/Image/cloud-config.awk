# Reads the subset of #cloud-config and of meta-data that the agent applies. YAML, strictly: whatever is not known to mean one thing
# ends the reading, with its line, before anything is applied.
#
#     LC_ALL=C awk -v form=user-data -f cloud-config.awk FILE     or form=meta-data
#
# Prints a line for each value: PATH, KIND and VALUE with tabs between them. The path has slashes: users/0/name. The kind is s for a
# text, n for none, l and m for an empty list and an empty mapping. In a value, a backslash, a line end and a tab are written \\, \n
# and \t, as printf's %b reads them. A line with the path "?" reports a key that is not of the subset. A line with the path "!" says
# why the file cannot be used; then the exit code is 1.
BEGIN {
    depth = 0
    # What the next value belongs to: the document itself.
    pending = 1; pending_path = ""; pending_indent = -1; pending_kind = "s"
    started = 0; literal = 0; failed = 0; flow_text = ""
    if (form == "meta-data") {
        split("instance-id local-hostname", words, " ")
    } else {
        split("hostname timezone ssh_authorized_keys/* runcmd/* runcmd/*/* " \
            "users/* users/*/name users/*/gecos users/*/groups users/*/groups/* users/*/sudo users/*/sudo/* users/*/shell " \
            "users/*/lock_passwd users/*/passwd users/*/ssh_authorized_keys/* " \
            "write_files/*/path write_files/*/content write_files/*/encoding write_files/*/permissions write_files/*/owner " \
            "write_files/*/append power_state/mode power_state/delay power_state/condition power_state/message power_state/timeout " \
            "macos/remote_login macos/never_sleep macos/auto_login macos/packages/* macos/script", words, " ")
    }
    for (i in words) known[words[i]] = 1
}

{
    line = $0
    sub(/\r$/, "", line)
    if (failed) next
    if (NR == 1 && form != "meta-data") {
        if (line !~ /^#cloud-config[ ]*$/) fail("the first line is not #cloud-config")
        next
    }
    if (in_flow) { flow_text = flow_text " " line; next }
    if (literal && literal_line(line)) next
    if (line ~ /^[ \t]*(#.*)?$/) next
    match(line, /^ */)
    indent = RLENGTH
    rest = substr(line, indent + 1)
    if (substr(rest, 1, 1) == "\t") { fail("a tab in the indentation"); next }
    if (line ~ /^---[ ]*(#.*)?$/ && !started) { started = 1; next }
    if (line ~ /^(---|\.\.\.)([ \t]|$)/) { fail("a second document"); next }
    if (line ~ /^%/) { fail("a directive"); next }
    # A document in one pair of braces, over any number of lines: what JSON is.
    if (pending && depth == 0 && substr(rest, 1, 1) == "{") { in_flow = 1; flow_text = rest; flow_line = NR; started = 1; next }
    started = 1
    entry(indent, rest)
}

END {
    if (!failed && literal) end_literal()
    if (!failed && in_flow) {
        fb = flow_text; fp = 1
        pending = 0
        flow("")
        if (!failed) {
            blanks()
            if (fp <= length(fb)) fail("something follows the closing brace")
        }
    }
    if (!failed) nothing()
    if (failed) exit 1
}

function fail(what) {
    if (failed) return
    failed = 1
    at = in_flow ? flow_line : NR
    print "!\ts\tline " at ": " what
}

# One entry of a block: "- item" or "key: value", at a column.
function entry(column, text,    key, rest, skip) {
    while (!failed) {
        if (text == "-" || text ~ /^-[ \t]/) {
            if (!place(column, "s")) return
            path[depth, "n"]++
            pending = 1; pending_path = join(base[depth], path[depth, "n"] - 1); pending_indent = column; pending_kind = "s"
            rest = substr(text, 2)
            match(rest, /^ */)
            skip = RLENGTH
            rest = substr(rest, skip + 1)
            if (rest ~ /^\t/) { fail("a tab after the hyphen"); return }
            if (rest == "" || rest ~ /^#/) return
            # What follows can begin a block of its own, in the column where it is.
            if (rest == "-" || rest ~ /^-[ \t]/ || is_key(rest)) { column = column + 1 + skip; text = rest; continue }
            value(rest)
            return
        }
        if (!is_key(text)) { fail("neither \"key: value\" nor \"- item\""); return }
        if (!place(column, "m")) return
        key = key_text
        rest = substr(text, key_length + 2)
        if (((depth, key) in seen) && seen[depth, key] == serial[depth]) { fail("the key " key " for the second time"); return }
        seen[depth, key] = serial[depth]
        pending = 1; pending_path = join(base[depth], key); pending_indent = column; pending_kind = "m"
        sub(/^[ \t]+/, "", rest)
        if (rest == "" || rest ~ /^#/) return
        value(rest)
        return
    }
}

# Finds the block that an entry of a kind belongs to at a column, or begins it.
function place(column, kind) {
    if (pending && (column > pending_indent || (kind == "s" && pending_kind == "m" && column == pending_indent))) {
        depth++
        indents[depth] = column; kinds[depth] = kind; base[depth] = pending_path; path[depth, "n"] = 0; serial[depth] = ++serials
        pending = 0
        return 1
    }
    nothing()
    while (depth > 0 && (indents[depth] > column || (indents[depth] == column && kinds[depth] == "s" && kind == "m"))) depth--
    if (depth == 0 || indents[depth] != column) { fail("an indentation that no block has"); return 0 }
    if (kinds[depth] != kind) { fail(kind == "s" ? "a list in a mapping" : "a key in a list"); return 0 }
    return 1
}

# What was announced and has no value.
function nothing() {
    if (pending && pending_path != "") emit(pending_path, "n", "")
    pending = 0
}

function join(parent, name) { return parent == "" ? name : parent "/" name }

# Whether a text begins with a key and a colon. Sets key_text and key_length, with the quotes.
function is_key(text,    first, rest) {
    first = substr(text, 1, 1)
    if (first == "\"" || first == "\047") {
        rest = substr(text, 2)
        if (first == "\"" ? !match(rest, /^[^"\\]*"/) : !match(rest, /^[^\047]*\047/)) return 0
        key_text = substr(rest, 1, RLENGTH - 1)
        key_length = RLENGTH + 1
    } else {
        if (!match(text, /^[A-Za-z0-9_][A-Za-z0-9_.\/ -]*[ ]*:/)) return 0
        key_length = RLENGTH - 1
        key_text = substr(text, 1, key_length)
        sub(/ +$/, "", key_text)
    }
    rest = substr(text, key_length + 1)
    if (rest !~ /^:([ \t]|$)/) return 0
    key_text = name_of(key_text)
    return 1
}

# A key as a part of a path. A slash or a number would make another path of it.
function name_of(text) {
    gsub(/[^A-Za-z0-9_.-]/, "?", text)
    return text == "" || text ~ /^[0-9]+$/ ? "?" : text
}

# The value of what is pending, which begins on the line of its key.
function value(text,    first) {
    first = substr(text, 1, 1)
    if (first == "|") {
        if (text !~ /^\|[+-]?[ ]*(#.*)?$/) { fail("a block text with an indentation of its own"); return }
        literal = 1; literal_indent = 0; literal_chomp = substr(text, 2, 1); literal_blank = 0; literal_any = 0
        literal_path = pending_path
        literal_parent = pending_indent
        pending = 0
        check(literal_path)
        printf "%s\ts\t", literal_path
        return
    }
    if (first == "[" || first == "{") {
        fb = text; fp = 1
        flow(pending_path)
        if (failed) return
        if (substr(fb, fp) !~ /^[ \t]*$/ && substr(fb, fp) !~ /^[ \t]+#/) { fail("something follows the closing bracket"); return }
        pending = 0
        return
    }
    if (first == "\"" || first == "\047") {
        fb = text; fp = 1
        text = quoted_text()
        if (failed) return
        if (substr(fb, fp) !~ /^[ \t]*$/ && substr(fb, fp) !~ /^[ \t]+#/) { fail("something follows the closing quote"); return }
        emit(pending_path, "s", text)
        pending = 0
        return
    }
    sub(/[ \t]+#.*$/, "", text)
    sub(/[ \t]+$/, "", text)
    plain(pending_path, text)
    pending = 0
}

# A text without quotes.
function plain(name, text) {
    if (text ~ /^[]&*!%@`>,}#]/ || text ~ /^[?:-]([ \t]|$)/) { fail("\"" substr(text, 1, 1) "\" begins something that is not of the subset"); return }
    if (text ~ /:[ \t]/ || text ~ /:$/) { fail("a colon in a text without quotes"); return }
    if (text ~ /^(~|null|Null|NULL)$/) emit(name, "n", "")
    else emit(name, "s", escaped(text))
}

# Without gsub: what a backslash means in a replacement differs between awks.
function escaped(text,    result, i) {
    result = ""
    while ((i = index(text, "\\")) > 0) { result = result substr(text, 1, i) "\\"; text = substr(text, i + 1) }
    text = result text
    result = ""
    while ((i = index(text, "\t")) > 0) { result = result substr(text, 1, i - 1) "\\t"; text = substr(text, i + 1) }
    return result text
}

# The quoted text at fp in fb, escaped for the output.
function quoted_text(    mark, result, c) {
    mark = substr(fb, fp, 1)
    fp++
    result = ""
    while (fp <= length(fb)) {
        c = substr(fb, fp, 1)
        fp++
        if (c == mark) {
            if (mark == "\047" && substr(fb, fp, 1) == "\047") { result = result "\047"; fp++; continue }
            return result
        }
        if (c == "\\" && mark == "\"") {
            c = substr(fb, fp, 1)
            fp++
            if (c == "\"" || c == "/") result = result c
            else if (c == "\\") result = result "\\\\"
            else if (c == "n") result = result "\\n"
            else if (c == "t") result = result "\\t"
            else { fail("the escape \\" c); return "" }
            continue
        }
        if (c == "\\") result = result "\\\\"
        else if (c == "\t") result = result "\\t"
        else result = result c
    }
    fail("a quote that is not closed on its line")
    return ""
}

function blanks() { while (fp <= length(fb) && substr(fb, fp, 1) ~ /[ \t]/) fp++ }

# A list in brackets or a mapping in braces at fp in fb.
function flow(name,    close_mark, c, count, text, key, first) {
    if (failed) return
    if (++levels > 16) { fail("more than 16 brackets in each other"); return }
    close_mark = substr(fb, fp, 1) == "[" ? "]" : "}"
    fp++
    count = 0
    blanks()
    if (substr(fb, fp, 1) == close_mark) { emit(name, close_mark == "]" ? "l" : "m", ""); fp++; levels--; return }
    while (!failed) {
        blanks()
        if (fp > length(fb)) break
        key = count
        if (close_mark == "}") {
            if (!is_key(substr(fb, fp)) && !json_key(substr(fb, fp))) { fail("a mapping in braces without \"key: value\""); return }
            key = key_text
            fp += key_length + 1
            blanks()
            if ((name, key, "flow") in seen) { fail("the key " key " for the second time"); return }
            if (name != "" || key != "") seen[name, key, "flow"] = 1
        }
        c = substr(fb, fp, 1)
        if (c == "[" || c == "{") flow(join(name, key))
        else if (c == "\"" || c == "\047") { text = quoted_text(); if (!failed) emit(join(name, key), "s", text) }
        else {
            first = fp
            while (fp <= length(fb) && substr(fb, fp, 1) !~ /[],[{}]/) fp++
            text = substr(fb, first, fp - first)
            sub(/[ \t]+$/, "", text)
            if (text == "" || text ~ / #/) { fail("a missing value or a comment in brackets"); return }
            plain(join(name, key), text)
        }
        if (failed) return
        count++
        blanks()
        c = substr(fb, fp, 1)
        fp++
        if (c == close_mark) { levels--; return }
        if (c != ",") break
    }
    fail("a bracket or brace that is not closed on its line")
}

# In JSON, the value may follow the colon at once.
function json_key(text,    rest) {
    if (!match(text, /^"[^"\\]*"[ ]*:/)) return 0
    key_length = RLENGTH - 1
    key_text = substr(text, 2, index(substr(text, 2), "\"") - 1)
    key_text = name_of(key_text)
    return 1
}

# A line of a block text; 0 for the first one behind it.
function literal_line(line,    own, part) {
    if (line ~ /^ *$/ && (literal_indent == 0 || length(line) <= literal_indent)) { literal_blank++; return 1 }
    match(line, /^ */)
    own = RLENGTH
    if (literal_indent == 0) {
        if (own <= literal_parent || own == 0) { end_literal(); return 0 }
        literal_indent = own
    }
    if (own < literal_indent) { end_literal(); return 0 }
    part = escaped(substr(line, literal_indent + 1))
    if (literal_any) printf "%s", "\\n"
    while (literal_blank > 0) { printf "%s", "\\n"; literal_blank-- }
    printf "%s", part
    literal_any = 1
    return 1
}

function end_literal() {
    literal = 0
    if (literal_chomp != "-" && literal_any) printf "%s", "\\n"
    if (literal_chomp == "+") while (literal_blank > 0) { printf "%s", "\\n"; literal_blank-- }
    print ""
}

# Reports a key that is not of the subset.
function check(name) {
    if (!(pattern_of(name) in known)) print "?\ts\t" name
}

# A path with * for each number.
function pattern_of(name,    pattern) {
    pattern = "/" name "/"
    while (match(pattern, /\/[0-9]+\//)) pattern = substr(pattern, 1, RSTART) "*" substr(pattern, RSTART + RLENGTH - 1)
    return substr(pattern, 2, length(pattern) - 2)
}

function emit(name, kind, text) {
    if (failed || name == "") return
    if (kind == "s") check(name)
    else check_parent(name)
    print name "\t" kind "\t" text
}

# A key without a value is known when a value or what is below it would be.
function check_parent(name,    pattern, k) {
    pattern = pattern_of(name)
    for (k in known) if (k == pattern || index(k, pattern "/") == 1) return
    print "?\ts\t" name
}
