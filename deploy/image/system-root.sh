#!/bin/sh
# Makes the image's root: what Node and the driver's library need of a Debian system, taken from the one that builds.
#   system-root.sh TARGET
set -eu
target=$1

mkdir -p "$target"/usr/bin "$target"/usr/sbin "$target"/usr/lib "$target"/usr/lib64 "$target"/usr/local/bin \
  "$target"/etc "$target"/dev "$target"/proc "$target"/sys "$target"/run/infermeter "$target"/var/lib/infermeter
mkdir -m 1777 "$target"/tmp
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$target/$folder"; done

# The shared libraries of these packages; character sets (gconv) and debugging files are for others.
dpkg -L libc6 libgcc-s1 libstdc++6 | grep -E '/ld\.so\.conf\.d/|\.so(\.[0-9.]+)?$' | grep -Ev '/gconv/|/gdb/' |
  tar -c -C / --no-recursion -T - | tar -x --keep-directory-symlink -C "$target"
# By debian_version the NVIDIA runtime knows where libraries belong.
cp /etc/debian_version /etc/os-release /etc/ld.so.conf "$target"/etc/
cp "$(command -v node)" "$target"/usr/local/bin/node
ldconfig -r "$target"

echo 'infermeter:x:1000:1000::/var/lib/infermeter:/usr/sbin/nologin' >"$target"/etc/passwd
echo 'infermeter:x:1000:' >"$target"/etc/group
echo 'hosts: files dns' >"$target"/etc/nsswitch.conf
chown 1000:1000 "$target"/run/infermeter "$target"/var/lib/infermeter
