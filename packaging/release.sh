#!/bin/sh
# Builds the release into dist: for each platform a tarball with the static
# binary, its manual pages, shell completions and unit, and what the binary is
# made of (an SBOM in CycloneDX's JSON); for Linux on amd64 and arm64 a Debian
# package; and the checksums of all. Called by `make release` and `make deb`,
# which give GO, VERSION and LDFLAGS. Two runs on one commit give the same bytes.
#
#   PLATFORMS="linux/amd64"   these only
#   FORMATS="deb"             of tarball and deb these only
#   DIST=dir                  into another directory, which is emptied
set -eu
cd "$(dirname "$0")/.."

platforms=${PLATFORMS:-"linux/amd64 linux/arm64 linux/armv7 darwin/amd64 darwin/arm64"}
formats=${FORMATS:-"tarball deb"}
dist=${DIST:-dist}
: "${GO:=go}" "${VERSION:=unknown}" "${LDFLAGS:=-s -w}"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH CGO_ENABLED=0 LC_ALL=C TZ=UTC
umask 022

wants() { case " $formats " in *" $1 "*) return 0 ;; esac; return 1; }
if wants deb && ! command -v dpkg-deb >/dev/null; then
  if ! wants tarball; then echo "packages need dpkg-deb, which Debian has" >&2; exit 1; fi
  echo "no dpkg-deb here: no Debian packages are made" >&2
  formats=tarball
fi

rm -rf "$dist"
mkdir -p "$dist/common/completion"
dist=$(cd "$dist" && pwd)
"$GO" build -ldflags "$LDFLAGS" -o "$dist/host" ./cmd/muster
"$dist/host" man --dir "$dist/common/man"
for shell in bash zsh fish powershell; do
  "$dist/host" completion "$shell" > "$dist/common/completion/muster.$shell"
done
rm "$dist/host"
cp -R README.md README.es.md CHANGELOG.md LICENSE NOTICE packaging/systemd "$dist/common/"

for platform in $platforms; do
  os=${platform%/*} arch=${platform#*/} arm=
  if [ "$arch" = armv7 ]; then arm=7; fi
  name=muster-$VERSION-$os-$arch
  echo "$name"
  cp -R "$dist/common" "$dist/$name"
  if [ "$os" != linux ]; then rm -r "$dist/$name/systemd"; fi
  GOOS=$os GOARCH=$(echo "$arch" | sed 's/^armv7$/arm/') GOARM=$arm \
    "$GO" build -trimpath -ldflags "$LDFLAGS" -o "$dist/$name/muster" ./cmd/muster
  GO=$GO packaging/licences.sh "$dist/$name/muster" > "$dist/$name/LICENSES-OF-MODULES"
  if wants tarball; then
    # Serial number and time would differ each time.
    "$GO" -C tools/release tool cyclonedx-gomod bin -json -std -noserial -notimestamp -version "$VERSION" \
      -output "$dist/$name.cdx.json" "$dist/$name/muster"
    tar --sort=name --owner=0 --group=0 --numeric-owner --mode='u+rwX,go+rX,go-w' --mtime="@$SOURCE_DATE_EPOCH" \
      -C "$dist" -cf - "$name" | gzip -9n > "$dist/$name.tar.gz"
  fi
  case $platform in linux/amd64 | linux/arm64)
    if wants deb; then packaging/debian/build.sh "$dist/$name" "$arch" "$VERSION" "$dist"; fi ;;
  esac
  rm -r "${dist:?}/$name"
done
rm -r "$dist/common"
cd "$dist"
sums=$(sha256sum -- *)
echo "$sums" | tee SHA256SUMS
