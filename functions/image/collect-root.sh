#!/bin/sh
# Collects the whole file system of a service's image: collect-root.sh BINARY DESTINATION
#
# The program needs glibc, so the libraries that it names go in from the machine that built it, and nothing else that could
# be run: no shell, no package manager. Modes and times are fixed, so that the same program gives the same image.
set -eu

if [ $# -ne 2 ] || [ ! -x "$1" ]; then
  echo "collect-root.sh BINARY DESTINATION: a built program and a folder to make" >&2
  exit 2
fi
binary=$1
root=$2
here=$(dirname "$0")
authorities=/etc/ssl/certs/ca-certificates.crt

[ -s "$authorities" ] || { echo "$authorities is missing: apt-get install ca-certificates" >&2; exit 1; }
# Always the tool of the binary's own architecture: an image is built on a machine of that kind.
command -v strip >/dev/null || { echo "strip is missing: apt-get install binutils" >&2; exit 1; }

rm -rf "$root"
mkdir -p "$root/etc/ssl/certs" "$root/tmp"
strip -o "$root/service" "$binary"

# Lines are `NAME => PATH (ADDRESS)`, and for the loader `PATH (ADDRESS)`; a library lands where the loader looks for it.
# Since glibc 2.34 the lookups in files and DNS are in libc itself, so no libnss_* is needed beside it.
libraries=$(ldd "$binary")
case $libraries in *'not found'*) echo "$libraries" >&2; exit 1 ;; esac
for library in $(echo "$libraries" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }'); do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

cp -L "$authorities" "$root/etc/ssl/certs/ca-certificates.crt"
cp "$here/../certificates/rds-global-bundle.pem" "$root/etc/ssl/certs/"
# What the container is given in /etc/hosts wins over DNS, whatever this glibc's own default is.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'service:x:65532:65532::/:/nonexistent' >"$root/etc/passwd"
echo 'service:x:65532:' >"$root/etc/group"

find "$root" -type d -exec chmod 755 {} +
find "$root" -type f -exec chmod 644 {} +
chmod 755 "$root/service"
find "$root" -name 'ld-linux*' -exec chmod 755 {} +
chmod 1777 "$root/tmp"
find "$root" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
