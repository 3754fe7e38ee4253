"""The TensorRT part against stand-ins with the signatures that its documentation states."""

from __future__ import annotations

import sys
import time
from enum import Enum
from types import ModuleType
from typing import Any

import pytest
from infermeter import Meter
from scripted_agent import ScriptedAgent


class CudaError(Enum):
    cudaSuccess = 0
    cudaErrorInvalidValue = 1
    cudaErrorNotReady = 600


class FakeRuntime(ModuleType):
    """`cuda.bindings.runtime`: functions return a tuple that begins with their error. Work takes 50 ms."""

    cudaError_t = CudaError
    cudaStreamNonBlocking = 1

    def __init__(self) -> None:
        super().__init__("cuda.bindings.runtime")
        self.busy_until = {0: 0.0}

    def cudaEventCreate(self) -> Any:
        return CudaError.cudaSuccess, {}

    def cudaStreamCreateWithFlags(self, flags: int) -> Any:
        self.busy_until[99] = 0.0
        return CudaError.cudaSuccess, 99

    def cudaEventRecord(self, event: dict[str, float], stream: int) -> Any:
        if stream not in self.busy_until:
            return (CudaError.cudaErrorInvalidValue,)
        event["at"] = max(time.perf_counter(), self.busy_until[stream])
        return (CudaError.cudaSuccess,)

    def cudaEventQuery(self, event: dict[str, float]) -> Any:
        is_done = time.perf_counter() >= event["at"]
        return (CudaError.cudaSuccess if is_done else CudaError.cudaErrorNotReady,)

    def cudaEventElapsedTime(self, start: dict[str, float], end: dict[str, float]) -> Any:
        return CudaError.cudaSuccess, (end["at"] - start["at"]) * 1000


class FakeContext:
    """`tensorrt.IExecutionContext`, as far as it is used."""

    def __init__(self, runtime: FakeRuntime, result: Any = True) -> None:
        self._runtime = runtime
        self._result = result

    def execute_async_v3(self, stream_handle: int) -> bool:
        if isinstance(self._result, Exception):
            raise self._result
        self._runtime.busy_until[stream_handle] = time.perf_counter() + 0.05
        return bool(self._result)


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    import infermeter.tensorrt

    fake = FakeRuntime()
    bindings = ModuleType("cuda.bindings")
    bindings.runtime = fake  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cuda", ModuleType("cuda"))
    monkeypatch.setitem(sys.modules, "cuda.bindings", bindings)
    monkeypatch.setitem(sys.modules, "cuda.bindings.runtime", fake)
    infermeter.tensorrt._timer.cache_clear()
    return fake


def meter_for(agent: ScriptedAgent) -> Meter:
    return Meter("resnet50", "int8", address=agent.address, flush_interval=0.02)


def test_a_run_is_a_phase_of_its_request(agent: ScriptedAgent, runtime: FakeRuntime) -> None:
    from infermeter.tensorrt import ExecutionProfile

    meter = meter_for(agent)
    profile = ExecutionProfile(FakeContext(runtime), meter)
    with meter.request() as request:
        assert profile.execute_async_v3(0, request)
        time.sleep(0.06)
    assert meter.flush(5)
    (row,) = agent.rows
    assert 49e6 < row["phases"]["inference"][0] < 1e9
    assert row["duration_nano"] >= 60e6


def test_a_run_alone_is_a_request_that_ends_with_the_gpu(agent: ScriptedAgent, runtime: FakeRuntime) -> None:
    from infermeter.tensorrt import ExecutionProfile

    meter = meter_for(agent)
    assert ExecutionProfile(FakeContext(runtime), meter).execute_async_v3(0)
    assert meter.flush(5)
    (row,) = agent.rows
    assert row["status"] == 1 and 49e6 < row["duration_nano"] < 1e9


@pytest.mark.parametrize("result", [False, RuntimeError("no memory")])
def test_a_run_that_cannot_be_queued_is_a_failure(
    agent: ScriptedAgent, runtime: FakeRuntime, result: Any
) -> None:
    from infermeter.tensorrt import ExecutionProfile

    meter = meter_for(agent)
    profile = ExecutionProfile(FakeContext(runtime, result), meter)
    if isinstance(result, Exception):
        with pytest.raises(RuntimeError, match="no memory"):
            profile.execute_async_v3(0)
    else:
        assert profile.execute_async_v3(0) is False
    assert meter.flush()
    assert [row["status"] for row in agent.rows] == [2]


def test_a_stream_that_is_none_costs_the_times_only(agent: ScriptedAgent, runtime: FakeRuntime) -> None:
    from infermeter.tensorrt import ExecutionProfile

    meter = Meter("m", address=agent.address, on_error=lambda error: None)
    assert ExecutionProfile(FakeContext(runtime), meter).execute_async_v3(12345)
    assert meter.flush()
    assert agent.rows[0]["status"] == 1 and agent.rows[0]["phases"] == {}
    assert "cudaErrorInvalidValue" in meter.stats().last_error.message  # type: ignore[union-attr]


def test_layers_are_summed_and_reported(agent: ScriptedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    import infermeter.tensorrt

    class IProfiler:
        def __init__(self) -> None:
            self.made = True

    tensorrt = ModuleType("tensorrt")
    tensorrt.IProfiler = IProfiler  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tensorrt", tensorrt)
    infermeter.tensorrt._layer_profiler_class.cache_clear()
    meter = meter_for(agent)
    layers = infermeter.tensorrt.create_layer_profiler(meter)
    assert isinstance(layers, IProfiler)
    for _ in range(4):
        layers.report_layer_time("conv1 + relu", 0.25)
        layers.report_layer_time("fc", 0.5)
    layers.report()
    assert meter.flush()
    (report,) = agent.reports
    assert (report.profiler, report.iterations) == ("tensorrt", 4)
    operators = {operator.name: operator for operator in report.operators}
    assert (operators["fc"].calls, operators["fc"].self_nano, operators["fc"].device) == (
        4,
        2_000_000,
        "cuda",
    )
    assert operators["conv1 + relu"].total_nano == 1_000_000
