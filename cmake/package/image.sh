#!/bin/sh
# image.sh PACKAGE LAYOUT, with SOURCE_DATE_EPOCH in the environment: an OCI image in the folder LAYOUT, made of the Debian package and of what it depends on, from this
# release of Debian. Neither a shell nor a package manager is in it; it runs as a user of its own and writes to one volume only.
set -eu
package=$1
layout=$2
version=$(dpkg-deb -f "$package" Version)
release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# Nobody's on any host.
user=65532
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# What the package needs to run. Its user is made below, and nothing in an image starts services.
needs=$(dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/^ *//; s/[ (|].*//; /^systemd/d; /^$/d' | sort -u | tr '\n' ',')
mmdebstrap --quiet --variant=extract --include="${needs}ca-certificates,tzdata" "$release" "$root/files"
cd "$root/files"
dpkg-deb -x "$OLDPWD/$package" .
# The postinst scripts did not run: the bundle is what update-ca-certificates would write.
mkdir -p etc/ssl/certs
cat usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt
echo "modelvane:x:$user:$user::/var/lib/modelvane:/usr/sbin/nologin" >>etc/passwd
echo "modelvane:x:$user:" >>etc/group
mkdir -p var/lib/modelvane tmp
chown "$user:$user" var/lib/modelvane
rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/lintian usr/share/bash-completion usr/share/fish usr/share/zsh \
  usr/share/perl* usr/lib/*/perl* usr/bin/perl* usr/lib/*/gconv var/cache var/log lib/systemd usr/lib/systemd usr/sbin \
  usr/share/gcc usr/share/ca-certificates boot home media mnt opt srv
# Only our own program stays; the libraries' tools are of no use.
find bin usr/bin -mindepth 1 ! -name modelvane -delete 2>/dev/null || true
# Since Debian 13 libraries ship in usr/lib alone; where programs look for their loader is a link that base-files would bring.
for folder in lib lib64; do [ -e "$folder" ] || [ ! -d "usr/$folder" ] || ln -s "usr/$folder" "$folder"; done
chroot . /usr/bin/modelvane --version >&2
find . -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
cd "$OLDPWD"

rm -rf "$layout"
umoci init --layout "$layout"
umoci new --image "$layout:$version"
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
umoci insert --image "$layout:$version" --history.created "$created" "$root/files" /
umoci config --image "$layout:$version" \
  --created "$created" --history.created "$created" \
  --config.user "$user:$user" --config.workingdir /var/lib/modelvane --config.volume /var/lib/modelvane \
  --config.exposedports 10178/tcp --config.stopsignal SIGTERM \
  --config.entrypoint /usr/bin/modelvane --config.cmd serve \
  --config.cmd --config.file=/etc/modelvane/modelvane.yml \
  --config.env MODELVANE_STORAGE_PATH=/var/lib/modelvane \
  --config.label org.opencontainers.image.title=modelvane --config.label "org.opencontainers.image.version=$version" \
  --config.label org.opencontainers.image.licenses=Apache-2.0
umoci gc --layout "$layout"
