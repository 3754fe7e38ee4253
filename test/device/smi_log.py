"""Background: what nvidia-smi prints once a second, with the time of the call, as lines of JSON."""

import json
import subprocess
import time

from evidence_paths import WORK

FIELDS = (
    "uuid", "memory.used", "temperature.gpu", "utilization.gpu", "power.draw.instant", "power.draw.average", "clocks.sm",
)  # fmt: skip
_COMMAND = ["nvidia-smi", f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]

with open(WORK / "smi.jsonl", "a") as log:
    while True:
        started_s = time.time()
        output = subprocess.run(_COMMAND, capture_output=True, text=True, timeout=20).stdout
        at_ms = (started_s + time.time()) / 2 * 1000
        for line in output.splitlines():
            row = dict(zip(FIELDS, (cell.strip() for cell in line.split(","))))
            log.write(json.dumps({"at_unix_ms": at_ms, **row}) + "\n")
        log.flush()
        time.sleep(max(0.0, started_s + 1 - time.time()))
