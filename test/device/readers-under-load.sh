#!/usr/bin/env bash
# What is asked of the driver while a model serves: both readers, their cost, and the same as an ordinary user.
set -uo pipefail
sleep 3 # of steady load
"$NODE" test/device/compare-readers.mjs readers_load 'NVML against nvidia-smi, under load'
"$NODE" test/device/poll-cost.mjs

# The ordinary user may not be able to read this folder: give them copies, and a place to write.
user=(setpriv --reuid 1000 --regid 1000 --clear-groups)
home=$WORK/user
mkdir -p "$home/sections"
cp test/device/user_calls.py test/device/compare-readers.mjs test/device/section-result.mjs "$home/"
chmod -R a+rX "$home"
chmod 777 "$home" "$home/sections"
node=$NODE agent=$AGENT_DIR
if ! "${user[@]}" "$NODE" -e "require('node:fs').readdirSync('$AGENT_DIR/dist')" 2>/dev/null; then
  mkdir -p "$home/agent"
  cp "$NODE" "$home/agent/node"
  cp -r "$AGENT_DIR/dist" "$AGENT_DIR/node_modules" "$AGENT_DIR/package.json" "$home/agent/"
  chmod -R a+rX "$home/agent"
  node=$home/agent/node agent=$home/agent
fi
python3 "$home/user_calls.py" >"$WORK/calls-root.json"
(cd "$home" && "${user[@]}" python3 user_calls.py) >"$WORK/calls-user.json"
python3 test/device/user_table.py "$WORK/calls-root.json" "$WORK/calls-user.json"
(cd "$home" && AGENT_DIR=$agent WORK=$home "${user[@]}" "$node" compare-readers.mjs readers_user 'NVML against nvidia-smi, as uid 1000 under load')
cp "$home/sections/"*.json "$WORK/sections/"
