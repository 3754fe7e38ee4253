"""Sends the timing of finished requests to an infermeter agent, and never holds a request up.

    sender = SpanSender("127.0.0.1:4317")
    series = sender.series(model="text", variant="int8", labels={"gpu": "GPU-..."})
    span = series.start()
    span.phase("inference")
    ...
    span.end(batch_size=8)

Copy this file and span_wire.py into a server of your own; both need grpcio only.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import Any, Callable, Mapping

import grpc

from span_wire import STATUS_ERROR, STATUS_OK, Phase, decode_ack, encode_batch, encode_series, encode_span

_METHOD = "/infermeter.v1.SpanService/Report"
_BATCH_SPANS = 512
_CALL_TIMEOUT_S = 5.0
# A batch is sent again for so long; spans that are older than the agent's `lateness` (30 s) would be refused anyway.
_RETRY_FOR_S = 25.0
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0
# Left alone, gRPC waits up to two minutes before it looks for an agent again that was away.
_RECONNECT = [
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
]
# The agent's answer is about the batch itself: the same bytes would get the same answer.
_FINAL = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
)


class SpanSender:
    """Collects spans and sends them in batches from a thread of its own. Make one per process, after any fork.

    The queue holds `capacity` spans; further ones are dropped and counted, and the agent is told how many.
    """

    def __init__(
        self,
        address: str,
        *,
        capacity: int = 10_000,
        flush_interval_s: float = 0.2,
        on_error: Callable[[str], None] = lambda message: None,
    ) -> None:
        self._capacity = capacity
        self._flush_interval_s = flush_interval_s
        self._on_error = on_error
        self._queue: deque[bytes] = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._deadline_s = float("inf")
        self._untold_drops = 0
        self._producer_id = os.urandom(16)  # with the sequence: a batch that was sent twice counts once
        self._sequence = 0
        self.counts = {"accepted": 0, "rejected": 0, "dropped": 0}
        self._channel = grpc.insecure_channel(address, options=_RECONNECT)
        # Without serializers the call takes bytes and gives bytes.
        self._report = self._channel.unary_unary(_METHOD)
        self._thread = threading.Thread(target=self._run, name="infermeter", daemon=True)
        self._thread.start()

    def series(
        self,
        *,
        model: str,
        variant: str = "",
        version: str = "",
        operation: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Series:
        """What spans are counted by; encoded once. The label `gpu` (a uuid) says where they run."""
        return Series(self, encode_series(model, variant, version, operation, labels or {}))

    def close(self, timeout_s: float = 2.0) -> None:
        """Sends what waits, for at most `timeout_s`; what is left then counts as dropped."""
        self._deadline_s = time.monotonic() + timeout_s
        self._closing.set()
        self._thread.join(timeout_s + _CALL_TIMEOUT_S)
        self._channel.close()

    def _enqueue(self, span: bytes) -> None:
        with self._lock:
            if len(self._queue) < self._capacity and not self._closing.is_set():
                self._queue.append(span)
                return
        self._drop(1)

    def _run(self) -> None:
        while True:
            last = self._closing.wait(self._flush_interval_s)
            while spans := self._take():
                self._send(spans)
            if last:
                return

    def _take(self) -> list[bytes]:
        with self._lock:
            return [self._queue.popleft() for _ in range(min(_BATCH_SPANS, len(self._queue)))]

    def _send(self, spans: list[bytes]) -> None:
        self._sequence += 1
        with self._lock:
            told, self._untold_drops = self._untold_drops, 0
        batch = encode_batch(self._producer_id, self._sequence, spans, told)
        try:
            ack = decode_ack(self._report_with_retries(batch))
        except (grpc.RpcError, ValueError) as error:
            self._on_error(f"{len(spans)} spans lost: {_reason(error)}")
            self._drop(len(spans), told)
            return
        with self._lock:
            self.counts["accepted"] += ack.accepted
            self.counts["rejected"] += ack.rejected
        if ack.rejected:
            self._on_error(f"{ack.rejected} spans refused: {', '.join(sorted(set(ack.reasons)))}")

    def _report_with_retries(self, batch: bytes) -> bytes:
        give_up_s = time.monotonic() + _RETRY_FOR_S
        pause_s = _FIRST_PAUSE_S
        while True:
            left_s = min(give_up_s, self._deadline_s) - time.monotonic()
            try:
                return self._report(batch, timeout=max(0.05, min(_CALL_TIMEOUT_S, left_s)))
            except grpc.RpcError as error:
                if left_s <= pause_s or error.code() in _FINAL:
                    raise
                if pause_s == _FIRST_PAUSE_S:
                    self._on_error(f"sending again: {_reason(error)}")
            self._pause(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _pause(self, seconds: float) -> None:
        # While closing, `wait` returns at once, and would make this a busy loop.
        if self._closing.wait(seconds):
            time.sleep(min(seconds, 0.1))

    def _drop(self, spans: int, told_in_vain: int = 0) -> None:
        with self._lock:
            self.counts["dropped"] += spans
            self._untold_drops += spans + told_in_vain


class Series:
    def __init__(self, sender: SpanSender, encoded: bytes) -> None:
        self._sender = sender
        self._encoded = encoded

    def start(self) -> Span:
        return Span(self)

    def record(
        self,
        start_unix_ns: int,
        duration_ns: int,
        phases: list[Phase],
        *,
        ok: bool = True,
        batch_size: int | None = None,
        input_tokens: int | None = None,
    ) -> None:
        """A request that was timed elsewhere."""
        status = STATUS_OK if ok else STATUS_ERROR
        sizes = {"batch_size": batch_size, "input_tokens": input_tokens}
        self._sender._enqueue(encode_span(self._encoded, start_unix_ns, duration_ns, status, phases, **sizes))


class Span:
    """One request being timed. Of one thread at a time; phases follow one another."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._start_unix_ns = time.time_ns()
        self._start_ns = time.perf_counter_ns()
        self._marks: list[tuple[str, int]] = []

    def phase(self, name: str) -> None:
        """Ends the phase before it."""
        self._marks.append((name, time.perf_counter_ns()))

    def end(self, *, batch_size: int | None = None, input_tokens: int | None = None, requests: int = 1) -> None:
        """`requests`: how many ran as this one batch. Each is a span with the same times."""
        self._finish(requests, ok=True, batch_size=batch_size, input_tokens=input_tokens)

    def fail(self) -> None:
        self._finish(1, ok=False)

    def _finish(self, requests: int, **details: Any) -> None:
        end_ns = time.perf_counter_ns()
        ends = [at for _, at in self._marks[1:]] + [end_ns]
        phases = [
            Phase(name, end - start, start - self._start_ns)
            for (name, start), end in zip(self._marks, ends)
        ]
        for _ in range(requests):
            self._series.record(self._start_unix_ns, end_ns - self._start_ns, phases, **details)


def _reason(error: Exception) -> str:
    if isinstance(error, grpc.RpcError):
        return f"{error.code().name}, {error.details()}"
    return str(error)
