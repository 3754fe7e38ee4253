"""Section: one variant kept as a baseline, the others compared with it, as a user would on the command line."""

import json
import os
import subprocess

from evidence_paths import AGENT_HTTP, SLICES, WORK
from model_load import AlignedLoad, ModelServer
from section_result import markdown_table, write_section

_OUT = os.environ.get("OUT", str(WORK))
_NODE, _AGENT_DIR = os.environ.get("NODE", "node"), os.environ.get("AGENT_DIR", ".")
# Less than 40 s is no baseline.
_LEAST_SLICES = 4


def infermeter(*arguments: str) -> subprocess.CompletedProcess:
    program = [_NODE, f"{_AGENT_DIR}/dist/agent/main.js", *arguments]
    print("$ infermeter", *arguments, flush=True)
    done = subprocess.run(program, capture_output=True, text=True, timeout=120)
    print(done.stdout[-6000:], done.stderr[-2000:], flush=True)
    return done


def keep(model: str, variant: str) -> dict:
    """Loads one variant, and keeps what it did as the baseline MODEL-VARIANT."""
    with ModelServer(model, variant, port=8081) as server:
        [seen] = AlignedLoad([server], max(SLICES, _LEAST_SLICES)).finish()
    span = ["--from", f"{seen['first_edge_ms']:.0f}", "--to", f"{seen['last_edge_ms']:.0f}"]
    named = ["--model", model, "--variant", variant, "--status-url", AGENT_HTTP]
    infermeter("baseline", "save", f"{model}-{variant}", "--replace", *named, *span)
    return seen


def compare(baseline: str, candidate: str) -> dict:
    sides = ["--baseline", baseline, "--candidate", candidate, "--status-url", AGENT_HTTP]
    infermeter("compare", *sides, "--plot", f"{_OUT}/{candidate}.svg")
    return json.loads(infermeter("compare", *sides, "--json").stdout)


def comparison_row(found: dict, metric: str) -> list[str]:
    row = next((one for one in found["metrics"] if one["metric"] == metric and "phase" not in one), {})
    figures = [f"{row[name]:.4g}" if name in row else "–" for name in ("baseline", "candidate", "ratio", "low", "high")]
    return [metric, *figures, row.get("verdict", "–")]


METRICS = [
    "latency_mean",
    "latency_p50",
    "latency_p95",
    "latency_p99",
    "request_rate",
    "memory",
    "energy_per_request",
    "output_tokens_per_joule",
]
model = os.environ.get("MODELS", "text").split(",")[0]
reference, *others = os.environ.get("VARIANTS", "fp16,int8").split(",")
loads = [keep(model, variant) for variant in (reference, *others)]
tables, comparisons = [], {}
for variant in others:
    found = compare(f"{model}-{reference}", f"{model}-{variant}")
    comparisons[variant] = found
    rows = [comparison_row(found, metric) for metric in METRICS]
    head = ["figure", reference, variant, "ratio", "low", "high", "verdict"]
    tables += [f"{model}, {variant}: **{found['verdict']}**: {found['reason']}.", markdown_table(head, rows)]
write_section("baseline", "A baseline, and what is compared with it", tables, {"loads": loads, "comparisons": comparisons})
