#!/bin/sh
# Writes down how it was called.
echo "$*" >"$ASKED"
