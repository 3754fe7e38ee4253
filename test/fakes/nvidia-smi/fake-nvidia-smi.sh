#!/bin/sh
# Answers as the folder `answer` beside it says; fake-nvidia-smi.ts describes its files. Finds its own tools: the PATH
# of a test may hold nothing else.
PATH=/usr/bin:/bin
here=$(dirname "$0")
answer=$(readlink "$here/answer")
echo "$$ $*" >>"$here/calls"
cd "$answer" || exit 250
[ -f stubborn ] && trap '' TERM INT HUP
[ -f stderr ] && cat stderr >&2
[ -f delay ] && sleep "$(cat delay)"
[ -f hang ] && exec sleep 600
[ -f endless ] && exec yes '<nvidia_smi_log>'
[ -f stdout ] && cat stdout
exit "$(cat exit)"
