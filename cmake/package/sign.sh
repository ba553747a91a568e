#!/usr/bin/env bash
# Signs what a release consists of: sign.sh KEY FOLDER...
# Writes SHA256SUMS over the packages and images of each folder, and its signature beside it. The key stays where it is: the id of a gpg
# key (SHA256SUMS.asc), or the file of a minisign secret key (SHA256SUMS.minisig). People check with `gpg --verify SHA256SUMS.asc` or
# `minisign -Vm SHA256SUMS -p modelvane.pub`, and then `sha256sum --check SHA256SUMS`.
set -euo pipefail
[ $# -ge 2 ] || {
  echo "usage: sign.sh KEY FOLDER...   KEY: id of a gpg key, or the file of a minisign secret key" >&2
  exit 2
}
key=$1
shift
shopt -s nullglob
for folder in "$@"; do
  (
    cd "$folder"
    files=(*.deb *.ddeb *.oci.tar *.spdx.json)
    [ ${#files[@]} -gt 0 ] || {
      echo "sign.sh: there is no package and no image in $folder" >&2
      exit 1
    }
    rm -f SHA256SUMS SHA256SUMS.asc SHA256SUMS.minisig
    sha256sum -- "${files[@]}" >SHA256SUMS
    if [ -f "$key" ]; then
      minisign -Sm SHA256SUMS -s "$key"
    else
      gpg --batch --yes --local-user "$key" --armor --detach-sign --output SHA256SUMS.asc SHA256SUMS
    fi
  )
done
