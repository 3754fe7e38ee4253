"""Drives the example's sender for the test: reads one JSON job from standard input, prints the sender's counts."""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "examples/torch-server"))

from infermeter_spans import SpanSender  # noqa: E402
from span_wire import Phase  # noqa: E402

job = json.load(sys.stdin)
sender = SpanSender(
    job["address"],
    capacity=job.get("capacity", 10_000),
    flush_interval_s=job.get("flushIntervalSeconds", 0.05),
    on_error=lambda message: print(message, file=sys.stderr, flush=True),
)
series = sender.series(**job["series"])
for span in job["spans"]:
    phases = [Phase(*phase) for phase in span.pop("phases", [])]
    series.record(span.pop("start_unix_ns"), span.pop("duration_ns"), phases, **span)
if job.get("timed"):
    timed = series.start()
    timed.phase("queue")
    timed.phase("inference")
    timed.end(batch_size=1, requests=job["timed"])
sender.close(job.get("closeSeconds", 10))
print(json.dumps(sender.counts))
