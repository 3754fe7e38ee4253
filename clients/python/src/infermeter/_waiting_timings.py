"""Requests that ended before the times of all their phases were known."""

from __future__ import annotations

import time
from collections import deque

from infermeter._span_queue import END, TIMINGS, Record
from infermeter._timing import Timing

# A GPU that takes longer is stuck: the request then goes without the phase.
_PATIENCE_S = 10.0
_MAX_WAITING = 4096


class WaitingTimings:
    """Hands records on in the order in which they came, each once its times are known, or patience or room is out."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Record]] = deque()

    @property
    def spans(self) -> int:
        return len(self._waiting)

    def pass_through(self, records: list[Record]) -> list[Record]:
        """Those that are complete now; the others wait."""
        if not self._waiting and all(record[TIMINGS] is None for record in records):
            return records
        now_s = time.monotonic()
        self._waiting.extend((now_s, record) for record in records)
        complete: list[Record] = []
        while self._waiting:
            since_s, record = self._waiting[0]
            is_overdue = now_s - since_s > _PATIENCE_S or len(self._waiting) > _MAX_WAITING
            if not is_overdue and not all(timing.is_ready() for timing in record[TIMINGS] or ()):
                break
            self._waiting.popleft()
            complete.append(_completed(record))
        return complete


def _completed(record: Record) -> Record:
    timings: list[Timing] = record[TIMINGS] or []
    completed = list(record)
    completed[TIMINGS] = None
    for timing in timings:
        times = timing.read() if timing.is_ready() else None
        if times is not None:
            completed += (timing.name, *times)
            if timing.ends_request:
                completed[END] = max(completed[END], times[1])
    return tuple(completed)
