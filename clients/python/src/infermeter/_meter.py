"""Where requests of one model and variant are measured."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Mapping
from typing import Any, Callable, TypeVar, overload

from infermeter._error_log import ErrorCallback
from infermeter._gpu_place import visible_gpu
from infermeter._measured import measured
from infermeter._request import Request
from infermeter._sender import Sender
from infermeter._sender_settings import SenderSettings, Token
from infermeter._senders import sender_for
from infermeter._series import Series
from infermeter._span_queue import STATUS_ERROR, STATUS_OK
from infermeter._stats import Stats

F = TypeVar("F", bound=Callable[..., Any])

_ADDRESS_VARIABLE = "INFERMETER_ADDRESS"
_DEFAULT_ADDRESS = "localhost:4317"
_MAX_DERIVED = 1000
_NS_PER_S = 1_000_000_000


class Meter:
    """Measures the requests of one model and variant, and has them sent to the agent in the background.

    It is a guest in the process that it measures: what it gives never blocks and never raises, memory is bounded, and
    what is lost is counted. Meters with the same agent share one thread and one connection, which are made with the
    first request, in each process anew.
    """

    __slots__ = ("_derived", "_queue", "_sender", "_series")

    def __init__(
        self,
        model: str,
        variant: str = "",
        *,
        version: str = "",
        operation: str = "",
        labels: Mapping[str, str] | None = None,
        gpu: str | tuple[str, ...] | None = None,
        address: str | None = None,
        tls: bool | ssl.SSLContext = False,
        token: Token = None,
        flush_interval: float = 0.25,
        max_spans: int = 65_536,
        on_error: ErrorCallback | None = None,
    ) -> None:
        """`variant` is the build of the model: fp32, fp16, int8, fp8, int4-awq, …

        labels: those that the agent's config lists become tags. Never put ids of requests there.
        gpu: uuid of the GPU that the model runs on, or several. Left out, it is taken from the environment if that
            shows this process one GPU by its uuid.
        address: `host:port` or `unix:/path`; by default $INFERMETER_ADDRESS, else localhost:4317.
        tls: True trusts the system's authorities. A context is made one of HTTP/2.
        token: bearer token, or a function that is asked anew for each call.
        flush_interval: seconds that a request waits for others at the most.
        max_spans: how many are kept while the agent is away; then the oldest go.
        on_error: told of trouble, from the background thread; by default it is logged as a warning of the logger
            `infermeter`. Once a minute and kind.
        """
        settings = SenderSettings(
            address=address or os.environ.get(_ADDRESS_VARIABLE) or _DEFAULT_ADDRESS,
            tls=_tls_context(tls),
            token=token,
            flush_interval_s=min(10.0, max(0.01, flush_interval)),
            max_spans=min(1 << 20, max(1, max_spans)),
            on_error=on_error,
        )
        place = (gpu if isinstance(gpu, str) else ",".join(gpu)) if gpu else visible_gpu()
        all_labels = {**(labels or {}), **({"gpu": place} if place else {})}
        self._sender: Sender = sender_for(settings)
        self._queue = self._sender.queue
        self._series = Series((model, variant, version, operation), all_labels)
        self._derived: dict[tuple[Any, ...], Meter] = {}

    @property
    def operation(self) -> str:
        return self._series.operation

    def request(self) -> Request:
        """Begins a request.

        with meter.request() as request:
            with request.phase("inference"):
                ...
        """
        return Request(self, self._series, self._queue)

    def record(
        self,
        seconds: float,
        *,
        phases: Mapping[str, float] | None = None,
        failed: bool = False,
        batch_size: int | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        first_token_seconds: float | None = None,
    ) -> None:
        """A request that was timed elsewhere, and ends now. `phases`, in seconds, ran in the order given."""
        try:
            end = time.perf_counter_ns()
            start = at = end - _ns(seconds)
            marks = []
            for name, phase_seconds in (phases or {}).items():
                begun, at = at, at + _ns(phase_seconds)
                marks += [name, begun, at]
            first = None if first_token_seconds is None else start + _ns(first_token_seconds)
        except (TypeError, ValueError, OverflowError, AttributeError):
            end, start, marks, first = None, None, [], None
        status = STATUS_ERROR if failed else STATUS_OK
        figures = (status, batch_size, input_tokens, output_tokens, first)
        record = (self._series, None, start, end, *figures, *marks)
        if len(self._queue.records) < self._queue.limit:
            self._queue.add(record)
        else:
            self._queue.overflow(record)

    def using(
        self,
        *,
        variant: str | None = None,
        version: str | None = None,
        operation: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Meter:
        """A meter that differs in these from this one; the same values give the same meter.

        Of more than a thousand combinations the others count for this meter itself: they are no operations, but ids.
        """
        changes = (None, variant, version, operation)
        key = (*changes, tuple(labels.items()) if labels else None)
        meter = self._derived.get(key)
        if meter is None:
            if len(self._derived) >= _MAX_DERIVED:
                return self
            meter = self._derived[key] = self._derive(changes, labels or {})
        return meter

    @overload
    def measure(self, function: F) -> F: ...

    @overload
    def measure(self, *, phase: str = ...) -> Callable[[F], F]: ...

    def measure(self, function: F | None = None, *, phase: str = "") -> F | Callable[[F], F]:
        """Decorator: each call of the function is a request, and all of it one phase if `phase` names one.

        Coroutines and generators, asynchronous ones too, are measured to their end; the first item of a generator
        counts as the first token.
        """
        if function is not None:
            return measured(function, self.request, phase)
        return lambda function: measured(function, self.request, phase)

    def flush(self, timeout: float = 2.0) -> bool:
        """Waits until all that was recorded is answered, at most so many seconds; whether it is.

        Not needed when a process ends: what waits is then sent by itself, if the agent is there.
        """
        return self._sender.flush(timeout)

    def stats(self) -> Stats:
        return self._sender.stats()

    def _derive(self, changes: tuple[str | None, ...], labels: Mapping[str, str]) -> Meter:
        names = (own if new is None else new for own, new in zip(self._series.names, changes))
        meter: Meter = object.__new__(Meter)
        meter._sender, meter._queue, meter._derived = self._sender, self._queue, {}
        meter._series = Series(names, {**self._series.labels, **labels})
        return meter


def _tls_context(tls: bool | ssl.SSLContext) -> ssl.SSLContext | None:
    if not tls:
        return None
    context = ssl.create_default_context() if tls is True else tls
    context.set_alpn_protocols(["h2"])
    return context


def _ns(seconds: float) -> int:
    return int(float(seconds) * _NS_PER_S)
