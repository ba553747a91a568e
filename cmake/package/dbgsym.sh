#!/bin/sh
# dbgsym.sh PROGRAM PACKAGE, with SOURCE_DATE_EPOCH in the environment: beside PACKAGE the package of its debug symbols, as Debian's automatic
# ones are: the same source and version, found by the program's build id. PROGRAM is what PACKAGE holds, not yet stripped.
set -eu
program=$1
package=$2
version=$(dpkg-deb -f "$package" Version)
architecture=$(dpkg-deb -f "$package" Architecture)
id=$(readelf -n "$program" | sed -n 's/.*Build ID: //p')
[ -n "$id" ] || { echo "dbgsym.sh: $program has no build id" >&2; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
chmod 755 "$root"
# An id's first byte is a folder, so that none gets too full.
rest=${id#??}
folder=$root/usr/lib/debug/.build-id/${id%"$rest"}
mkdir -p "$folder" "$root/usr/share/doc" "$root/DEBIAN"
objcopy --only-keep-debug --compress-debug-sections "$program" "$folder/$rest.debug"
chmod 644 "$folder/$rest.debug"
ln -s modelvane "$root/usr/share/doc/modelvane-dbgsym"
kilobytes=$((($(stat -c %s "$folder/$rest.debug") + 1023) / 1024))
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
cat >"$root/DEBIAN/control" <<TEXT
Package: modelvane-dbgsym
Source: modelvane
Version: $version
Auto-Built-Package: debug-symbols
Architecture: $architecture
Maintainer: $(dpkg-deb -f "$package" Maintainer)
Installed-Size: $kilobytes
Depends: modelvane (= $version)
Section: debug
Priority: optional
Description: debug symbols for modelvane
Build-Ids: $id
TEXT
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$root" "$(dirname "$package")/modelvane-dbgsym_${version}_$architecture.deb"
