"""The background thread that brings spans from the queue to the agent, one for each agent and process."""

from __future__ import annotations

import os
import threading
import time
from _thread import start_new_thread
from collections import deque
from typing import Callable

from infermeter._delivery import Delivery
from infermeter._error_log import ErrorLog
from infermeter._outbox import Call, Outbox
from infermeter._sender_settings import SenderSettings
from infermeter._span_columns import encode_spans
from infermeter._span_queue import SERIES, Record, SpanQueue
from infermeter._stats import Stats
from infermeter._waiting_timings import WaitingTimings

# Spans of one batch, as in the other clients.
_BATCH_SPANS = 512
# Spans that wait for the thread; it takes them every quarter of a second, also while the agent is away.
_MAX_QUEUED = 16_384
_MAX_TROUBLES = 16
# How often the thread looks whether all is answered, while somebody waits for that.
_FLUSH_STEP_S = 0.02


class _Flush:
    """Somebody who waits until what was recorded is answered."""

    def __init__(self, attempts: float) -> None:
        self.attempts = attempts
        self.failures_before: int | None = None
        self.succeeded = False
        self.done = threading.Event()


class Sender:
    """Starts its thread with the first span, and anew after a fork. No method raises, and only `flush` waits."""

    def __init__(self, settings: SenderSettings, on_start: Callable[[], None]) -> None:
        self._settings = settings
        self._on_start = on_start
        self.queue = SpanQueue(self._start)
        self._reset()

    def _reset(self) -> None:
        settings = self._settings
        self._starting = threading.Lock()
        self._wake = threading.Event()
        self._runs = self._ends = False
        self._flushes: list[_Flush] = []
        self._errors = ErrorLog(settings.on_error)
        self._outbox = Outbox(os.urandom(16), settings.max_spans)
        self._delivery = Delivery(settings, self._outbox, self._errors)
        self._timings = WaitingTimings()
        self._troubles: deque[tuple[str, str]] = deque(maxlen=_MAX_TROUBLES)
        self._invalid = 0
        self._lost = 0
        self._encode_next_s = 0.0
        self._published = self._read_stats()

    def reset_after_fork(self) -> None:
        """In the child: the thread did not come along; what waits, and the connection, are the parent's."""
        self._delivery.close()
        self.queue.reset()
        self._reset()

    def report(self, method: str, message: bytes) -> None:
        """Sends something else than spans, in its turn."""
        if not self._outbox.add_report(Call(method, message)):
            self.report_error("full", "too many reports wait for the agent")
        self._start()
        self._wake.set()

    def report_error(self, kind: str, message: str) -> None:
        """Trouble of an integration, in whatever thread; told from the background."""
        self._troubles.append((kind, message))
        self._start()

    def flush(self, timeout_s: float, attempts: float = float("inf")) -> bool:
        """Waits until what was recorded before is answered; gives up after so many seconds, or failed attempts."""
        if not self._runs:
            return True
        flush = _Flush(attempts)
        self._flushes.append(flush)
        self._wake.set()
        return flush.done.wait(timeout_s) and flush.succeeded

    def end(self) -> None:
        """The process ends: the thread shall not be at work while the interpreter goes down."""
        self._ends = True
        self._wake.set()

    def stats(self) -> Stats:
        queued = len(self.queue.records)
        stats = self._published
        return stats._replace(recorded=stats.recorded + queued, waiting=stats.waiting + queued)

    def _start(self) -> bool:
        """Whether the thread runs, or is about to. Waits for no lock that another holds, nor for the thread: a
        `threading.Thread` would be waited for until the system lets it run.
        """
        if self._runs or not self._starting.acquire(blocking=False):
            return True
        try:
            if not self._runs:
                start_new_thread(self._run, ())
                self._runs = True
                self._on_start()
                self.queue.limit = _MAX_QUEUED
            return True
        except RuntimeError:  # no further thread may start: there are too many, or the interpreter ends
            return False
        finally:
            self._starting.release()

    def _run(self) -> None:
        threading.current_thread().name = "infermeter"
        while not self._ends:
            try:
                self._turn()
            except Exception as error:  # a bug may cost figures, but not the thread
                self._errors.report("invalid", f"bug: {error!r}")
                time.sleep(self._settings.flush_interval_s)

    def _turn(self) -> None:
        interval_s = self._settings.flush_interval_s
        flushes = self._flushes[:]
        for flush in flushes:
            if flush.failures_before is None:
                flush.failures_before = self._delivery.failures
                self._delivery.hurry()
        while self._troubles:
            self._errors.report(*self._troubles.popleft())
        now_s = time.monotonic()
        if flushes or now_s >= self._encode_next_s or len(self.queue.records) >= _BATCH_SPANS:
            self._encode_next_s = now_s + interval_s
            self._take_lost()
            self._encode_queued()
        self._delivery.step()
        self._published = self._read_stats()
        self._finish(flushes)
        pause_s = min(interval_s, _FLUSH_STEP_S) if self._flushes else interval_s
        if self._delivery.is_waiting:
            self._delivery.wait(pause_s)
        elif self._wake.wait(pause_s):
            self._wake.clear()

    def _take_lost(self) -> None:
        lost = self.queue.lost
        if lost > self._lost:
            self._outbox.drop(lost - self._lost)
            self._lost = lost
            self._errors.report("full", "spans were dropped: more came than this process can send")

    def _encode_queued(self) -> None:
        """Lets go of the interpreter between batches, so that a request that wants to run waits for one at the most."""
        dropped_before = self._outbox.dropped
        more = True
        while more:
            records = self.queue.take(_BATCH_SPANS)
            more = len(records) == _BATCH_SPANS
            self._encode(self._timings.pass_through(records))
            time.sleep(0)
        if self._outbox.dropped > dropped_before:
            self._errors.report("full", "the oldest spans were dropped: too many wait for the agent")

    def _encode(self, records: list[Record]) -> None:
        faults = [record[SERIES].fault for record in records if record[SERIES].fault]
        if faults:
            self._errors.report("invalid", faults[0])
            records = [record for record in records if not record[SERIES].fault]
        batches, invalid = encode_spans(records, _unix_offset_ns())
        if invalid:
            self._errors.report("invalid", "a span with a figure or name of a wrong type")
        self._invalid += len(faults) + invalid
        for batch in batches:
            self._outbox.add(batch)

    def _finish(self, flushes: list[_Flush]) -> None:
        is_empty = self._outbox.is_empty and self._timings.spans == 0
        for flush in flushes:
            failures = self._delivery.failures - (flush.failures_before or 0)
            if is_empty or failures >= flush.attempts:
                flush.succeeded = is_empty
                flush.done.set()
                self._flushes.remove(flush)

    def _read_stats(self) -> Stats:
        delivery, outbox = self._delivery, self._outbox
        waiting = outbox.spans + self._timings.spans
        return Stats(
            recorded=delivery.accepted + delivery.rejected + outbox.dropped + waiting,
            sent=outbox.sent,
            accepted=delivery.accepted,
            rejected=delivery.rejected,
            dropped=outbox.dropped,
            waiting=waiting,
            invalid=self._invalid,
            reconnects=delivery.reconnects,
            last_error=self._errors.last,
        )


def _unix_offset_ns() -> int:
    """What makes Unix time of `time.perf_counter_ns`, also if the thread is held up between two readings."""
    offset_ns, narrowest_ns = 0, float("inf")
    for _ in range(3):
        before_ns = time.perf_counter_ns()
        unix_ns = time.time_ns()
        took_ns = time.perf_counter_ns() - before_ns
        if took_ns < narrowest_ns:
            offset_ns, narrowest_ns = unix_ns - before_ns - took_ns // 2, took_ns
    return offset_ns
