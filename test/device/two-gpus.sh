#!/usr/bin/env bash
# A model on each of two GPUs: what the agent books to which; README.md beside this says what it takes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
# shellcheck source=test/device/agent-under-test.sh
source test/device/agent-under-test.sh

start_agent
start_logs
section 'machine' 60 python3 test/device/machine.py
in_background python3 test/device/reader_process.py "$AGENT_PID" 40
section 'two GPUs' 240 python3 test/device/two_gpus.py
section 'energy' 60 python3 test/device/energy_sum.py
section "nvidia-smi's truth" 60 python3 test/device/smi_truth.py
