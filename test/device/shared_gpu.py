"""Section: two models at once on one GPU."""

from agent_points import wait_until_written
from load_figures import figures_table, load_figures
from model_load import AlignedLoad, ModelServer
from section_result import markdown_table, shown, write_section

text, vision = ModelServer("text", "fp16", port=8081), ModelServer("vision", "int8", port=8082)
with text, vision:
    loads = AlignedLoad([text, vision]).finish()
wait_until_written(loads[-1]["last_edge_ms"] + 10_000)
figures = [load_figures(load) for load in loads]
shares = [
    (f["load"]["model"], shown(f["busy_seconds"], 2), shown(f["gpu_share_ratio"], 1, 100), shown(f["exclusive_ratio"], 1, 100),
     shown(f["energy_active_joules"], 0), shown(f["energy_idle_joules"], 0))
    for f in figures
]  # fmt: skip
head = ("model", "busy s", "share of the GPU %", "exclusive %", "active J", "idle J")
write_section("shared", "Two models at once on one GPU", [figures_table(figures), markdown_table(head, shares)], figures)
