#!/bin/sh
# Installs Folder Backup for the user who runs this, without root: into ~/.local, or the folder in PREFIX. Run again, it
# replaces what is there by this version. uninstall.sh, which is also put beside the program, takes it away again.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
prefix=${PREFIX:-$HOME/.local}
files=$here/files
library=$prefix/lib/backup-gui
command=$prefix/bin/backup-gui
. "$here/shared.sh"

[ -d "$files/lib/backup-gui" ] || fail "The folder 'files' is missing beside $0: unpack the whole archive."
case $prefix in
    /*) ;;
    *) fail "PREFIX must be an absolute path, not $prefix." ;;
esac
end_if_running "$library"

# The new program is complete before it takes the place of the old one.
mkdir -p "$prefix/lib" "$prefix/bin"
rm -rf "$library.new" "$library.old"
trap 'rm -rf "$library.new"' EXIT
cp -R "$files/lib/backup-gui" "$library.new"
cp "$here/uninstall.sh" "$here/shared.sh" "$library.new/"
(cd "$files" && find share -type f) >"$library.new/installed-files"
if [ -f "$library/installed-files" ]; then
    remove_listed "$prefix" "$library/installed-files"
fi
[ ! -e "$library" ] || mv "$library" "$library.old"
mv "$library.new" "$library"
rm -rf "$library.old"
ln -sf ../lib/backup-gui/backup-gui "$command"
(cd "$files" && find share -type f) | while IFS= read -r name; do
    mkdir -p "$prefix/${name%/*}"
    cp "$files/$name" "$prefix/$name"
done

# By its full path: the session may not look for commands in this folder.
entry=$prefix/share/applications/backup-gui.desktop
while IFS= read -r line; do
    case $line in
        Exec=*) printf 'Exec="%s"\nTryExec=%s\n' "$(quoted "$command")" "$(escaped "$command")" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <"$files/share/applications/backup-gui.desktop" >"$entry"
refresh "$prefix"

echo "Folder Backup is installed. It is in the menu of applications, and its command is $command."
case :$PATH: in
    *":$prefix/bin:"*) ;;
    *) echo "To type just backup-gui, add $prefix/bin to PATH." ;;
esac
echo "To remove it: sh \"$library/uninstall.sh\""
