#!/bin/sh
# Builds and starts everything. With --nvidia the agent sees the machine's GPUs.
set -eu
cd "$(dirname "$0")"
sh init-env.sh
files="-f compose.yaml"
case ${1-} in
--nvidia) files="$files -f compose.nvidia.yaml" ;;
'') ;;
*)
  echo "usage: up.sh [--nvidia]" >&2
  exit 2
  ;;
esac
# shellcheck disable=SC2086
docker compose $files up --build --detach
echo "spans: 127.0.0.1:4317 (gRPC, OTLP), 127.0.0.1:4318 (OTLP/HTTP)"
echo "page: http://127.0.0.1:9865   Grafana: http://127.0.0.1:3000 (admin, GRAFANA_ADMIN_PASSWORD in deploy/compose/.env)"
