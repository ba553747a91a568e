#!/usr/bin/env bash
# What the program is made of, as an SPDX 2.3 document: sbom.sh BUILD_FOLDER > modelvane.spdx.json
# Libraries that it loads are found by the loader, those that are compiled in (headers, archives) by what the build has read; all are
# Debian's packages, with their versions. The same build gives the same bytes.
set -euo pipefail
build=$1
export LC_ALL=C.UTF-8
# "modelvane 0.1.0 (revision 0123456789ab)"
read -r _ version _ revision <<<"$("$build/modelvane" --version | tr -d '()')"

# Names of packages that own the files on standard input. Debian 12 and later have /lib as a link to /usr/lib: dpkg may know either name.
owners() {
  sed -E 'p; s#^/usr/lib/#/lib/#; t; d' | sort -u | xargs -r dpkg -S 2>/dev/null | grep -v '^diversion' |
    sed -E 's/: .*//; s/, /\n/g' | sort -u || true
}

loaded=$(ldd "$build/modelvane" | awk '$3 ~ /^\// {print $3} $1 ~ /^\// {print $1}' | xargs -r -n 1 readlink -f | owners)
compiled_in=$(ninja -C "$build" -t deps | awk '$1 ~ /^\/usr\// {print $1}' | xargs -r -n 100 readlink -f | sort -u | owners)
compiler=$(dpkg -S "$(readlink -f "$(command -v g++)")" | sed 's/: .*//' | sort -u | head -1)

created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)
# shellcheck source=/dev/null
distribution=$(. /etc/os-release && echo "$ID-$VERSION_ID")

packages='' relations=''
add() {  # NAME[:ARCH] RELATION
  local name=${1%%:*} id entry
  id="SPDXRef-Package-$(tr -c 'A-Za-z0-9.\n' - <<<"$name")"
  if [[ $packages != *"\"$id\""* ]]; then
    entry=$(dpkg-query -W -f '${Version} ${Architecture} ${source:Package} ${source:Version}\n' "$1" | head -1)
    local found architecture source source_version
    read -r found architecture source source_version <<<"$entry"
    packages+=$(printf ',\n    {"SPDXID": "%s", "name": "%s", "versionInfo": "%s", "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION", "filesAnalyzed": false, "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION", "sourceInfo": "source package %s %s", "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:deb/debian/%s@%s?arch=%s&distro=%s"}]}' \
      "$id" "$name" "$found" "$source" "$source_version" "$name" "$found" "$architecture" "$distribution")
  fi
  case "$2" in
    loads) relations+=$(printf ',\n    {"spdxElementId": "SPDXRef-modelvane", "relationshipType": "DYNAMIC_LINK", "relatedSpdxElement": "%s"}' "$id") ;;
    holds) relations+=$(printf ',\n    {"spdxElementId": "%s", "relationshipType": "BUILD_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-modelvane"}' "$id") ;;
    made_by) relations+=$(printf ',\n    {"spdxElementId": "%s", "relationshipType": "BUILD_TOOL_OF", "relatedSpdxElement": "SPDXRef-modelvane"}' "$id") ;;
  esac
}
for name in $loaded; do add "$name" loads; done
for name in $compiled_in; do add "$name" holds; done
add "$compiler" made_by

cat <<TEXT
{
  "spdxVersion": "SPDX-2.3",
  "dataLicense": "CC0-1.0",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "modelvane-$version",
  "documentNamespace": "https://modelvane.invalid/spdx/modelvane-$version-$revision-$distribution",
  "creationInfo": {"created": "$created", "creators": ["Tool: modelvane-sbom"]},
  "documentDescribes": ["SPDXRef-modelvane"],
  "packages": [
    {"SPDXID": "SPDXRef-modelvane", "name": "modelvane", "versionInfo": "$version", "supplier": "NOASSERTION", "downloadLocation": "NOASSERTION", "filesAnalyzed": false, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION", "primaryPackagePurpose": "APPLICATION", "sourceInfo": "revision $revision"}$packages
  ],
  "relationships": [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-modelvane"}$relations
  ]
}
TEXT
