#!/bin/sh
# Makes dist/Folder-Backup-VERSION.dmg of "dist/Folder Backup.app". Runs on macOS only.
#
# SIGNING_IDENTITY  the name of a "Developer ID Application" certificate in the keychain; without it the application has
#                   the bare signature that its own computer asks for, and others warn of it
# NOTARY_PROFILE    a profile that `xcrun notarytool store-credentials` has stored; without it Apple is not asked
set -eu
cd "$(dirname "$0")/../.."
app='dist/Folder Backup.app'
version=$(/usr/libexec/PlistBuddy -c 'Print CFBundleShortVersionString' "$app/Contents/Info.plist")
image="dist/Folder-Backup-$version.dmg"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

if [ -n "${SIGNING_IDENTITY:-}" ]; then
    # From the inside out, since each signature covers those within it.
    find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -exec \
        codesign --force --timestamp --options runtime --sign "$SIGNING_IDENTITY" {} +
    codesign --force --timestamp --options runtime --entitlements packaging/macos/entitlements.plist \
        --sign "$SIGNING_IDENTITY" "$app"
else
    echo 'No SIGNING_IDENTITY: the application is not signed for other computers.'
fi
codesign --verify --deep --strict "$app"

ditto "$app" "$stage/Folder Backup.app"
ln -s /Applications "$stage/Applications"
rm -f "$image"
hdiutil create -volname 'Folder Backup' -srcfolder "$stage" -fs APFS -format ULFO "$image"
if [ -n "${SIGNING_IDENTITY:-}" ]; then
    codesign --force --timestamp --sign "$SIGNING_IDENTITY" "$image"
fi
if [ -n "${SIGNING_IDENTITY:-}" ] && [ -n "${NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
else
    echo 'No NOTARY_PROFILE: Apple has not looked at the image.'
fi
hdiutil verify "$image"
echo "$image"
