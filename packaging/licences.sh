#!/bin/sh
# Prints the licences of the modules that a binary links, and their notices,
# which those licences want to go along with it.
set -eu
: "${GO:=go}"
binary=$1

show() {
  found=
  for file in "$2"/LICENSE* "$2"/LICENCE* "$2"/COPYING* "$2"/NOTICE*; do
    if [ ! -f "$file" ]; then continue; fi
    printf '== %s: %s\n\n' "$1" "$(basename "$file")"
    cat "$file"
    printf '\n'
    case $(basename "$file") in NOTICE*) ;; *) found=yes ;; esac
  done
  if [ -z "$found" ]; then echo "$1 has no licence in $2" >&2; exit 1; fi
}

show "Go, $("$GO" version -m "$binary" | sed -n '1s/.*: //p')" "$("$GO" env GOROOT)"
"$GO" version -m "$binary" | awk '$1 == "dep" { print $2, $3 }' | while read -r module version; do
  dir=$("$GO" list -m -f '{{.Dir}}' "$module")
  if [ -z "$dir" ]; then "$GO" mod download "$module" && dir=$("$GO" list -m -f '{{.Dir}}' "$module"); fi
  show "$module $version" "$dir"
done
