#!/bin/sh
# Writes the passwords and tokens of compose.yaml into .env beside this file. What is there already stays.
set -eu
umask 077
file=$(dirname "$0")/.env

touch "$file"
chmod 600 "$file"

# A line of its own, once.
add() {
  grep -q "^$1=" "$file" || printf '%s=%s\n' "$1" "$2" >>"$file"
}

secret() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# Names the network and the volumes.
add COMPOSE_PROJECT_NAME infermeter
add INSTANCE "$(uname -n)"
add INFLUXDB_ADMIN_PASSWORD "$(secret)"
add INFLUXDB_ADMIN_TOKEN "$(secret)"
add GRAFANA_ADMIN_PASSWORD "$(secret)"
