# Sourced by the scripts beside it: starts the built agent, runs sections with a time limit each, gathers results.
# Nothing here ends the script: a section that fails is missing in the report, and the next one runs.

if [ -z "${NODE:-}" ]; then
  NODE=node
  [ -x .device/node/bin/node ] && NODE=$PWD/.device/node/bin/node
fi
if [ -z "${AGENT_DIR:-}" ]; then
  AGENT_DIR=.
  [ -d .device/dist ] && AGENT_DIR=.device
fi
command -v "$NODE" >/dev/null && NODE=$(readlink -f "$(command -v "$NODE")")
AGENT_DIR=$(readlink -f "$AGENT_DIR")
OUT=${OUT:-/tmp/infermeter-evidence-out}
WORK=${WORK:-$(mktemp -d)}
AGENT_GRPC=${AGENT_GRPC:-127.0.0.1:4317}
AGENT_HTTP=${AGENT_HTTP:-http://127.0.0.1:9865}
export NODE AGENT_DIR OUT WORK AGENT_GRPC AGENT_HTTP
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
SECTIONS=" ${SECTIONS:-kernels variants shared batches readers} "
DEVICE_TESTS=$PWD/test/device
BACKGROUND_PIDS=()
mkdir -p "$OUT" "$WORK/sections"
chmod 755 "$WORK"

say() {
  printf '\n== %s (%s s)\n' "$1" "$SECONDS" | tee -a "$WORK/run.log"
}

wanted() {
  case "$SECTIONS" in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# section TITLE SECONDS COMMAND...
section() {
  local title=$1 limit_s=$2
  shift 2
  say "$title"
  timeout -k 15 "$limit_s" "$@" 2>&1 | tee -a "$WORK/run.log"
  local code=${PIPESTATUS[0]}
  [ "$code" -eq 0 ] || say "FAILED with $code: $title"
  gather
}

# What there is so far, so that a run that is cut off leaves its results.
gather() {
  python3 "$DEVICE_TESTS/report.py" "$OUT" >/dev/null 2>&1
  local file
  for file in run.log agent.log servers.log energy.jsonl smi.jsonl; do
    [ -f "$WORK/$file" ] && cp "$WORK/$file" "$OUT/"
  done
}

in_background() {
  "$@" >>"$WORK/run.log" 2>&1 &
  BACKGROUND_PIDS+=($!)
}

start_agent() {
  # What the program reads beside `dist`.
  [ -f "$AGENT_DIR/package.json" ] || cp package.json "$AGENT_DIR/"
  [ -d "$AGENT_DIR/proto" ] || cp -r proto "$AGENT_DIR/"
  cat >"$WORK/agent.yaml" <<YAML
interval: 10s
windows: [10s, 1m]
lateness: 5s
data_dir: $WORK/data
listen:
  grpc: $AGENT_GRPC
  http: ${AGENT_HTTP#http://}
gpu:
  source: ${GPU_SOURCE:-auto}
  interval: 1s
exporters:
  local: {}
YAML
  say 'agent'
  "$NODE" "$AGENT_DIR/dist/agent/main.js" run --config "$WORK/agent.yaml" >"$WORK/agent.log" 2>&1 &
  AGENT_PID=$!
  BACKGROUND_PIDS+=("$AGENT_PID")
  local tenths
  for tenths in $(seq 150); do
    grep -q 'spans are taken' "$WORK/agent.log" && break
    sleep 0.1
  done
  sleep 2
  tail -n 5 "$WORK/agent.log"
}

start_logs() {
  in_background python3 "$DEVICE_TESTS/energy_log.py"
  in_background python3 "$DEVICE_TESTS/smi_log.py"
}

# Ends only what this run started.
finish() {
  trap - EXIT
  local pid
  python3 -c "import sys, urllib.request as r; sys.stdout.write(r.urlopen(sys.argv[1], timeout=5).read().decode())" \
    "$AGENT_HTTP/api/v1/status" >"$OUT/status.json" 2>>"$WORK/run.log"
  for pid in "${BACKGROUND_PIDS[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in $(cat "$WORK/server-pids" 2>/dev/null); do
    grep -qs 'torch-server/server.py' "/proc/$pid/cmdline" && kill -KILL "$pid"
  done
  wait 2>/dev/null
  gather
  python3 "$DEVICE_TESTS/report.py" "$OUT"
  say "done; see $OUT/evidence.md"
}
trap finish EXIT
