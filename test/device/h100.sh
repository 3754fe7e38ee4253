#!/usr/bin/env bash
# All figures of docs/evidence/h100.md on a machine with one GPU; README.md beside this says what it takes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
# shellcheck source=test/device/agent-under-test.sh
source test/device/agent-under-test.sh

start_agent
start_logs
section 'machine' 60 python3 test/device/machine.py
if wanted readers; then
  section 'readers on an idle GPU' 60 "$NODE" test/device/compare-readers.mjs readers_idle 'NVML against nvidia-smi, GPU idle'
fi
wanted kernels && section 'kernels' 120 python3 test/device/kernels.py
in_background python3 test/device/reader_process.py "$AGENT_PID" 60
wanted variants && section 'variants' 420 python3 test/device/variants.py
wanted shared && section 'two models at once' 120 python3 test/device/shared_gpu.py
wanted batches && section 'batches' 100 python3 test/device/batches.py
if wanted readers; then
  section 'readers under load' 150 python3 test/device/under_load.py text fp16 -- bash test/device/readers-under-load.sh
fi
section 'energy' 60 python3 test/device/energy_sum.py
section "nvidia-smi's truth" 60 python3 test/device/smi_truth.py
