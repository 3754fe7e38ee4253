"""Background: the energy counter of each GPU at each edge of a slice, read by pynvml, independently of the agent.

The counter moves every 100 ms or so. It is read every 25 ms around the edge; between the two moves that enclose the
edge it is interpolated. A line of JSON for each edge, until it is told to end.
"""

from __future__ import annotations

import json
import time

import pynvml
from evidence_paths import SLICE_S, WORK

_AROUND_S = 0.35
_EVERY_S = 0.025


def main() -> None:
    pynvml.nvmlInit()
    handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    uuids = [_text(pynvml.nvmlDeviceGetUUID(handle)) for handle in handles]
    with open(WORK / "energy.jsonl", "a") as log:
        while True:
            edge_s = ((time.time() + _AROUND_S) // SLICE_S + 1) * SLICE_S
            time.sleep(edge_s - _AROUND_S - time.time())
            readings = _read_until(edge_s + _AROUND_S, handles)
            joules = {uuid: _at(edge_s, series) for uuid, series in zip(uuids, readings)}
            log.write(json.dumps({"at_unix_ms": edge_s * 1000, "joules": joules}) + "\n")
            log.flush()


def _read_until(end_s: float, handles: list) -> list[list[tuple[float, float]]]:
    readings: list[list[tuple[float, float]]] = [[] for _ in handles]
    while (now_s := time.time()) < end_s:
        for series, handle in zip(readings, handles):
            before_s = time.time()
            joules = pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000
            series.append(((before_s + time.time()) / 2, joules))
        time.sleep(max(0.0, now_s + _EVERY_S - time.time()))
    return readings


def _at(edge_s: float, series: list[tuple[float, float]]) -> float | None:
    """Between the moves of the counter; the first reading is no move, for it does not say when the counter moved."""
    moves = [after for before, after in zip(series, series[1:]) if after[1] != before[1]]
    earlier = [move for move in moves if move[0] <= edge_s]
    later = [move for move in moves if move[0] > edge_s]
    if not earlier or not later:
        return None
    (start_s, start), (end_s, end) = earlier[-1], later[0]
    return start + (end - start) * (edge_s - start_s) / (end_s - start_s)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


if __name__ == "__main__":
    main()
