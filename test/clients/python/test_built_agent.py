"""What the built agent makes of the client's figures."""

from __future__ import annotations

import time

from built_agent import BuiltAgent, wait_for
from infermeter import Meter
from infermeter._operator_report import Operator, send_operators


def test_requests_become_points_with_phases_and_tokens(built_agent: BuiltAgent) -> None:
    meter = Meter("llama", "fp8", operation="chat", address=built_agent.address)
    for i in range(200):
        meter.record(
            0.1,
            phases={"queue": 0.02, "inference": 0.06},
            failed=i % 10 == 0,
            output_tokens=11,
            first_token_seconds=0.05,
        )
    assert meter.flush()
    wait_for(lambda: built_agent.points("inference"), "points")
    wait_for(lambda: built_agent.points("inference_phase"), "points")
    point = built_agent.points("inference")[0]
    assert point["tags"] | {"model": "llama", "variant": "fp8", "operation": "chat"} == point["tags"]
    fields = point["fields"]
    assert (fields["requests"], fields["errors"]) == (200, 20)
    assert abs(fields["latency_p50_seconds"] - 0.1) < 0.001
    means = {
        row["tags"]["phase"]: row["fields"]["seconds_mean"] for row in built_agent.points("inference_phase")
    }
    expected = {"queue": 0.02, "inference": 0.06, "ttft": 0.05, "tpot": 0.005}
    assert {phase: round(mean, 6) for phase, mean in means.items()} == expected


def test_operators_become_points(built_agent: BuiltAgent) -> None:
    meter = Meter("llama", "fp8", address=built_agent.address)
    operators = [
        Operator("aten::mm", "cuda", 40, 3_000_000, 3_000_000),
        Operator("copy", "cuda", 4, 1_000_000, 1_000_000),
    ]
    send_operators(meter, "torch", 2, operators)
    assert meter.flush()
    wait_for(lambda: len(built_agent.points("operator")) == 2, "points of operators")
    fields = {row["tags"]["operator"]: row["fields"] for row in built_agent.points("operator")}
    assert fields["aten::mm"]["calls"] == 40
    assert fields["aten::mm"]["share_ratio"] == 0.75
    assert fields["aten::mm"]["self_per_iteration_seconds"] == 0.0015
    assert abs(built_agent.points("operator")[0]["time"] / 1000 - time.time()) < 60
