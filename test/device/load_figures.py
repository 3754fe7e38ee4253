"""What the agent says of one load: the row of a table."""

from agent_points import greatest_of, mean_of, read_points, sum_of
from evidence_paths import SLICE_S
from section_result import markdown_table, shown

_SLICE_MS = SLICE_S * 1000
_ACTIVITY = ("sm_active", "tensor_any_active", "tensor_hmma_active", "tensor_imma_active", "fp32_active", "dram_active")

HEAD = (
    "model", "variant", "p50 ms", "p95 ms", "requests/s", "items/s", "J/request", "J/item", "memory MiB",
    "utilization %", "power W", "SM active %", "tensor any %", "HMMA %", "IMMA %", "fp32 pipe %",
)  # fmt: skip


def load_figures(load: dict, gpu: str | None = None) -> dict:
    """Percentiles come from the one window of 1 min that holds the whole load; all else from its whole slices."""
    series = {"model": load["model"], "variant": load["variant"]}
    first_ms, last_ms = load["first_edge_ms"], load["last_edge_ms"]
    whole = read_points("inference", last_ms + _SLICE_MS, last_ms + _SLICE_MS, window="1m", **series)
    slices = read_points("inference", first_ms + 1, last_ms, window="10s", **series)
    device = {} if gpu is None else {"gpu": gpu}
    joined = read_points("inference_gpu", first_ms + 1, last_ms, window="10s", **series, **device)
    requests = sum_of(slices, "requests")
    active_joules = sum_of(joined, "energy_active_joules")
    figures = {
        "load": load,
        "slices": len(slices),
        "requests": requests,
        "errors": sum_of(slices, "errors"),
        "latency_p50_seconds": mean_of(whole, "latency_p50_seconds"),
        "latency_p95_seconds": mean_of(whole, "latency_p95_seconds"),
        "request_rate": mean_of(slices, "request_rate"),
        "item_rate": mean_of(slices, "item_rate"),
        "energy_active_joules": active_joules,
        "energy_idle_joules": sum_of(joined, "energy_idle_joules"),
        "energy_per_request_joules": active_joules / requests if active_joules and requests else None,
        "busy_seconds": sum_of(joined, "busy_seconds"),
        "exclusive_ratio": mean_of(joined, "exclusive_ratio"),
        "gpu_share_ratio": mean_of(joined, "gpu_share_ratio"),
        "memory_used_max_bytes": greatest_of(joined, "memory_used_max_bytes"),
        "joined_tensor_ratios": {kind: mean_of(joined, f"tensor_{kind}_ratio") for kind in ("any", "hmma", "imma")},
        "phases_mean_seconds": _phases(last_ms + _SLICE_MS, series),
    }
    return {**figures, **_device_figures(first_ms, last_ms, {} if gpu is None else {"uuid": gpu})}


def _phases(end_ms: float, series: dict) -> dict:
    rows = read_points("inference_phase", end_ms, end_ms, window="1m", **series)
    return {row["tags"]["phase"]: row["fields"].get("seconds_mean") for row in rows}


def _device_figures(first_ms: float, last_ms: float, device: dict) -> dict:
    """A point of gpu_activity speaks of the 10 s before it: only those that lie in the load count."""
    smi = read_points("nvidia_smi", first_ms + 1000, last_ms, **device)
    activity = read_points("gpu_activity", first_ms + _SLICE_MS - 500, last_ms + 500, **device)
    return {
        "power_draw_watts": mean_of(smi, "power_draw"),
        "utilization_gpu_percent": mean_of(smi, "utilization_gpu"),
        "memory_used_mib": greatest_of(smi, "memory_used"),
        "temperature_gpu": greatest_of(smi, "temperature_gpu"),
        "smi_points": len(smi),
        "activity_points": len(activity),
        **{f"{name}_ratio": mean_of(activity, f"{name}_ratio") for name in _ACTIVITY},
    }


def figures_table(all_figures: list[dict]) -> str:
    return markdown_table(HEAD, [_row(figures) for figures in all_figures])


def _row(f: dict) -> list[str]:
    load = f["load"]
    joules = f["energy_per_request_joules"]
    return [
        load["model"],
        load["variant"],
        shown(f["latency_p50_seconds"], 1, 1000),
        shown(f["latency_p95_seconds"], 1, 1000),
        shown(f["request_rate"], 2),
        shown(f["item_rate"]),
        shown(joules, 2),
        shown(joules and joules / load["batch_size"], 3),
        shown(f["memory_used_mib"], 0),
        shown(f["utilization_gpu_percent"]),
        shown(f["power_draw_watts"], 0),
        *(shown(f[f"{name}_ratio"], 1, 100) for name in _ACTIVITY[:5]),
    ]
