#!/bin/sh
# Answers as the influx program of InfluxDB 2 does where deploy/compose/influxdb-init.sh asks; writes down what was asked.
set -eu
echo "$*" >>"$ASKED"
case "$1 $2" in
'bucket list')
  printf '[\n\t{\n\t\t"createdAt": "2026-01-01T00:00:00Z",\n\t\t"id": "0a1b2c3d4e5f6071",\n\t\t"labels": [],\n\t\t"name": "inference",\n\t\t"orgID": "ffffffffffffffff"\n\t}\n]\n'
  ;;
'v1 dbrp')
  case $3 in
  list) test ! -e "$ASKED.mapped" || printf '1\tinference\t0a1b2c3d4e5f6071\tautogen\ttrue\tffffffffffffffff\n' ;;
  create) touch "$ASKED.mapped" ;;
  esac
  ;;
'auth create')
  test -z "${REFUSE-}" || exit 1
  printf '{\n\t"id": "1111111111111111",\n\t"description": "%s",\n\t"token": "token-of-%s==",\n\t"status": "active"\n}\n' "$4" "$4"
  ;;
*) exit 64 ;;
esac
