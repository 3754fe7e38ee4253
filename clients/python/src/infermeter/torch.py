"""PyTorch: phases on a GPU without waiting for it, operators from its profiler, and the uuid of a GPU.

from infermeter.torch import gpu_phase, operator_handler

with meter.request() as request:
    with gpu_phase(request, "inference"):
        outputs = model(inputs)          # only queued here; measured where it runs
    answer = outputs.argmax(1).tolist()  # waits for it, as it would anyway

with torch.profiler.profile(..., on_trace_ready=operator_handler(meter)) as profiler:
    ...
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Union

import torch

from infermeter._gpu_timing import GpuTimer, GpuTiming
from infermeter._meter import Meter
from infermeter._operator_report import Operator, send_operators
from infermeter._request import Phase, Request

Device = Union[torch.device, str, int, None]

_STEP = "ProfilerStep"
# Not typed in every release of PyTorch.
_cuda: Any = torch.cuda


def gpu_uuid(device: Device = None) -> str:
    """What the label `gpu` holds for a device, by default the current one; empty for one that is no GPU of NVIDIA's."""
    index = _cuda_index(device)
    return "" if index is None else _uuid(index)


def gpu_phase(request: Request, name: str, device: Device = None) -> GpuPhase | Phase:
    """A phase of the work that its block queues, on the current stream of the device (by default the current one).

    Two events bracket it; when the GPU has come to them the background thread reads when that was. The request itself
    still ends with its own block, so let that hold the line that waits for the result. On a device that is no GPU, and
    while a CUDA graph is captured, it is `request.phase(name)`.
    """
    try:
        index = _cuda_index(device)
        if index is None or torch.cuda.is_current_stream_capturing():
            return request.phase(name)
        return GpuPhase(request, name, _timer(index), index)
    except Exception:  # measuring must not cost an answer
        return request.phase(name)


class GpuPhase:
    """Made by `gpu_phase`."""

    __slots__ = ("_begun", "_index", "_name", "_request", "_stream", "_timer")

    def __init__(self, request: Request, name: str, timer: GpuTimer, index: int) -> None:
        self._request = request
        self._name = name
        self._timer = timer
        self._index = index
        self._stream = torch.cuda.current_stream(index)
        self._begun = timer.start(self._stream)

    def end(self) -> None:
        try:
            timing: GpuTiming = self._timer.stop(self._name, self._begun, self._stream)
            self._request._add_timing(timing)
            self._request._place(_uuid(self._index))
        except Exception:  # a device that is lost fails the request by itself
            return

    def __enter__(self) -> GpuPhase:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.end()


def operator_handler(
    meter: Meter, *, iterations: int = 0, then: Callable[[Any], object] | None = None
) -> Callable[[Any], None]:
    """For `on_trace_ready` of `torch.profiler.profile`: sends the totals of each operator and kernel to the agent.

    iterations: runs of the model that a trace covers; by default the profiler's steps, if it was told of any.
    then: another handler, which gets the profiler afterwards.
    Summing up is the profiler's own work, in the thread that calls it; sending is not.
    """

    def handle(profiler: Any) -> None:
        try:
            rows = profiler.key_averages()
            steps = sum(row.count for row in rows if row.key.startswith(_STEP) and _device_of(row) == "cpu")
            send_operators(meter, "torch", iterations or steps, _operators_of(rows))
        except Exception as error:
            meter._sender.report_error("invalid", f"operators of a profile: {error!r}")
        if then is not None:
            then(profiler)

    return handle


def _operators_of(rows: Any) -> Iterator[Operator]:
    """Operators with the time of the host, kernels with that of the GPU: nothing is in two of them."""
    for row in rows:
        device = _device_of(row)
        if row.key.startswith(_STEP) or (device != "cpu" and getattr(row, "is_user_annotation", False)):
            continue
        total_us, self_us = _times_of(row, device)
        yield Operator(row.key, device, row.count, round(total_us * 1000), round(self_us * 1000))


def _times_of(row: Any, device: str) -> tuple[float, float]:
    if device == "cpu":
        return row.cpu_time_total, row.self_cpu_time_total
    if hasattr(row, "self_device_time_total"):
        return row.device_time_total, row.self_device_time_total
    return row.cuda_time_total, row.self_cuda_time_total  # before PyTorch 2.4


def _device_of(row: Any) -> str:
    return str(row.device_type).rpartition(".")[2].lower()


def _cuda_index(device: Device) -> int | None:
    """None for what is no CUDA device; makes no context of its own."""
    if device is None:
        return torch.cuda.current_device() if _is_available() else None
    chosen = torch.device("cuda", device) if isinstance(device, int) else torch.device(device)
    if chosen.type != "cuda" or not _is_available():
        return None
    return torch.cuda.current_device() if chosen.index is None else chosen.index


@functools.cache
def _is_available() -> bool:
    return bool(torch.cuda.is_available())


@functools.cache
def _uuid(index: int) -> str:
    uuid = str(getattr(torch.cuda.get_device_properties(index), "uuid", ""))
    return uuid if not uuid or uuid.startswith("GPU-") else f"GPU-{uuid}"


class _TorchEvents:
    def __init__(self, index: int) -> None:
        self._index = index
        self._own_stream: Any = None

    def create(self) -> Any:
        return _cuda.Event(enable_timing=True)

    def record(self, event: Any, stream: Any) -> None:
        event.record(stream)

    def record_alone(self, event: Any) -> None:
        with torch.cuda.device(self._index):
            if self._own_stream is None:
                self._own_stream = _cuda.Stream(self._index)
            event.record(self._own_stream)

    def is_done(self, event: Any) -> bool:
        return bool(event.query())

    def elapsed_ms(self, start: Any, end: Any) -> float:
        return float(start.elapsed_time(end))


@functools.cache
def _timer(index: int) -> GpuTimer:
    return GpuTimer(_TorchEvents(index))
