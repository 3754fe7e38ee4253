"""Section: active and idle energy over all series against the counter's own difference, slice by slice.

Run after the loads: it takes every slice of which both the agent and energy_log.py know the energy.
"""

from __future__ import annotations

import json

from agent_points import read_points
from evidence_paths import SLICE_S, WORK
from section_result import markdown_table, shown, write_section


def main() -> None:
    edges = [json.loads(line) for line in (WORK / "energy.jsonl").read_text().splitlines()]
    joined = read_points("inference_gpu", edges[0]["at_unix_ms"] + 1, edges[-1]["at_unix_ms"], window="10s")
    slices = [
        slice_figures(uuid, before, after, joined)
        for before, after in zip(edges, edges[1:])
        if after["at_unix_ms"] - before["at_unix_ms"] == SLICE_S * 1000
        for uuid in after["joules"]
        if before["joules"][uuid] is not None and after["joules"][uuid] is not None
    ]
    known = [one for one in slices if one["agent_joules"] is not None]
    rows = [
        (one["gpu"][:12], shown(one["end_unix_ms"] / 1000 % 100_000, 0), ", ".join(one["busy"]) or "nobody",
         shown(one["counter_joules"]), shown(one["agent_joules"]), shown(one["difference_percent"], 2))
        for one in known
    ]  # fmt: skip
    head = ("GPU", "end of slice s", "busy", "counter J", "agent J", "difference %")
    write_section("energy_sum", "Active and idle energy against the counter", [summary(known), markdown_table(head, rows)], slices)


def slice_figures(uuid: str, before: dict, after: dict, joined: list[dict]) -> dict:
    rows = [row for row in joined if row["time"] == after["at_unix_ms"] and row["tags"].get("gpu") == uuid]
    parts = [row["fields"].get(f"energy_{kind}_joules") for row in rows for kind in ("active", "idle")]
    joules = [part for part in parts if part is not None]
    counter = after["joules"][uuid] - before["joules"][uuid]
    agent = sum(joules) if joules else None
    return {
        "gpu": uuid,
        "end_unix_ms": after["at_unix_ms"],
        "busy": sorted(f"{row['tags'].get('model')}/{row['tags'].get('variant')}" for row in rows if row["fields"].get("busy_seconds")),
        "counter_joules": counter,
        "agent_joules": agent,
        "difference_percent": None if agent is None else 100 * (agent / counter - 1),
    }


def summary(known: list[dict]) -> str:
    """Over all slices, those of one busy series, and those of several."""
    groups = {
        "all slices": known,
        "nobody busy": [one for one in known if not one["busy"]],
        "one series busy": [one for one in known if len(one["busy"]) == 1],
        "several series busy": [one for one in known if len(one["busy"]) > 1],
    }
    rows = []
    for gpu in sorted({one["gpu"] for one in known}):
        for name, group in groups.items():
            mine = [one for one in group if one["gpu"] == gpu]
            if mine:
                counter = sum(one["counter_joules"] for one in mine)
                agent = sum(one["agent_joules"] for one in mine)
                worst = max((one["difference_percent"] for one in mine), key=abs)
                rows.append((gpu[:12], name, len(mine), shown(counter), shown(agent), shown(100 * (agent / counter - 1), 2), shown(worst, 2)))
    return markdown_table(("GPU", "slices", "number", "counter J", "agent J", "difference %", "worst slice %"), rows)


if __name__ == "__main__":
    main()
