"""What a service says of itself with each answer: it remembers the last minute. The agent needs none of it."""

from __future__ import annotations

import threading
import time
from collections import deque

_REMEMBERED_S = 60.0
_MAX_REMEMBERED = 10_000
_BYTES_PER_MB = 1e6
_PAGE_BYTES = 4096


class ServiceMetrics:
    """Of one variant; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started_s = time.monotonic()
        self._requests: deque[tuple[float, float]] = deque(maxlen=_MAX_REMEMBERED)

    def add(self, latency_s: float) -> dict[str, float]:
        """The figures with this request."""
        with self._lock:
            now_s = time.monotonic()
            self._requests.append((now_s, latency_s))
            self._forget(now_s)
            return {"latency_ms": latency_s * 1000, **self._summary(now_s)}

    def summary(self) -> dict[str, float]:
        """Of the last minute."""
        with self._lock:
            now_s = time.monotonic()
            self._forget(now_s)
            return self._summary(now_s)

    def _forget(self, now_s: float) -> None:
        while self._requests and self._requests[0][0] < now_s - _REMEMBERED_S:
            self._requests.popleft()

    def _summary(self, now_s: float) -> dict[str, float]:
        latencies = sorted(latency_s for _, latency_s in self._requests)
        if not latencies:
            return {"requests": 0, "memory_mb": _resident_bytes() / _BYTES_PER_MB}
        watched_s = min(_REMEMBERED_S, now_s - self._started_s)
        return {
            "requests": len(latencies),
            "average_ms": sum(latencies) / len(latencies) * 1000,
            "p95_ms": latencies[-(-len(latencies) * 95 // 100) - 1] * 1000,
            "throughput_per_second": len(latencies) / watched_s,
            "memory_mb": _resident_bytes() / _BYTES_PER_MB,
        }


def _resident_bytes() -> int:
    """Of this process, with both variants in it."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * _PAGE_BYTES
