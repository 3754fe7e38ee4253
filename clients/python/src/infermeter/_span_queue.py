"""Where requests leave their figures for the background thread."""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import Any, Callable

# What a request leaves: the fields below, and then name, start and end of each phase. Times are those of
# `time.perf_counter_ns`.
SERIES, TIMINGS, START, END, STATUS, BATCH_SIZE, INPUT_TOKENS, OUTPUT_TOKENS, FIRST_TOKEN, PHASES = range(10)
Record = tuple[Any, ...]

STATUS_OK, STATUS_ERROR = 1, 2


class SpanQueue:
    """A bounded queue whose writers take no lock: appending to a deque and counting on are atomic in CPython.

    `limit` is 0 until the background thread runs, so that a writer needs no check of its own for that: it finds the
    queue full, and `overflow` starts the thread.
    """

    __slots__ = ("_losses", "_readings", "add", "limit", "records", "start")

    def __init__(self, start: Callable[[], bool]) -> None:
        # Starts the background thread if it may and does not run; whether it does now.
        self.start = start
        self.reset()

    def reset(self) -> None:
        """Begins anew, after a fork: what waited is the parent's."""
        self.records: deque[Record] = deque()
        self.add = self.records.append
        self.limit = 0
        self._losses = count()
        self._readings = 0

    def overflow(self, record: Record) -> None:
        """The slow path of a writer who finds `limit` records waiting."""
        if self.limit == 0 and self.start():
            self.add(record)
        else:
            next(self._losses)

    def take(self, limit: int) -> list[Record]:
        """The oldest records, at most `limit`. For the background thread alone."""
        pop = self.records.popleft
        return [pop() for _ in range(min(limit, len(self.records)))]

    @property
    def lost(self) -> int:
        """Records that found no room. For one reader at a time."""
        # Reading a counter that has no other atomic access counts too.
        self._readings += 1
        return next(self._losses) - self._readings + 1
