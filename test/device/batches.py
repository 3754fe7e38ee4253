"""Section: 32 requests run as one batch and are 32 spans with the same times; the GPU is busy once.

One client pauses between batches, so that the GPU is idle in between. The truth is the server's own sum of the time
that its network ran, read at the edges of the slices.
"""

import threading
import time

from agent_points import mean_of, read_points, sum_of, wait_until_written
from evidence_paths import SLICE_S, SLICES
from model_load import AlignedLoad, ModelServer
from section_result import markdown_table, shown, write_section

BATCH = 32


class EdgeStats(threading.Thread):
    """The server's counters at each edge."""

    def __init__(self, server: ModelServer, load: AlignedLoad) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._edges = [load.first_edge_s + SLICE_S * n for n in range(SLICES + 1)]
        self.stats: list[dict] = []

    def run(self) -> None:
        for edge_s in self._edges:
            time.sleep(max(0.0, edge_s - time.time()))
            self.stats.append(self._server.stats())


with ModelServer("text", "fp16", port=8081) as server:
    load = AlignedLoad([server], endpoint="batch", batch_size=BATCH, concurrency=1, pause_seconds=0.13)
    edge_stats = EdgeStats(server, load)
    edge_stats.start()
    [result] = load.finish()
    edge_stats.join(timeout=10)
wait_until_written(result["last_edge_ms"])

rows, figures = [], []
for number, (before, after) in enumerate(zip(edge_stats.stats, edge_stats.stats[1:]), start=1):
    end_ms = result["first_edge_ms"] + number * SLICE_S * 1000
    series = {"window": "10s", "model": "text", "variant": "fp16"}
    inference = read_points("inference", end_ms, end_ms, **series)
    phase = read_points("inference_phase", end_ms, end_ms, phase="inference", **series)
    joined = read_points("inference_gpu", end_ms, end_ms, **series)
    requests, seconds_mean = sum_of(inference, "requests"), mean_of(phase, "seconds_mean")
    slice_figures = {
        "batches": after["batches"] - before["batches"],
        "requests": requests,
        "server_inference_seconds": after["inference_seconds"] - before["inference_seconds"],
        "busy_seconds": sum_of(joined, "busy_seconds"),
        "sum_of_spans_seconds": requests * seconds_mean if requests and seconds_mean else None,
    }
    figures.append(slice_figures)
    rows.append((number, *(shown(value, 2) for value in slice_figures.values())))
head = ("slice", "batches", "requests", "network ran s (server)", "busy s (agent)", "sum over spans s")
note = "A slot of 20 ms that is touched counts whole: about 20 ms more a batch than the network ran."
write_section("batches", "Batches of 32, a span for each request", [markdown_table(head, rows), note], {"load": result, "slices": figures})
