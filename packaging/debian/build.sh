#!/bin/sh
# Packs what a release has for Linux as a Debian package, without root:
#
#   build.sh DIR ARCH VERSION DIST
#
# DIR is the unpacked release; release.sh calls it and sets SOURCE_DATE_EPOCH.
# It needs dpkg-deb, gzip and sed, which every Debian has.
set -eu
from=$1 arch=$2 dist=$4
here=$(cd "$(dirname "$0")" && pwd)
umask 022

# Versions of Debian begin with a digit and grow: v1.2.3-4-gabc, which is after
# v1.2.3, is 1.2.3+4.gabc; a commit without a tag is before every version.
version=$(echo "${3#v}" | sed -E 's/-([0-9]+)-g/+\1.g/; s/-dirty$/+dirty/; s/-(alpha|beta|rc)/~\1/; s/-/+/g')
case $version in
[0-9]*.*) ;;
*) version=0~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S).$version ;;
esac

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
put() { install -D -m "$1" "$2" "$root/$3"; }
packed() { mkdir -p "$(dirname "$root/$2")"; gzip -9n < "$1" > "$root/$2"; chmod 644 "$root/$2"; }

put 755 "$from/muster" usr/bin/muster
for page in "$from"/man/*.1; do packed "$page" "usr/share/man/man1/$(basename "$page").gz"; done
put 644 "$from/completion/muster.bash" usr/share/bash-completion/completions/muster
put 644 "$from/completion/muster.zsh" usr/share/zsh/vendor-completions/_muster
put 644 "$from/completion/muster.fish" usr/share/fish/vendor_completions.d/muster.fish
doc=usr/share/doc/muster
put 644 "$here/copyright" $doc/copyright
put 644 "$from/NOTICE" $doc/NOTICE
put 644 "$from/README.md" $doc/README.md
put 644 "$from/README.es.md" $doc/README.es.md
packed "$from/CHANGELOG.md" $doc/NEWS.md.gz
packed "$from/LICENSES-OF-MODULES" $doc/LICENSES-OF-MODULES.gz
{
  printf 'muster (%s) unstable; urgency=medium\n\n  * What changed is in NEWS.md.gz.\n\n' "$version"
  printf ' -- The Muster Authors <muster@localhost>  %s\n' "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
} > "$root/changelog"
packed "$root/changelog" $doc/changelog.gz
rm "$root/changelog"

# The package's user is made once, and its binary is the system's. Comments on
# how to install the unit by hand would mislead.
mkdir -p "$root/usr/lib/systemd/system"
sed -e 's|/usr/local/bin/muster|/usr/bin/muster|' -e '/^DynamicUser=/d' -e 's|^# A user of its own, made at the start; its data in|# Its data is in|' \
  -e '1,/^$/d' "$from/systemd/muster.service" > "$root/usr/lib/systemd/system/muster.service"
# Until the administrator says otherwise, it listens on loopback alone.
mkdir -p "$root/etc/muster"
sed 's/^MUSTER_/#MUSTER_/' "$from/systemd/muster.env" > "$root/etc/muster/muster.env"
chmod 600 "$root/etc/muster/muster.env"
mkdir -p "$root/usr/share/lintian/overrides"
cat > "$root/usr/share/lintian/overrides/muster" <<'EOF'
# The project has no mail address.
muster: bogus-mail-host *
muster: bogus-mail-host-in-debian-changelog *
# It may hold keys.
muster: non-standard-file-perm 0600 != 0644 [etc/muster/muster.env]
# Go's binaries are static.
muster: statically-linked-binary [usr/bin/muster]
EOF

mkdir "$root/DEBIAN"
for script in config postinst prerm postrm; do put 755 "$here/$script" DEBIAN/$script; done
put 644 "$here/templates" DEBIAN/templates
echo /etc/muster/muster.env > "$root/DEBIAN/conffiles"
(cd "$root" && find usr etc -type f | LC_ALL=C sort | xargs md5sum > DEBIAN/md5sums)
size=$(cd "$root" && find usr etc -type f -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$size/" "$here/control" > "$root/DEBIAN/control"
chmod 755 "$root"
find "$root" -type d -exec chmod 755 {} +
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$dist/muster_${version}_$arch.deb"
