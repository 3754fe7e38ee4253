"""What a measured request costs its caller: this client beside the OpenTelemetry SDK, in one run.

    python bench/caller.py [--requests 20000]

Starts the built agent, which takes the spans of both. A request has two phases; of OpenTelemetry once as child spans,
once as attributes of one span. Each request is timed from before it begins to after it ended; it does no work itself.
The background threads run: requests come in bursts of 20, 500 times a second, and then singly, 1,000 a second, each
after a sleep that leaves the processor's caches to others.
Needs opentelemetry-sdk and opentelemetry-exporter-otlp-proto-grpc.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "src")]

from bench_agent import BenchAgent
from infermeter import Meter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

now = time.perf_counter_ns
SHARES = {"p50": 0.5, "p99": 0.99, "p999": 0.999}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    options = parser.parse_args()
    with BenchAgent() as agent:
        rows: list[dict[str, Any]] = [
            {"caller": name, "burst": burst, **measure(request, options.requests, burst, bursts_per_second)}
            for name, request in callers(agent.address)
            for burst, bursts_per_second in ((20, 500), (1, 1000))
        ]
    print(f"Python {platform.python_version()}, {options.requests} requests each")
    print(f"{'caller':28} {'burst':>6} {'p50 µs':>8} {'p99 µs':>8} {'p99.9 µs':>9} {'CPU µs':>8}")
    for row in rows:
        print("{caller:28} {burst:6} {p50:8.2f} {p99:8.2f} {p999:9.2f} {cpu:8.1f}".format(**row))
    print(json.dumps(rows))


def callers(address: str) -> Iterator[tuple[str, Callable[[], None]]]:
    meter = Meter("bench", "int8", address=address)

    def ours() -> None:
        with meter.request() as request:
            with request.phase("preprocess"):
                pass
            with request.phase("inference"):
                pass
            request.batch_size = 8

    yield "nothing", lambda: None
    yield "infermeter", ours
    assert meter.flush(5), meter.stats()
    provider = TracerProvider(resource=Resource({"model": "bench", "variant": "otel"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"http://{address}", insecure=True)))
    tracer = provider.get_tracer("bench")

    def child_spans() -> None:
        with tracer.start_as_current_span("request") as span:
            with tracer.start_as_current_span("preprocess"):
                pass
            with tracer.start_as_current_span("inference"):
                pass
            span.set_attribute("batch_size", 8)

    def attributes() -> None:
        with tracer.start_as_current_span("request") as span:
            began = now()
            between = now()
            span.set_attribute("preprocess_seconds", (between - began) / 1e9)
            span.set_attribute("inference_seconds", (now() - between) / 1e9)
            span.set_attribute("batch_size", 8)

    yield "OpenTelemetry, child spans", child_spans
    yield "OpenTelemetry, attributes", attributes
    provider.shutdown()


def measure(request: Callable[[], None], count: int, burst: int, bursts_per_second: int) -> dict[str, float]:
    """Microseconds; `cpu` is of the whole process for each request, background threads and sleeping included."""
    for _ in range(200):
        request()
    inside = []
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    for i in range(count // burst):
        for _ in range(burst):
            before = now()
            request()
            inside.append(now() - before)
        time.sleep(max(0.0, started_s + (i + 1) / bursts_per_second - time.perf_counter()))
    cpu_s = time.process_time() - started_cpu_s
    inside.sort()
    figures = {name: inside[int(len(inside) * share)] / 1000 for name, share in SHARES.items()}
    return {**figures, "cpu": cpu_s / len(inside) * 1e6}


if __name__ == "__main__":
    main()
