"""Operators of a real profile, and phases on a device that tells its times late."""

from __future__ import annotations

import contextlib
import time
import types
from typing import Any

import pytest
from infermeter import Meter
from infermeter._gpu_timing import GpuTimer
from scripted_agent import ScriptedAgent

torch: Any = pytest.importorskip("torch")


def meter_for(agent: ScriptedAgent) -> Meter:
    return Meter("mlp", "fp32", address=agent.address, flush_interval=0.02, labels={"team": "a"})


def test_a_profile_becomes_operators_with_calls_and_times(agent: ScriptedAgent) -> None:
    from infermeter.torch import operator_handler

    meter = meter_for(agent)
    network = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 8))
    seen: list[Any] = []
    schedule = torch.profiler.schedule(wait=1, warmup=1, active=3)
    handler = operator_handler(meter, then=seen.append)
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, schedule=schedule, on_trace_ready=handler) as profiler:
        for _ in range(5):
            with torch.inference_mode():
                network(torch.ones(4, 64))
            profiler.step()
    assert meter.flush()
    assert len(seen) == 1
    (report,) = agent.reports
    assert (report.profiler, report.iterations, len(report.profile_id)) == ("torch", 3, 16)
    assert (report.series.model, report.series.variant, dict(report.series.labels)) == (
        "mlp",
        "fp32",
        {"team": "a"},
    )
    assert abs(report.end_unix_nano - time.time_ns()) < 60e9
    operators = {operator.name: operator for operator in report.operators}
    assert not [name for name in operators if name.startswith("ProfilerStep")]
    linear, addmm = operators["aten::linear"], operators["aten::addmm"]
    assert (linear.device, linear.calls, addmm.calls) == ("cpu", 6, 6)
    assert linear.total_nano >= addmm.total_nano >= addmm.self_nano > 0
    averages = {row.key: row for row in seen[0].key_averages()}
    assert addmm.self_nano == round(averages["aten::addmm"].self_cpu_time_total * 1000)


def test_trouble_with_a_profile_is_told_and_goes_no_further(agent: ScriptedAgent) -> None:
    from infermeter.torch import operator_handler

    errors: list[Any] = []
    meter = Meter("m", address=agent.address, on_error=errors.append)
    operator_handler(meter)(object())
    assert meter.flush()
    assert [error.kind for error in errors] == ["invalid"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_without_a_gpu_a_phase_on_it_is_one_by_the_clock(agent: ScriptedAgent) -> None:
    from infermeter.torch import gpu_phase, gpu_uuid

    meter = meter_for(agent)
    with meter.request() as request:
        for device in (None, "cpu", torch.device("cpu"), "cuda", 0):
            with gpu_phase(request, f"on {device}", device):
                time.sleep(0.001)
    assert meter.flush()
    assert all(duration >= 1e6 for duration, _ in agent.rows[0]["phases"].values())
    assert len(agent.rows[0]["phases"]) == 4
    assert gpu_uuid() == gpu_uuid("cuda:0") == ""


class FakeDevice:
    """A device that begins what it is given after `delay_s`, and works on it for `work_s`; its own clock is far off."""

    def __init__(self, delay_s: float, work_s: float) -> None:
        self.delay_s, self.work_s = delay_s, work_s
        self.created = 0

    def create(self) -> dict[str, float]:
        self.created += 1
        return {}

    def record(self, event: dict[str, float], stream: object) -> None:
        event["at"] = time.perf_counter() + (
            self.delay_s if stream == "begin" else self.delay_s + self.work_s
        )

    def record_alone(self, event: dict[str, float]) -> None:
        event["at"] = time.perf_counter()

    def is_done(self, event: dict[str, float]) -> bool:
        return time.perf_counter() >= event["at"]

    def elapsed_ms(self, start: dict[str, float], end: dict[str, float]) -> float:
        return (end["at"] - start["at"]) * 1000


def test_times_of_a_device_are_read_when_they_are_known_and_nobody_waits(agent: ScriptedAgent) -> None:
    device = FakeDevice(delay_s=0.05, work_s=0.2)
    timer = GpuTimer(device)
    meter = meter_for(agent)
    for _ in range(3):
        with meter.request() as request:
            with request.phase("preprocess"):
                pass
            request._add_timing(timer.stop("inference", timer.start("begin"), "end"))
        meter.record(0.001)
    assert meter.stats().waiting > 0
    assert agent.rows == []
    assert meter.flush(5)
    measured = [row for row in agent.rows if "inference" in row["phases"]]
    assert len(agent.rows) == 6 and len(measured) == 3
    for row in measured:
        duration, offset = row["phases"]["inference"]
        assert abs(duration - 200e6) < 1e6
        assert offset < 1e9 and row["duration_nano"] < duration
    # Where this process is held up, there may be no exact time to go by.
    assert any(row["phases"]["inference"][1] > 49e6 for row in measured)
    created = device.created
    for _ in range(3):
        request = meter.request()
        request._add_timing(timer.stop("inference", timer.start("begin"), "end"))
        request.end()
        assert meter.flush(5)
    assert device.created == created


def test_a_device_that_is_lost_costs_the_phase_only(agent: ScriptedAgent) -> None:
    class Lost(FakeDevice):
        def is_done(self, event: dict[str, float]) -> bool:
            raise RuntimeError("the device is lost")

    timer = GpuTimer(Lost(0, 0))
    meter = meter_for(agent)
    with meter.request() as request:
        request._add_timing(timer.stop("inference", timer.start("begin"), "end"))
    assert meter.flush()
    assert agent.rows[0]["phases"] == {}


class FakeEvent:
    """`torch.cuda.Event`: the device comes to it after 50 ms, on the stream's own 20 ms."""

    def __init__(self, enable_timing: bool = False) -> None:
        assert enable_timing
        self.at_s: float | None = None

    def record(self, stream: Any = None) -> None:
        self.at_s = time.perf_counter() + (0.02 if stream == "own" else 0.05)

    def query(self) -> bool:
        return self.at_s is None or time.perf_counter() >= self.at_s

    def elapsed_time(self, other: FakeEvent) -> float:
        assert self.query() and other.query() and self.at_s and other.at_s
        return (other.at_s - self.at_s) * 1000


def pretend_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """What of `torch.cuda` is used, with the signatures that PyTorch documents."""
    import infermeter.torch as integration

    replaced = {
        "is_available": lambda: True,
        "current_device": lambda: 0,
        "is_current_stream_capturing": lambda: False,
        "current_stream": lambda device=None: "work",
        "get_device_properties": lambda device: types.SimpleNamespace(uuid="12345678-aaaa"),
        "device": lambda index: contextlib.nullcontext(),
        "Stream": lambda device=None, priority=0: "own",
        "Event": FakeEvent,
    }
    for name, value in replaced.items():
        monkeypatch.setattr(torch.cuda, name, value)
    for cached in (integration._is_available, integration._uuid, integration._timer):
        cached.cache_clear()


def test_on_a_gpu_a_phase_has_the_devices_times_and_its_uuid(
    agent: ScriptedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    from infermeter import torch as integration

    pretend_gpu(monkeypatch)
    meter = meter_for(agent)
    with meter.request() as request:
        request.operation = "classify"
        with integration.gpu_phase(request, "inference"):
            time.sleep(0.03)
        with integration.gpu_phase(request, "on the cpu", "cpu"):
            pass
    assert meter.flush(5)
    (row,) = agent.rows
    duration, offset = row["phases"]["inference"]
    assert 29e6 < duration < 1e9
    assert "on the cpu" in row["phases"]
    # The anchor is stamped late here, which makes it useless: the phase then begins when it was asked for.
    assert offset < 40e6
    assert row["labels"] == {"team": "a", "gpu": "GPU-12345678-aaaa"}
    assert row["operation"] == "classify"
    for cached in (integration._is_available, integration._uuid, integration._timer):
        cached.cache_clear()
