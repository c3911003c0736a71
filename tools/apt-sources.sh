# Where this machine's apt gets its packages from. For tools/setup, tools/vm-image/fetch and Vagrantfile to source.
# shellcheck shell=bash

# The files apt reads, in both formats.
source_files() {
    find /etc/apt/sources.list /etc/apt/sources.list.d -maxdepth 1 -type f \
        \( -name 'sources.list' -o -name '*.list' -o -name '*.sources' \) 2>/dev/null || :
}

# Prints "URI<TAB>signed-by" of the first entry that serves the suite $1; nothing when there is none.
entry_of_suite() {
    local suite=$1 file
    source_files | while IFS= read -r file; do
        case $file in
        *.sources) deb822_entry "$suite" "$file" ;;
        *) list_entry "$suite" "$file" ;;
        esac
    done | sed -n 1p
}

deb822_entry() {
    awk -v suite="$1" '
        function flush(    i, n, word, serves) {
            n = split(field["suites"], word, /[ \t]+/)
            for (i = 1; i <= n; i++) if (word[i] == suite) serves = 1
            if (serves && field["types"] ~ /(^| )deb( |$)/ && field["enabled"] !~ /^(no|false|0)$/) {
                split(field["uris"], word, /[ \t]+/)
                print word[1] "\t" field["signed-by"]
            }
            split("", field); key = ""
        }
        /^#/ { next }
        /^[ \t]*$/ { flush(); next }
        /^[ \t]/ { if (key != "signed-by") { sub(/^[ \t]+/, " "); field[key] = field[key] $0 } next }
        { key = tolower(substr($0, 1, index($0, ":") - 1)); value = substr($0, index($0, ":") + 1)
          gsub(/^[ \t]+|[ \t\r]+$/, "", value); field[key] = value }
        END { flush() }' "$2"
}

list_entry() {
    awk -v suite="$1" '
        $1 != "deb" { next }
        {
            signed = ""; i = 2
            if ($2 ~ /^\[/) {
                for (; i <= NF; i++) {
                    option = $i; gsub(/[][]/, "", option)
                    if (option ~ /^signed-by=/) signed = substr(option, 11)
                    if ($i ~ /\]$/) { i++; break }
                }
            }
            if ($(i + 1) == suite) print $i "\t" signed
        }' "$2"
}

# Prints an entry for the suite $1, from the mirror that serves $2 on this machine; fails when apt has no such mirror.
suite_from_mirror_of() {
    local suite=$1 entry uri signed_by
    entry=$(entry_of_suite "$2")
    [[ -n $entry ]] || return 1
    IFS=$'\t' read -r uri signed_by <<<"$entry"
    echo "Types: deb"
    echo "URIs: $uri"
    echo "Suites: $suite"
    echo "Components: main"
    [[ -z $signed_by ]] || echo "Signed-By: $signed_by"
}

# Makes sure that apt knows the suite $1: if need be by the file $3, from the mirror that serves $2; fails without one.
add_suite_from_mirror_of() {
    local suite=$1 served=$2 target=$3
    [[ -z $(entry_of_suite "$suite") ]] || return 0
    suite_from_mirror_of "$suite" "$served" >"$target.new" || {
        rm -f "$target.new"
        return 1
    }
    mv "$target.new" "$target" && echo "added $target"
}
