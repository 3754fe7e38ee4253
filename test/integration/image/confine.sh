#!/bin/sh
# Runs a command of an image as a pod's runtime would: its root read-only, two writable folders, no other user than 1000.
#   confine.sh ROOT [NAME=VALUE …] COMMAND [ARG …]      inside `unshare --mount`
set -eu
root=$1
shift
mount --bind "$root" "$root"
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
for folder in var/lib/infermeter run/infermeter; do
  mount -t tmpfs -o uid=1000,gid=1000,mode=0700 tmpfs "$root/$folder"
done
mount -o remount,bind,ro "$root"
exec chroot --userspec=1000:1000 --groups= "$root" "$@"
