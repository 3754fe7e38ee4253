#!/bin/sh
# Prepares InfluxDB 2 for the agent and Grafana; may run again at any time. INFLUX_HOST, INFLUX_TOKEN, INFLUX_ORG: as the
# influx program knows them; BUCKET: its name; TOKENS: the folder for the tokens.
set -eu

# The first value of a key in JSON.
value() {
  sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1
}

bucket=$(influx bucket list --name "$BUCKET" --json | value id)
test -n "$bucket" || { echo "there is no bucket $BUCKET" >&2; exit 1; }

# InfluxQL asks for a database and a retention policy, and finds this bucket.
if influx v1 dbrp list --db "$BUCKET" --hide-headers | grep -q "$bucket"; then
  echo "database $BUCKET is mapped"
else
  influx v1 dbrp create --db "$BUCKET" --rp autogen --default --bucket-id "$bucket" >/dev/null
  echo "database $BUCKET is mapped now"
fi

# A token that may do one thing to one bucket, in a file for whoever mounts the folder.
token() {
  file=$TOKENS/$1
  if test -s "$file"; then
    echo "$1 has its token"
    return
  fi
  influx auth create --description "$1" "$2" "$bucket" --json | value token >"$file.new"
  test -s "$file.new" || { echo "InfluxDB gave no token for $1" >&2; exit 1; }
  # Neither the agent nor Grafana runs as root.
  chmod 444 "$file.new"
  mv "$file.new" "$file"
  echo "$1 has its token now"
}

token agent --write-bucket
token grafana --read-bucket
