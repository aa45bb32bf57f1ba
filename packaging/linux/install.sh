#!/bin/sh
# Installs what `make package` has built, for this user (or for all, with PREFIX=/usr/local): the program, its entry in
# the menu of applications and its icon. `install.sh --remove` takes all of it away again; backups and settings stay.
set -eu

prefix=${PREFIX:-$HOME/.local}
here=$(cd "$(dirname "$0")" && pwd)
project=$here/../..
library=$prefix/lib/backup-gui
command=$prefix/bin/backup-gui
entry=$prefix/share/applications/backup-gui.desktop
icon=$prefix/share/icons/hicolor/scalable/apps/backup-gui.svg
metainfo=$prefix/share/metainfo/backup-gui.metainfo.xml

rm -rf "$library"
rm -f "$command" "$entry" "$icon" "$metainfo"
[ "${1:-}" != --remove ] || exit 0

mkdir -p "$prefix/lib" "$prefix/bin" "${entry%/*}" "${icon%/*}" "${metainfo%/*}"
cp -R "$project/dist/backup-gui" "$library"
ln -s "$library/backup-gui" "$command"
cp "$here/backup-gui.desktop" "$entry"
cp "$project/resources/icons/app.svg" "$icon"
cp "$here/backup-gui.metainfo.xml" "$metainfo"
echo "Installed: $command"
