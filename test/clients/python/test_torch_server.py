"""The example examples/torch-server on the CPU, and what the built agent makes of its requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from built_agent import ROOT, BuiltAgent, wait_for

torch: Any = pytest.importorskip("torch")

EXAMPLE = ROOT / "examples/torch-server"
# That of the agent's simulated GPU.
GPU = "GPU-51515151-0000-4000-8000-000000000000"
PHASES = ("preprocess", "queue", "h2d", "inference", "d2h", "postprocess")
TOKENS_AN_ITEM = 128
# What is asked, with which body; the status; then spans, those that failed, and items that were answered.
CASES = [
    *[("predict?model=text&variant=int8&batch_size=4", None, 200, 1, 0, 4)] * 5,
    *[("batch?model=text&variant=int8&batch_size=32&seed=7", None, 200, 32, 0, 32)] * 2,
    ("predict?model=text&variant=int8", bytes(4 * TOKENS_AN_ITEM), 200, 1, 0, 1),
    ("predict?model=text&variant=int8&batch_size=65", None, 400, 1, 1, 0),
    ("predict?model=text&variant=int8", b"short", 400, 1, 1, 0),
    ("batch?model=text&variant=int8&batch_size=7", b"short", 400, 7, 7, 0),
    ("predict?model=text&variant=int4", None, 400, 0, 0, 0),
    ("elsewhere", None, 404, 0, 0, 0),
]
SPANS, FAILED, ITEMS = (sum(case[column] for case in CASES) for column in (3, 4, 5))
RUNS = sum(case[2] == 200 for case in CASES)
# A slot that is touched counts as busy.
SLOT_S = 0.02


def test_every_request_counts_with_its_phases_status_size_and_gpu(tmp_path: Path) -> None:
    settings = ("gpu.source=simulated", "windows=[1s]", "lateness=2s")
    agent = BuiltAgent(tmp_path, *settings)
    agent.start()
    try:
        with serving(agent) as url:
            for query, body, expected, *_ in CASES:
                status, answer = ask(url + query, body)
                assert status == expected, answer
            (engine,) = ask(url + "stats")[1]["engines"].values()
        # The server has ended, and its last spans were sent.
        source = agent.source()
        assert (source["accepted"], source["rejected"], source["clientDropped"]) == (SPANS, {}, 0)
        wait_for(lambda: total(agent.points("inference"), "requests") == SPANS, "points of all requests")
        gpu = agent.get("status")["gpu"]
        assert (gpu["own"], gpu["ownReason"]) == ([GPU], "the spans name it in their gpu label")
        check_requests(agent.points("inference"))
        check_phases(agent.points("inference_phase"))
        wait_for(lambda: busy_s(agent) >= engine["inference_seconds"], "the GPU's share")
        assert engine["batches"] == RUNS
        assert busy_s(agent) < engine["inference_seconds"] + RUNS * 3 * SLOT_S
    finally:
        agent.stop()


def test_int8_and_half_precision_answer_nearly_as_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from models import MODELS, create_network
    from quantize import convert, supported_variants

    device = torch.device("cpu")
    for model in MODELS:
        inputs = torch.randint(0, 256, (4, 3, 224, 224) if model == "vision" else (4, TOKENS_AN_ITEM))
        with torch.inference_mode():
            answers = {
                variant: convert(create_network(model, "small", device), variant)(inputs).double().flatten()
                for variant in supported_variants(device)
            }
        assert {"fp32", "fp16", "int8"} <= set(answers)
        for variant, answer in answers.items():
            cosine = torch.nn.functional.cosine_similarity(answer, answers["fp32"], dim=0).item()
            assert cosine > 0.999, (model, variant)


@contextmanager
def serving(agent: BuiltAgent) -> Iterator[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "clients/python/src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "INFERMETER_ADDRESS": agent.address,
        # On the CPU it is here that the client finds a GPU to name.
        "CUDA_VISIBLE_DEVICES": GPU,
    }
    options = "--models text --variants int8 --size small --device cpu --port 0".split()
    server = subprocess.Popen(
        [sys.executable, "server.py", *options],
        env=environment,
        cwd=EXAMPLE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        yield server.stdout.readline().partition("predict")[0]
    finally:
        server.terminate()
        code = server.wait(20)
    assert code == 0


def ask(url: str, body: bytes | None = None) -> tuple[int, Any]:
    try:
        with urlopen(url, body, timeout=60) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        return error.code, json.load(error)


def check_requests(points: list[Any]) -> None:
    assert {(point["tags"]["model"], point["tags"]["variant"]) for point in points} == {("text", "int8")}
    assert total(points, "errors") == FAILED
    # Windows of a second, so that rates are counts.
    assert (total(points, "item_rate"), total(points, "input_token_rate")) == (ITEMS, ITEMS * TOKENS_AN_ITEM)


def check_phases(points: list[Any]) -> None:
    assert {point["tags"]["phase"] for point in points} == set(PHASES)
    for phase in PHASES:
        mine = [point for point in points if point["tags"]["phase"] == phase]
        assert total(mine, "requests") == SPANS - FAILED, phase


def busy_s(agent: BuiltAgent) -> float:
    points = agent.points("inference_gpu")
    assert all(point["tags"]["gpu"] == GPU for point in points)
    return total(points, "busy_seconds")


def total(points: list[Any], field: str) -> float:
    return sum(point["fields"].get(field, 0) for point in points)
