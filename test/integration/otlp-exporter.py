"""Sends the spans on standard input, a JSON list, with OpenTelemetry's own SDK and exporter: grpc or http, to a URL."""

import json
import sys

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

protocol, url = sys.argv[1:]
if protocol == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(endpoint=url, insecure=True)
else:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(endpoint=url)

provider = TracerProvider(resource=Resource.create({"service.name": "chat-server"}))
spans = json.load(sys.stdin)
provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=len(spans) + 1))
tracer = provider.get_tracer("load")
for item in spans:
    span = tracer.start_span(
        "chat " + item["model"],
        kind=SpanKind.SERVER,
        attributes=item["attributes"],
        start_time=item["startMs"] * 1_000_000,
    )
    span.set_status(Status(StatusCode.ERROR if item["failed"] else StatusCode.OK))
    span.add_event("gen_ai.choice", {"finish_reason": "stop"}, timestamp=item["endMs"] * 1_000_000)
    span.end(end_time=item["endMs"] * 1_000_000)
provider.shutdown()
