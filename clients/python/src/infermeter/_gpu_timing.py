"""Times of work on a GPU, by events that the GPU stamps when it comes to them. Nobody waits for it."""

from __future__ import annotations

from collections import deque
from time import perf_counter_ns as now
from time import sleep
from typing import Any, Protocol

# Elapsed times are floats of 32 bits: over a second they are good to a tenth of a microsecond.
_ANCHOR_FOR_NS = 1_000_000_000
# A GPU that takes longer to stamp an event on a stream of its own is too busy to tell its time exactly.
_ANCHOR_WITHIN_NS = 2_000_000
_ANCHOR_TRIES = 3
_MAX_POOLED = 1024


class Events(Protocol):
    """Events of one device. Any method may raise."""

    def create(self) -> Any: ...

    def record(self, event: Any, stream: Any) -> None:
        """`stream`: what the library takes; None: the one on which the caller's work runs."""

    def record_alone(self, event: Any) -> None:
        """On a stream that no work waits on."""

    def is_done(self, event: Any) -> bool: ...

    def elapsed_ms(self, start: Any, end: Any) -> float:
        """Negative if `end` was before."""
        ...


class GpuTimer:
    """Brackets work with events, and finds out later when it ran, on the clock of the host.

    `start` and `stop` are for callers, all else for the background thread.
    """

    def __init__(self, events: Events) -> None:
        self._events = events
        self._pool: deque[Any] = deque(maxlen=_MAX_POOLED)
        self._anchor: Any = None
        self._anchor_ns = 0

    def start(self, stream: Any = None) -> tuple[Any, int]:
        """The event, and when it was asked for."""
        return self._record(stream), now()

    def stop(
        self, name: str, begun: tuple[Any, int], stream: Any = None, ends_request: bool = False
    ) -> GpuTiming:
        return GpuTiming(self, name, begun, self._record(stream), ends_request)

    def is_done(self, event: Any) -> bool:
        return self._events.is_done(event)

    def read(self, begun: tuple[Any, int], ended: Any) -> tuple[int, int]:
        event, asked_ns = begun
        duration_ns = int(self._events.elapsed_ms(event, ended) * 1e6)
        start_ns = asked_ns
        if self._set_anchor():
            # It cannot have begun before it was asked for.
            start_ns = max(
                asked_ns, self._anchor_ns + int(self._events.elapsed_ms(self._anchor, event) * 1e6)
            )
        self._pool += (event, ended)
        return start_ns, start_ns + duration_ns

    def _record(self, stream: Any) -> Any:
        event = self._take()
        self._events.record(event, stream)
        return event

    def _take(self) -> Any:
        try:
            return self._pool.popleft()
        except IndexError:
            return self._events.create()

    def _set_anchor(self) -> bool:
        """An event whose time on the host's clock is known; false if there is none that is fresh."""
        if self._anchor is not None and now() - self._anchor_ns < _ANCHOR_FOR_NS:
            return True
        best_ns = _ANCHOR_WITHIN_NS
        for _ in range(_ANCHOR_TRIES):
            event, before_ns = self._take(), now()
            self._events.record_alone(event)
            while not self._events.is_done(event) and now() - before_ns < _ANCHOR_WITHIN_NS:
                sleep(0)
            took_ns = now() - before_ns
            if took_ns < best_ns:
                best_ns = took_ns
                event, self._anchor = self._anchor, event
                self._anchor_ns = before_ns + took_ns // 2
            if event is not None:
                self._pool.append(event)
        return best_ns < _ANCHOR_WITHIN_NS


class GpuTiming:
    """A phase between two events."""

    __slots__ = ("_begun", "_ended", "_failed", "_timer", "ends_request", "name")

    def __init__(
        self, timer: GpuTimer, name: str, begun: tuple[Any, int], ended: Any, ends_request: bool
    ) -> None:
        self._timer = timer
        self._begun = begun
        self._ended = ended
        self._failed = False
        self.name = name
        self.ends_request = ends_request

    def is_ready(self) -> bool:
        try:
            return self._timer.is_done(self._ended)
        except Exception:  # the device is lost: nothing is to be waited for
            self._failed = True
            return True

    def read(self) -> tuple[int, int] | None:
        try:
            return None if self._failed else self._timer.read(self._begun, self._ended)
        except Exception:
            return None
