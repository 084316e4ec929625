#!/bin/sh
# Builds the release: for each platform a tarball with the static binary, its
# manual pages, shell completions and unit, and the checksums of all. Called by
# `make release`, which gives GO, VERSION and LDFLAGS. Two runs on one commit
# give the same bytes.
set -eu
cd "$(dirname "$0")/.."

platforms=${PLATFORMS:-"linux/amd64 linux/arm64 linux/armv7 darwin/amd64 darwin/arm64"}
: "${GO:=go}" "${VERSION:=unknown}" "${LDFLAGS:=-s -w}"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH CGO_ENABLED=0

rm -rf dist
mkdir -p dist/common
"$GO" run -ldflags "$LDFLAGS" ./cmd/muster man --dir dist/common/man
mkdir dist/common/completion
for shell in bash zsh fish powershell; do
  "$GO" run -ldflags "$LDFLAGS" ./cmd/muster completion "$shell" > "dist/common/completion/muster.$shell"
done
cp -R README.md README.es.md CHANGELOG.md LICENSE NOTICE packaging/systemd dist/common/

for platform in $platforms; do
  os=${platform%/*} arch=${platform#*/} arm=
  if [ "$arch" = armv7 ]; then arm=7; fi
  name=muster-$VERSION-$os-$arch
  echo "$name"
  cp -R dist/common "dist/$name"
  if [ "$os" != linux ]; then rm -r "dist/$name/systemd"; fi
  GOOS=$os GOARCH=$(echo "$arch" | sed 's/^armv7$/arm/') GOARM=$arm \
    "$GO" build -trimpath -ldflags "$LDFLAGS" -o "dist/$name/muster" ./cmd/muster
  tar --sort=name --owner=0 --group=0 --numeric-owner --mode='u+rwX,go+rX,go-w' --mtime="@$SOURCE_DATE_EPOCH" \
    -C dist -cf - "$name" | gzip -9n > "dist/$name.tar.gz"
  rm -r "dist/$name"
done
rm -r dist/common
(cd dist && sha256sum -- *.tar.gz > SHA256SUMS && cat SHA256SUMS)
