#!/bin/sh
# man.sh BINARY FOLDER: a manual page for each command, made of its own help, so that they never differ.
set -eu
binary=$1
folder=$2/man1
rm -rf "$folder"
mkdir -p "$folder"
version=$("$binary" --version)

# page NAME WORDS...: "modelvane-history" from `modelvane help history`
page() {
  name=$1
  shift
  "$binary" help "$@" >"$folder/text"
  {
    printf '.TH "%s" 1 "" "%s"\n.SH NAME\n%s \\- %s\n' \
      "$name" "$version" "$name" "$(head -n 1 "$folder/text" | sed 's/[\\-]/\\&/g; s/: .*//')"
    printf '.SH DESCRIPTION\n.nf\n'
    sed 's/\\/\\\\/g; s/-/\\-/g; s/^\./\\\&./; s/^'"'"'/\\\&'"'"'/' "$folder/text"
    printf '.fi\n.SH SEE ALSO\nmodelvane(1), /usr/share/doc/modelvane\n'
  } | gzip -9n >"$folder/$name.1.gz"
}

page modelvane
"$binary" help | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\) .*/\1/p' >"$folder/names"
while read -r command; do
  page "modelvane-$command" "$command"
done <"$folder/names"
rm "$folder/names" "$folder/text"
