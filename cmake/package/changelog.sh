#!/usr/bin/env bash
# CHANGELOG.md as Debian wants a changelog: changelog.sh CHANGELOG.md MAINTAINER > changelog
# "## 0.1.0 (2026-12-01)" begins a version; a version without a date is of the time of the sources.
set -euo pipefail
file=$1 maintainer=$2
export LC_ALL=C.UTF-8
now=${SOURCE_DATE_EPOCH:-$(date +%s)}

version='' day='' item='' items=()
keep() {
  [ -z "$item" ] || items+=("$item")
  item=''
}
finish() {
  keep
  [ -n "$version" ] || return 0
  printf 'modelvane (%s) unstable; urgency=medium\n\n' "$version"
  local one
  for one in "${items[@]}"; do fold -s -w 74 <<<"$one" | sed -E '1s/^/  * /; 2,$s/^/    /; s/ +$//'; done
  local when=@$now
  [[ ! $day =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || when="$day 00:00:00 UTC"
  printf '\n -- %s  %s\n\n' "$maintainer" "$(date -u -R -d "$when")"
  items=()
}
while IFS= read -r line; do
  case "$line" in
    '## '*)
      finish
      read -r version day <<<"${line#\#\# }"
      day=${day//[()]/}
      ;;
    '#'* | '') keep ;;
    '- '*)
      keep
      item=${line#- }
      ;;
    *) item+="${item:+ }${line#"${line%%[! ]*}"}" ;;
  esac
done <"$file"
finish
