# shellcheck shell=sh
# What install.sh and uninstall.sh share.

fail() {
    echo "$1" >&2
    exit 1
}

# Ends if the program in a folder runs: it reads parts of itself as it needs them, which then were gone.
end_if_running() {
    [ -d "$1" ] || return 0
    program=$(cd "$1" && pwd -P)/backup-gui
    for link in /proc/[0-9]*/exe; do
        if [ "$(readlink "$link" 2>/dev/null)" = "$program" ]; then
            fail "Folder Backup is running. Quit it from its icon first, then try again."
        fi
    done
}

# Removes files that a list names, and the folders that are empty then.
remove_listed() {
    while IFS= read -r name; do
        case $name in
            share/*) ;;
            *) continue ;;
        esac
        rm -f "$1/$name"
        folder=${name%/*}
        while [ "$folder" != "${folder%/*}" ] && rmdir "$1/$folder" 2>/dev/null; do
            folder=${folder%/*}
        done
    done <"$2"
    rmdir "$1/share" 2>/dev/null || true
}

# A value of a desktop entry; each backslash is doubled.
escaped() {
    printf '%s' "$1" | sed -e 's/\\/\\\\/g'
}

# The same as an argument in its Exec line.
quoted() {
    printf '%s' "$1" | sed -e 's/["`$\\]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g'
}

# Lets the desktop see new icons where it has noted which there are.
refresh() {
    if command -v gtk-update-icon-cache >/dev/null && [ -f "$1/share/icons/hicolor/icon-theme.cache" ]; then
        gtk-update-icon-cache -q "$1/share/icons/hicolor" || true
    fi
}
