#!/bin/sh
# Makes dist/backup-gui-VERSION-MACHINE.AppImage of the archive in dist/. Not part of `make package`: it needs
# appimagetool, which is not among the packages of Debian. The folder that it makes has been tried, appimagetool not yet.
set -eu

project=$(cd "$(dirname "$0")/../../.." && pwd)
for archive in "$project"/dist/backup-gui-*-linux-*.tar.xz; do
    [ -f "$archive" ] || { echo "Run 'make package' first." >&2; exit 1; }
done
command -v appimagetool >/dev/null || { echo "appimagetool is not installed." >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tar -C "$folder" -xf "$archive"
app=$folder/backup-gui.AppDir
mkdir "$app"
mv "$folder"/backup-gui-*/files "$app/usr"
mkdir "$app/usr/bin"
ln -s ../lib/backup-gui/backup-gui "$app/usr/bin/backup-gui"
ln -s usr/bin/backup-gui "$app/AppRun"
cp "$app/usr/share/applications/backup-gui.desktop" "$app/"
cp "$app/usr/share/icons/hicolor/256x256/apps/backup-gui.png" "$app/"
name=${archive##*/}
name=${name%.tar.xz}
appimagetool "$app" "$project/dist/$(echo "$name" | sed 's/-linux//').AppImage"
