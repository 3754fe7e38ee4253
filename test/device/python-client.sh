#!/usr/bin/env bash
# The Python client's PyTorch part on a machine with one GPU, some 75 seconds: phases by CUDA events against the clock,
# what they cost the caller, operators of a profile, and a small trace (kineto-cuda.json.gz) of the GPU's profiler.
#
#   OUT=/tmp/evidence NODE=node AGENT_DIR=. bash test/device/python-client.sh
#
# Needs `npm run build` and, of Python, PyTorch with CUDA and h2; README.md beside this has the variables.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
# shellcheck source=test/device/agent-under-test.sh
source test/device/agent-under-test.sh

start_agent
section 'machine' 20 python3 test/device/machine.py
section 'Python client' 80 python3 test/device/python_client.py
