"""The messages of the contract, made from proto/ by protoc."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message_factory import GetMessages
from grpc_tools import protoc

ROOT = Path(__file__).parents[3]


def _messages() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "contract"
        options = [f"-I{ROOT / 'proto'}", f"--descriptor_set_out={target}", "--include_imports"]
        sources = ["infermeter/v1/span_service.proto", "infermeter/v1/operator_service.proto"]
        assert protoc.main(["protoc", *options, *sources]) == 0
        files = FileDescriptorSet.FromString(target.read_bytes()).file
    return {name.rpartition(".")[2]: message for name, message in GetMessages(files).items()}


_MESSAGES = _messages()
SpanBatch, BatchAck, Rejection = (_MESSAGES[name] for name in ("SpanBatch", "BatchAck", "Rejection"))
OperatorReport, OperatorAck = (_MESSAGES[name] for name in ("OperatorReport", "OperatorAck"))


def rows_of(batch: Any) -> list[dict[str, Any]]:
    """The columns of a `SpanBatch` as the contract reads them; absent figures are left out."""
    columns = batch.columns
    strings = ["", *columns.strings]
    rows = []
    for i, code in enumerate(columns.series_status):
        series = columns.series[code // 4]
        labels = [strings[n] for n in series.labels]
        row = {
            "model": strings[series.model],
            "variant": strings[series.variant],
            "version": strings[series.version],
            "operation": strings[series.operation],
            "labels": dict(zip(labels[::2], labels[1::2])),
            "status": code % 4,
            "end_unix_nano": columns.end_unix_nano[i],
            "duration_nano": columns.duration_nano[i],
            "phases": {
                strings[phase.name]: (phase.duration_nano[i], phase.start_offset_nano[i])
                for phase in columns.phases
                if not math.isnan(phase.duration_nano[i])
            },
        }
        for name in ("batch_size", "input_tokens", "output_tokens", "time_to_first_token_nano"):
            column = getattr(columns, name)
            assert len(column) in (0, len(columns.series_status))
            if column and not math.isnan(column[i]):
                row[name] = column[i]
        rows.append(row)
    return rows
