"""Where this run keeps things, and on which addresses it runs; from the environment that the shell scripts set."""

import os
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True
# So that a section which is ended by its time limit still ends what it started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by its time limit"))

ROOT = Path(__file__).resolve().parents[2]
WORK = Path(os.environ.get("WORK", "/tmp/infermeter-evidence"))
AGENT_HTTP = os.environ.get("AGENT_HTTP", "http://127.0.0.1:9865")
AGENT_GRPC = os.environ.get("AGENT_GRPC", "127.0.0.1:4317")
SIZE = os.environ.get("SIZE", "large")
DEVICE = os.environ.get("DEVICE", "cuda")
SLICES = int(os.environ.get("SLICES", "2"))
SLICE_S = 10
# What the agent is configured with (agent.yaml), and its grace before it writes.
LATENESS_S = 5
GRACE_S = 3
