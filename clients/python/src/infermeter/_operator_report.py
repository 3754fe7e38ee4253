"""What a profiler says of operators, as the `OperatorReport` of proto/infermeter/v1/operator_service.proto."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import NamedTuple

from infermeter._meter import Meter
from infermeter._proto_writer import block, fixed64, integer, text
from infermeter._series import text_of

_METHOD = "/infermeter.v1.OperatorService/Report"
# An agent takes no more of one profile.
_MAX_OPERATORS = 65_536
# Names and figures of a report together; agents take messages of 4 MiB unless told otherwise.
_MAX_BYTES = 3 << 20


class Operator(NamedTuple):
    """One operator, summed over all runs; with and without the operators that it calls."""

    name: str
    device: str
    calls: int
    total_ns: int
    self_ns: int


def send_operators(meter: Meter, profiler: str, iterations: int, operators: Iterable[Operator]) -> None:
    """Hands the report to the background thread. Where it is too large, the operators that took longest are in it."""
    by_time = sorted(operators, key=lambda operator: operator.self_ns, reverse=True)[:_MAX_OPERATORS]
    parts = [block(1, os.urandom(16)), block(2, _encode_series(meter)), text(3, profiler)]
    parts += [integer(4, iterations), fixed64(5, time.time_ns())]
    size = 0
    for operator in by_time:
        part = block(6, _encode(operator))
        size += len(part)
        if size > _MAX_BYTES:
            break
        parts.append(part)
    meter._sender.report(_METHOD, b"".join(parts))


def _encode(operator: Operator) -> bytes:
    figures = (operator.calls, operator.total_ns, operator.self_ns)
    names = text(1, text_of(operator.name)) + text(2, operator.device)
    return names + b"".join(integer(field, figure) for field, figure in enumerate(figures, 3))


def _encode_series(meter: Meter) -> bytes:
    series = meter._series
    names = [text(field, name) for field, name in enumerate(series.names, 1)]
    labels = [block(5, text(1, key) + text(2, value)) for key, value in series.labels.items()]
    return b"".join(names + labels)
