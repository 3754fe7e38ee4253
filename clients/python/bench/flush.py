"""What the background thread does for each span: time to encode a batch, during which it holds the interpreter.

python bench/flush.py
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from infermeter._series import Series
from infermeter._span_columns import encode_spans
from infermeter._span_queue import Record

SHAPES = {
    "two phases": ("preprocess", "inference"),
    "six phases": ("preprocess", "queue", "h2d", "inference", "d2h", "postprocess"),
}


def main() -> None:
    print(f"Python {platform.python_version()}")
    print(f"{'spans':28} {'batch':>6} {'µs a batch':>11} {'µs a span':>10} {'bytes a span':>13}")
    for name, phases in SHAPES.items():
        for size in (16, 128, 512):
            row(name, [record(i, phases) for i in range(size)])
    row("alternating, 16 series", [record(i, list(SHAPES.values())[i % 2], i % 16) for i in range(512)])


SERIES = [Series(("model", f"variant {i}", "", ""), {}) for i in range(16)]


def record(i: int, phases: tuple[str, ...], series: int = 0) -> Record:
    start = 1_000_000_000_000 + i * 1_000_000
    marks = [
        mark for n, name in enumerate(phases) for mark in (name, start + n * 1000, start + n * 1000 + 900)
    ]
    return (SERIES[series], None, start, start + 500_000, 1, 8, 100, 20, start + 1000, *marks)


def row(name: str, records: list[Record]) -> None:
    times = []
    for _ in range(300):
        began = time.perf_counter_ns()
        batches, _ = encode_spans(records, 1_700_000_000_000_000_000)
        times.append((time.perf_counter_ns() - began) / 1000)
    median = statistics.median(times)
    size = sum(len(batch.columns) for batch in batches)
    print(
        f"{name:28} {len(records):6} {median:11.1f} {median / len(records):10.2f} {size / len(records):13.1f}"
    )


if __name__ == "__main__":
    main()
