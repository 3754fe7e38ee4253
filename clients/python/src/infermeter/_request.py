"""One request being measured. It is the caller's cost: written for speed, as bench/caller.py shows, not for beauty."""

from __future__ import annotations

from time import perf_counter_ns as now
from typing import TYPE_CHECKING, Any

from infermeter._span_queue import STATUS_ERROR, STATUS_OK

if TYPE_CHECKING:
    from types import TracebackType

    from infermeter._meter import Meter
    from infermeter._series import Series
    from infermeter._span_queue import SpanQueue
    from infermeter._timing import Timing


class Phase:
    """A part of a request; it begins when it is made, and ends with its `with` block, or by `end`."""

    __slots__ = ("_name", "_phases", "_start")

    def __init__(self, phases: list[Any], name: str) -> None:
        self._phases = phases
        self._name = name
        self._start = now()

    def end(self) -> None:
        self._phases += (self._name, self._start, now())

    def __enter__(self) -> Phase:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._phases += (self._name, self._start, now())


class Request:
    """Made by `Meter.request`; it begins when it is made, and ends with its `with` block, or by `end`.

    A `with` block that ends in an exception makes it a failed one; the exception goes on. A request that never ends is
    never counted, and of several ends the first counts. No method blocks or raises.
    """

    __slots__ = (
        "_failed",
        "_first_token",
        "_meter",
        "_phases",
        "_queue",
        "_series",
        "_start",
        "_timings",
        "batch_size",
        "input_tokens",
        "output_tokens",
    )

    def __init__(self, meter: Meter, series: Series, queue: SpanQueue) -> None:
        self._meter = meter
        self._series = series
        self._queue: SpanQueue | None = queue
        self._phases: list[Any] = []
        self._timings: list[Timing] | None = None
        # Items in the request's batch, and tokens; None: unknown.
        self.batch_size: int | None = None
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self._first_token: int | None = None
        self._failed = False
        self._start = now()

    def phase(self, name: str) -> Phase:
        """Begins a part: queue, preprocess, h2d, inference, d2h, postprocess, prefill, decode, or a name of your own.

        The same name may come more than once: its times add up. At most 32 names a request.
        """
        return Phase(self._phases, name)

    def tokens(self, *, input: int | None = None, output: int | None = None) -> None:
        if input is not None:
            self.input_tokens = input
        if output is not None:
            self.output_tokens = output

    def first_token(self) -> None:
        """The first token is out; later calls change nothing."""
        if self._first_token is None:
            self._first_token = now()

    def fail(self) -> None:
        """The request will count as failed when it ends."""
        self._failed = True

    def discard(self) -> None:
        """The request will not be counted, for instance because it asked for nothing sensible."""
        self._queue = None

    def use(self, meter: Meter) -> None:
        """The request counts for another meter, one of the same agent: it turns out which variant is asked for."""
        self._meter = meter
        self._series = meter._series

    @property
    def operation(self) -> str:
        return self._series.operation

    @operation.setter
    def operation(self, name: str) -> None:
        """What was asked of the model: chat, embed, classify, … Never an id."""
        self._series = self._meter.using(operation=name, labels=self._series.labels)._series

    def end(self) -> None:
        self.__exit__(None, None, None)

    def __enter__(self) -> Request:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        queue = self._queue
        if queue is None:
            return
        self._queue = None
        record = (
            self._series,
            self._timings,
            self._start,
            now(),
            STATUS_OK if kind is None and not self._failed else STATUS_ERROR,
            self.batch_size,
            self.input_tokens,
            self.output_tokens,
            self._first_token,
            *self._phases,
        )
        if len(queue.records) < queue.limit:
            queue.add(record)
        else:
            queue.overflow(record)

    async def __aenter__(self) -> Request:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def _place(self, gpu: str) -> None:
        """The GPU that it ran on, unless the meter says another."""
        if gpu and "gpu" not in self._series.labels:
            self._series = self._meter.using(operation=self.operation, labels={"gpu": gpu})._series

    def _add_timing(self, timing: Timing) -> None:
        """A phase whose times are known later."""
        if self._timings is None:
            self._timings = []
        self._timings.append(timing)
