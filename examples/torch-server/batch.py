"""Requests that a batcher runs as one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from infermeter import Meter


class Batch:
    """Timed once, in a `with` block; each of its requests is then a span with these times."""

    def __init__(self, meter: Meter, tokens_per_request: int | None) -> None:
        self._meter = meter
        self._tokens_per_request = tokens_per_request
        self._started_s = time.perf_counter()
        self._phases_s: dict[str, float] = {}
        self.requests = 1

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self._phases_s[name] = time.perf_counter() - started_s

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        seconds = time.perf_counter() - self._started_s
        done = {"failed": True} if kind else {"batch_size": 1, "input_tokens": self._tokens_per_request}
        for _ in range(self.requests):
            self._meter.record(seconds, phases=self._phases_s, **done)
