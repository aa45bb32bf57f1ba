#!/bin/sh
# Removes what install.sh has installed for this user, with the entry that starts it at login. Settings, backups and
# their histories stay.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
prefix=${PREFIX:-$HOME/.local}
# It is also in the installed program's own folder, which then says where that is.
case $here in
    */lib/backup-gui) prefix=${here%/lib/backup-gui} ;;
esac
library=$prefix/lib/backup-gui
command=$prefix/bin/backup-gui
. "$here/shared.sh"

[ -f "$library/installed-files" ] || fail "Folder Backup is not installed in $prefix."
end_if_running "$library"

login=${XDG_CONFIG_HOME:-$HOME/.config}/autostart/backup-gui.desktop
if [ -f "$login" ] && grep -Fqx "TryExec=$(escaped "$(cd "$library" && pwd -P)/backup-gui")" "$login"; then
    rm -f "$login"
fi
remove_listed "$prefix" "$library/installed-files"
rm -f "$command"
rm -rf "$library"
rmdir "$prefix/lib" "$prefix/bin" 2>/dev/null || true
refresh "$prefix"
echo "Folder Backup is removed. Your backups and settings are where they were; the settings are in the folders named"
echo "backup-gui in ~/.config, ~/.local/share, ~/.local/state and ~/.cache."
