"""Section: the agent's nvidia_smi points against what nvidia-smi printed nearest to them, while a load was steady."""

from __future__ import annotations

import json
import statistics

from agent_points import read_points
from evidence_paths import WORK
from section_result import markdown_table, shown, write_section

_NEAR_MS = 600
# The agent's field, nvidia-smi's, and whether differences are in percent of the latter.
_PAIRS = (
    ("memory_used", "memory.used", "MiB"),
    ("temperature_gpu", "temperature.gpu", "°C"),
    ("utilization_gpu", "utilization.gpu", "%"),
    ("power_draw", "power.draw.instant", "%"),
    ("power_draw_average", "power.draw.average", "%"),
    ("clocks_current_sm", "clocks.sm", "MHz"),
)


def main() -> None:
    printed = [json.loads(line) for line in (WORK / "smi.jsonl").read_text().splitlines()]
    tables, all_figures = [], {}
    for load in steady_loads():
        # The first seconds are the ramp of power and clocks.
        from_ms, to_ms = load["first_edge_ms"] + 3000, load["last_edge_ms"]
        device = {"uuid": load["gpu"]} if "gpu" in load else {}
        points = read_points("nvidia_smi", from_ms, to_ms, **device)
        pairs = [(point, row) for point in points if (row := nearest(printed, point)) is not None]
        figures = {field: differences(pairs, field, name, unit) for field, name, unit in _PAIRS}
        label = f"{load['model']}/{load['variant']}"
        all_figures[label] = figures
        tables += [(label, field, unit, d["pairs"], shown(d["agent_median"]), shown(d["smi_median"]), shown(d["median"], 2), shown(d["greatest"], 2))
                   for (field, _, unit) in _PAIRS if (d := figures[field])]  # fmt: skip
    head = ("load", "field", "difference in", "pairs", "agent, median", "nvidia-smi, median", "median difference", "greatest difference")
    write_section("smi_truth", "The agent's points against nvidia-smi", [markdown_table(head, tables)], all_figures)


def steady_loads() -> list[dict]:
    figures: list[dict] = []
    for name in ("variants", "two_gpus", "shared"):
        file = WORK / "sections" / f"{name}.json"
        if file.exists():
            found = json.loads(file.read_text())["figures"]
            figures += found["loads"] if isinstance(found, dict) else found
    return [figure["load"] for figure in figures]


def nearest(printed: list[dict], point: dict) -> dict | None:
    mine = [row for row in printed if row["uuid"] == point["tags"].get("uuid")]
    best = min(mine, key=lambda row: abs(row["at_unix_ms"] - point["time"]), default=None)
    return best if best is not None and abs(best["at_unix_ms"] - point["time"]) <= _NEAR_MS else None


def differences(pairs: list[tuple[dict, dict]], field: str, name: str, unit: str) -> dict | None:
    values = [(point["fields"][field], number(row.get(name))) for point, row in pairs if field in point["fields"]]
    known = [(agent, smi) for agent, smi in values if smi is not None]
    if not known:
        return None
    relative = unit == "%" and field.startswith("power")
    found = [abs(agent - smi) * (100 / smi if relative and smi else 1) for agent, smi in known]
    return {
        "pairs": len(known),
        "agent_median": statistics.median(agent for agent, _ in known),
        "smi_median": statistics.median(smi for _, smi in known),
        "median": statistics.median(found),
        "greatest": max(found),
    }


def number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


if __name__ == "__main__":
    main()
