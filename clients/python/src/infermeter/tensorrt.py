"""TensorRT: an execution context timed by CUDA events, and the time of its layers.

    from infermeter.tensorrt import ExecutionProfile, create_layer_profiler

    profile = ExecutionProfile(context, meter)
    with meter.request() as request:
        profile.execute_async_v3(stream, request)     # phase `inference`, where the GPU runs it
        cudart.cudaStreamSynchronize(stream)

    context.profiler = layers = create_layer_profiler(meter)
    ...                                               # some runs, with the profiler slower than without
    layers.report()

Needs the packages cuda-python and, for layers, tensorrt. It was tested against stand-ins for both, with the signatures
that their documentation states, not against TensorRT itself.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

from infermeter._gpu_timing import GpuTimer
from infermeter._meter import Meter
from infermeter._operator_report import Operator, send_operators
from infermeter._request import Request


class ExecutionProfile:
    """An `IExecutionContext` whose runs are measured; all else of the context stays as it is."""

    def __init__(self, context: Any, meter: Meter, *, phase: str = "inference") -> None:
        self._context = context
        self._meter = meter
        self._phase = phase
        self._timer = _timer()

    def execute_async_v3(self, stream_handle: int, request: Request | None = None) -> bool:
        """As the context's own; the run is a phase of the request. Without one it is a request of its own, which ends
        when the GPU is done with it. Returns what the context returns; false makes the request a failed one.
        """
        own = request is None
        measured = self._meter.request() if request is None else request
        begun = self._start(stream_handle)
        try:
            queued = bool(self._context.execute_async_v3(stream_handle))
        except BaseException:
            measured.fail()
            if own:
                measured.end()
            raise
        if not queued:
            measured.fail()
        elif begun is not None:
            self._stop(measured, begun, stream_handle, own)
        if own:
            measured.end()
        return queued

    def _start(self, stream_handle: int) -> Any:
        try:
            return self._timer.start(stream_handle)
        except Exception as error:
            self._meter._sender.report_error("invalid", f"CUDA events: {error!r}")
            return None

    def _stop(self, request: Request, begun: Any, stream_handle: int, ends_request: bool) -> None:
        try:
            request._add_timing(self._timer.stop(self._phase, begun, stream_handle, ends_request))
        except Exception as error:
            self._meter._sender.report_error("invalid", f"CUDA events: {error!r}")


def create_layer_profiler(meter: Meter) -> Any:
    """A `tensorrt.IProfiler` that sums up the time of each layer. `report()` sends the sums, and begins anew."""
    return _layer_profiler_class()(meter)


@functools.cache
def _layer_profiler_class() -> Any:
    tensorrt: Any = importlib.import_module("tensorrt")

    class LayerProfiler(tensorrt.IProfiler):  # type: ignore[misc]
        def __init__(self, meter: Meter) -> None:
            tensorrt.IProfiler.__init__(self)
            self._meter = meter
            self._layers: dict[str, list[float]] = {}

        def report_layer_time(self, layer_name: str, ms: float) -> None:
            """Called by TensorRT, for each layer of each run."""
            sums = self._layers.setdefault(layer_name, [0, 0.0])
            sums[0] += 1
            sums[1] += ms

        def report(self) -> None:
            layers, self._layers = self._layers, {}
            operators = [
                Operator(name, "cuda", int(calls), round(ms * 1e6), round(ms * 1e6))
                for name, (calls, ms) in layers.items()
            ]
            iterations = max((operator.calls for operator in operators), default=0)
            send_operators(self._meter, "tensorrt", iterations, operators)

    return LayerProfiler


class _RuntimeEvents:
    """Events of CUDA's runtime, as the package cuda-python has it: each function returns its error first."""

    def __init__(self) -> None:
        try:
            self._runtime: Any = importlib.import_module("cuda.bindings.runtime")
        except ImportError:  # before cuda-python 12.6
            self._runtime = importlib.import_module("cuda.cudart")
        self._own_stream: Any = None

    def create(self) -> Any:
        return self._call(self._runtime.cudaEventCreate)

    def record(self, event: Any, stream: Any) -> None:
        self._call(self._runtime.cudaEventRecord, event, stream)

    def record_alone(self, event: Any) -> None:
        if self._own_stream is None:
            flags = self._runtime.cudaStreamNonBlocking
            self._own_stream = self._call(self._runtime.cudaStreamCreateWithFlags, flags)
        self.record(event, self._own_stream)

    def is_done(self, event: Any) -> bool:
        (error,) = self._runtime.cudaEventQuery(event)
        if error == self._runtime.cudaError_t.cudaErrorNotReady:
            return False
        self._check(error)
        return True

    def elapsed_ms(self, start: Any, end: Any) -> float:
        return float(self._call(self._runtime.cudaEventElapsedTime, start, end))

    def _call(self, function: Any, *arguments: Any) -> Any:
        error, *values = function(*arguments)
        self._check(error)
        return values[0] if values else None

    def _check(self, error: Any) -> None:
        if error != self._runtime.cudaError_t.cudaSuccess:
            raise RuntimeError(f"CUDA: {error}")


@functools.cache
def _timer() -> GpuTimer:
    return GpuTimer(_RuntimeEvents())
