#!/bin/sh
# Installs, upgrades, removes and purges a package in a Debian of its own, and
# looks after each step at what is there:
#
#   test.sh PACKAGE [CHROOT]
#
# It needs root. CHROOT is a minimal Debian 12 with adduser and man-db, whose
# packages of muster it replaces; without one, debootstrap makes one, which is
# removed again. What it can't show is systemd at work, which a chroot has not:
# the server is started as the unit does it, by hand.
set -eu
deb=$(readlink -f "$1")
work=$(mktemp -d)
server=
end() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
  rm -rf --one-file-system "$work"
}
trap end EXIT
root=${2:-}
if [ -z "$root" ]; then
  root=$work/root
  debootstrap --variant=minbase --include=adduser,man-db,systemd bookworm "$root" http://deb.debian.org/debian >"$work/log" || { cat "$work/log"; exit 1; }
fi

fail() { echo "FAILED: $*" >&2; exit 1; }
step() { echo "== $*"; }
inside() (exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@")
has() { [ -e "$root$1" ] || [ -h "$root$1" ] || fail "$1 is missing"; }
lacks() { [ ! -e "$root$1" ] && [ ! -h "$root$1" ] || fail "$1 is still there"; }
owned() { # path, mode, owner
  [ "$(inside stat -c '%a %U:%G' "$1")" = "$2 $3" ] || fail "$1 is $(inside stat -c '%a %U:%G' "$1"), not $2 $3"
}

# serve runs the server as the unit does; what comes after is run beside it.
serve() {
  (
    inside setpriv --reuid=muster --regid=muster --clear-groups --no-new-privs env MUSTER_DATA=/var/lib/muster \
      sh -c 'echo $$; umask 077; cd /; exec muster serve --api 127.0.0.1:0 --devices 127.0.0.1:0' >"$work/server" 2>&1
    echo $? >"$work/status"
  ) &
  for _ in $(seq 300); do
    if inside muster healthcheck --data /var/lib/muster >/dev/null 2>&1; then
      server=$(head -n 1 "$work/server")
      "$@" || fail "$*"
      kill "$server"; wait
      [ "$(cat "$work/status")" = 0 ] || fail "the server didn't end well: $(cat "$work/server")"
      server=
      return
    fi
    sleep 0.1
  done
  cat "$work/server"; fail "the server isn't ready after 30 s"
}
thing() { # what apply says of it
  printf 'things: [{name: pump}]' | inside muster apply --data /var/lib/muster -f - | tee "$work/said" | grep -q "^$1 " || { cat "$work/said"; return 1; }
}

inside dpkg --purge muster >/dev/null 2>&1 || true
rm -rf "$root/var/lib/muster"
cp "$deb" "$root/tmp/muster.deb"

step install
inside dpkg -i /tmp/muster.deb
inside getent passwd muster | grep -q ':/var/lib/muster:/usr/sbin/nologin$' || fail "the user is $(inside getent passwd muster)"
owned /var/lib/muster 700 muster:muster
owned /etc/muster/muster.env 600 root:root
has /etc/systemd/system/multi-user.target.wants/muster.service
! grep -q '^[A-Z]' "$root/etc/muster/muster.env" || fail "the settings aren't the defaults"
inside man -w muster-serve >/dev/null || fail "no manual page"
inside bash -n /usr/share/bash-completion/completions/muster
if [ -x "$root/usr/bin/systemd-analyze" ]; then
  inside systemd-analyze verify /usr/lib/systemd/system/muster.service 2>&1 | grep -i muster && fail "systemd finds fault with the unit"
fi
serve thing create

step upgrade
dpkg-deb -R "$deb" "$work/newer"
sed -i 's/^Version: .*/&+1/' "$work/newer/DEBIAN/control"
echo '# what the next version has' >> "$work/newer/etc/muster/muster.env"
dpkg-deb --root-owner-group -Znone -b "$work/newer" "$root/tmp/newer.deb" >/dev/null
echo 'MUSTER_REGION=eu-west-1' >> "$root/etc/muster/muster.env"
owner=$(inside stat -c '%u' /var/lib/muster)
inside dpkg -i --force-confdef --force-confold /tmp/newer.deb
inside dpkg-query -W -f '${Version}' muster | grep -q '+1$' || fail "the version is $(inside dpkg-query -W muster)"
grep -q '^MUSTER_REGION=eu-west-1$' "$root/etc/muster/muster.env" || fail "the administrator's settings are gone"
[ "$(inside stat -c '%u' /var/lib/muster)" = "$owner" ] || fail "the data is another's"
serve thing same

step "a service that the administrator has disabled stays so"
inside systemctl disable muster.service 2>/dev/null
inside dpkg -i --force-confdef --force-confold /tmp/newer.deb >/dev/null
lacks /etc/systemd/system/multi-user.target.wants/muster.service
inside systemctl enable muster.service 2>/dev/null

step remove
inside dpkg -r muster
lacks /usr/bin/muster
lacks /usr/lib/systemd/system/muster.service
has /etc/muster/muster.env
has /var/lib/muster/muster.db
inside getent passwd muster >/dev/null || fail "the user is gone and its data isn't"

step "install again"
inside dpkg -i /tmp/newer.deb >/dev/null
serve thing same

step "purge, and nobody is asked"
inside dpkg --purge muster 2>&1 | tee "$work/said"
grep -q 'is left in /var/lib/muster' "$work/said" || fail "it doesn't say where the data is"
lacks /etc/muster/muster.env
lacks /etc/systemd/system/multi-user.target.wants/muster.service
has /var/lib/muster/muster.db
inside getent passwd muster >/dev/null || fail "the user is gone and its data isn't"

step "purge, and the answer is yes"
inside dpkg -i /tmp/muster.deb >/dev/null
serve thing same
echo 'muster muster/purge-data boolean true' | inside debconf-set-selections
inside dpkg --purge muster
lacks /var/lib/muster
! inside debconf-show muster | grep -q purge-data || fail "the answer would be remembered"

step "install and purge at once"
inside dpkg -i /tmp/muster.deb >/dev/null
owned /var/lib/muster 700 muster:muster
inside dpkg --purge muster >/dev/null 2>&1
has /var/lib/muster
rm -rf "$root/var/lib/muster" "$root/tmp/muster.deb" "$root/tmp/newer.deb"
echo "ok: install, upgrade, remove, purge"
