#!/bin/sh
# What `make run` does: sets up, then opens the app, with a job if SOURCE and DESTINATION are given. On a machine
# without a screen it runs that job on the command line instead.
set -eu

setup="${PYTHON:-python3} packaging/setup_environment.py"
app=".venv/bin/python -m backup_gui"
source=${SOURCE:-}
destination=${DESTINATION:-}
usage="make run SOURCE=/folder/to/protect DESTINATION=/folder/for/the/backup [INTERVAL=seconds]"

if [ "${source:+given}" != "${destination:+given}" ]; then
    echo "Both folders are needed: $usage" >&2
    exit 2
fi

set --
if [ -n "${INTERVAL:-}" ]; then
    set -- --interval "$INTERVAL"
fi

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname)" = Darwin ]; then
    $setup run
    if [ -n "$source" ]; then
        set -- --source "$source" --destination "$destination" "$@"
    fi
    exec $app "$@"
fi

if [ -z "$source" ]; then
    echo "There is no screen here, so the window cannot open. On the command line: $usage" >&2
    exit 2
fi
$setup run-without-screen
echo "There is no screen here, so this runs on the command line. Ctrl+C ends it." >&2
exec $app run "$@" -- "$source" "$destination"
