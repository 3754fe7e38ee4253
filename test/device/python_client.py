"""The Python client's GPU phases and operators on a real GPU; without one it tries itself out on the CPU."""

from __future__ import annotations

import gzip
import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent_points import read_points
from evidence_paths import AGENT_GRPC, DEVICE, GRACE_S, LATENESS_S, ROOT, SLICE_S
from section_result import markdown_table, shown, write_section

sys.path.insert(0, str(ROOT / "clients/python/src"))

import torch  # noqa: E402

from infermeter import Meter  # noqa: E402
from infermeter.torch import _timer, gpu_phase, gpu_uuid, operator_handler  # noqa: E402

now = time.perf_counter_ns
ON_GPU = DEVICE == "cuda" and torch.cuda.is_available()
device = torch.device("cuda" if ON_GPU else "cpu")
tables: list[str] = []
figures: dict[str, Any] = {}


def synchronize() -> None:
    if ON_GPU:
        torch.cuda.synchronize()


def main() -> None:
    for part in (load, accuracy, placement, caller_cost, operators, agent_figures):
        began = time.monotonic()
        try:
            part()
        except Exception:
            tables.append(f"{part.__name__} failed:\n\n```\n{traceback.format_exc()}```")
        print(f"{part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
        write_section("python_client", "Python client: phases by CUDA events", tables, figures)


def kernels() -> dict[str, Callable[[], Any]]:
    scale = 1 if ON_GPU else 16
    inputs = {size: torch.randn(size // scale, size // scale, device=device) for size in (1024, 4096)}
    small = inputs[1024]

    def multiply(size: int, times: int) -> Callable[[], Any]:
        def run() -> None:
            for _ in range(times):
                torch.mm(inputs[size], inputs[size])

        return run

    works = {"200 small additions": lambda: [small.add_(0.0) for _ in range(200)]}
    works |= {"mm 1024": multiply(1024, 1), "mm 4096": multiply(4096, 1), "20 × mm 4096": multiply(4096, 20)}
    return works


def accuracy() -> None:
    """Each kernel alone on an idle GPU: events against the clock from an idle GPU to an idle one."""
    rows = []
    for name, work in kernels().items():
        by_events, by_clock, outside_us = [], [], 0.0
        for _ in range(3):
            work()
        for _ in range(30):
            synchronize()
            before_ns = now()
            times = timed(work)
            after_ns = now()
            if times is None:
                continue
            start_ns, end_ns = times
            by_events.append((end_ns - start_ns) / 1000)
            by_clock.append((after_ns - before_ns) / 1000)
            outside_us = max(outside_us, (before_ns - start_ns) / 1000, (end_ns - after_ns) / 1000)
        if by_events:
            events, clock = statistics.median(by_events), statistics.median(by_clock)
            rows.append([name, shown(events), shown(clock), shown(clock - events), shown(outside_us)])
            figures[f"accuracy {name}"] = {"events_us": by_events, "clock_us": by_clock, "outside_us": outside_us}
    head = ["work", "events, µs", "clock with synchronize, µs", "difference", "at most outside of the clock's span, µs"]
    tables.append(markdown_table(head, rows) if rows else "No GPU: events were not tried.")


def timed(work: Callable[[], Any]) -> tuple[int, int] | None:
    """Start and end of the work on the host's clock, as the background thread would read them; None without a GPU."""
    if not ON_GPU:
        work()
        return None
    timer = _timer(torch.cuda.current_device())
    begun = timer.start(torch.cuda.current_stream())
    work()
    timing = timer.stop("inference", begun, torch.cuda.current_stream())
    synchronize()
    return timing.read()


def placement() -> None:
    """Work behind other work: it is asked for at once, and begins when the other is done."""
    if not ON_GPU:
        return
    rows = []
    for cycles in (10_000_000, 50_000_000):
        ahead = lambda cycles=cycles: torch.cuda._sleep(cycles)  # noqa: E731
        synchronize()
        before_ns = now()
        ahead()
        synchronize()
        ahead_ms = (now() - before_ns) / 1e6
        offsets = []
        for _ in range(10):
            synchronize()
            before_ns = now()
            ahead()
            times = timed(kernels_mm)
            if times is not None:
                offsets.append((times[0] - before_ns) / 1e6)
        rows.append([shown(ahead_ms, 3), shown(statistics.median(offsets), 3), shown(max(offsets), 3)])
        figures[f"placement {cycles}"] = {"ahead_ms": ahead_ms, "offsets_ms": offsets}
    head = ["work ahead takes, ms", "the phase begins after, ms (median)", "(most)"]
    tables.append(markdown_table(head, rows))


_matrix = torch.randn(512, 512, device=device)


def kernels_mm() -> None:
    torch.mm(_matrix, _matrix)


def caller_cost() -> None:
    """The time that a phase's begin and end take from its caller, its block being empty."""
    meter = Meter("cost", "none", address=AGENT_GRPC)
    rows = []
    for name, begin in (("request.phase", lambda request: request.phase("inference")),) + (
        (("gpu_phase", lambda request: gpu_phase(request, "inference")),) if ON_GPU else ()
    ):
        inside = []
        for i in range(4000):
            request = meter.request()
            before = now()
            with begin(request):
                pass
            inside.append((now() - before) / 1000)
            request.end()
            if i % 20 == 19:
                time.sleep(0.002)
        inside = sorted(inside[200:])
        p50, p99, p999 = (inside[int(len(inside) * share)] for share in (0.5, 0.99, 0.999))
        rows.append([name, shown(p50, 2), shown(p99, 1), shown(p999, 1)])
        figures[f"caller {name}"] = {"p50_us": p50, "p99_us": p99, "p999_us": p999}
    tables.append(markdown_table(["phase", "p50, µs", "p99", "p99.9"], rows))
    assert meter.flush(10), meter.stats()


LOAD_S = 2 * SLICE_S + 2
_load: dict[str, Any] = {}


def network() -> torch.nn.Module:
    width = 4096 if ON_GPU else 256
    layers = [torch.nn.Linear(width, width) for _ in range(8)]
    return torch.nn.Sequential(*layers).to(device, torch.float16 if ON_GPU else torch.float32).eval()


def load() -> None:
    """Requests for two slices and more: half their phases by events, the others with synchronize, as two variants."""
    model = network()
    inputs = torch.randn(64, model[0].in_features, device=device, dtype=model[0].weight.dtype)
    by_events, by_clock = (Meter("mlp", variant, address=AGENT_GRPC) for variant in ("events", "synchronize"))
    until = time.monotonic() + LOAD_S
    _load["from_ms"] = time.time() * 1000
    with torch.inference_mode():
        for _ in range(5):
            model(inputs)
        synchronize()
        while time.monotonic() < until:
            with by_events.request() as request:
                with gpu_phase(request, "inference"):
                    outputs = model(inputs)
                outputs.float().sum().item()
            with by_clock.request() as request:
                with request.phase("inference"):
                    outputs = model(inputs)
                    synchronize()
                outputs.float().sum().item()
            time.sleep(0.002)
    assert by_events.flush(10), by_events.stats()
    _load["to_ms"] = time.time() * 1000
    _load["stats"] = by_events.stats()._asdict()


def operators() -> None:
    """A profile by the handler, beside the profiler's own sums; and the same steps as a trace."""
    model, out = network(), Path(os.environ.get("OUT", "/tmp"))
    inputs = torch.randn(64, model[0].in_features, device=device, dtype=model[0].weight.dtype)
    meter = Meter("mlp", "profiled", address=AGENT_GRPC)
    seen: list[Any] = []
    activities = [torch.profiler.ProfilerActivity.CPU]
    if ON_GPU:
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    handle = operator_handler(meter, then=seen.append)
    took_ms = []

    def timed_handle(profiler: Any) -> None:
        began = now()
        handle(profiler)
        took_ms.append((now() - began) / 1e6)

    schedule = torch.profiler.schedule(wait=1, warmup=1, active=3)
    with (
        torch.inference_mode(),
        torch.profiler.profile(activities=activities, schedule=schedule, on_trace_ready=timed_handle) as profiler,
    ):
        for _ in range(5):
            model(inputs)
            synchronize()
            profiler.step()
    trace = out / "kineto-cuda.json"
    seen[0].export_chrome_trace(str(trace))
    (out / "kineto-cuda.json.gz").write_bytes(gzip.compress(trace.read_bytes(), 9, mtime=0))
    trace.unlink()
    assert meter.flush(10), meter.stats()
    kernel = "cuda" if ON_GPU else "cpu"
    sums = {row.key: row for row in seen[0].key_averages() if str(row.device_type).lower().endswith(kernel)}
    _load["operators"], _load["kernel"], _load["profiled_ms"] = sums, kernel, time.time() * 1000
    figures["handler_ms"] = took_ms
    figures["stats"] = meter.stats()._asdict()
    tables.append(f"The handler took {took_ms[0]:.1f} ms in the caller's thread; {len(sums)} rows on {kernel}.")


def agent_figures() -> None:
    end_ms = (_load["to_ms"] // (SLICE_S * 1000) + 1) * SLICE_S * 1000
    # The last windows are final by then, and the operators written with the next flush.
    written_s = max(end_ms / 1000 + LATENESS_S, _load["profiled_ms"] / 1000 + SLICE_S) + 2 * GRACE_S
    time.sleep(max(0.0, written_s - time.time()))
    rows = []
    for variant in ("events", "synchronize"):
        tags = {"model": "mlp", "variant": variant, "window": "10s"}
        phases = read_points("inference_phase", _load["from_ms"], end_ms, phase="inference", **tags)
        gpus = read_points("inference_gpu", _load["from_ms"], end_ms, **tags)
        mean = weighted(phases, "seconds_mean")
        busy = sum(row["fields"].get("busy_seconds", 0) for row in gpus)
        rows.append([variant, sum(row["fields"]["requests"] for row in phases), shown(mean, 1, 1e6), shown(busy, 3)])
        figures[f"agent {variant}"] = {"phases": phases, "gpu": gpus}
    head = ["phase measured by", "requests", "mean of the phase, µs", "GPU busy, s (`inference_gpu`)"]
    tables.append(markdown_table(head, rows))
    tables.append(f"The label that the client filled in: `{gpu_uuid() or 'none'}`.")
    points = read_points("operator", _load["from_ms"], time.time() * 1000, model="mlp", device=_load["kernel"])
    points.sort(key=lambda row: -row["fields"]["self_seconds"])
    rows = []
    for point in points[:6]:
        name, fields = point["tags"]["operator"], point["fields"]
        own = _load["operators"].get(name)
        microseconds = getattr(own, "self_device_time_total" if ON_GPU else "self_cpu_time_total", None)
        seconds = fields["self_seconds"]
        rows.append([f"`{name[:60]}`", fields["calls"], shown(seconds, 1, 1e6), shown(microseconds)])
    tables.append(markdown_table(["operator", "calls", "self in the agent, µs", "in the profiler, µs"], rows))
    figures["operators"] = points[:20]


def weighted(rows: list[dict[str, Any]], field: str) -> float | None:
    requests = sum(row["fields"]["requests"] for row in rows)
    return sum(row["fields"][field] * row["fields"]["requests"] for row in rows) / requests if requests else None


if __name__ == "__main__":
    main()
