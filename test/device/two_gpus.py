"""Section: one model on each of two GPUs, each in a server that sees only its own."""

import pynvml
from agent_points import read_points, wait_until_written
from load_figures import figures_table, load_figures
from model_load import AlignedLoad, ModelServer
from section_result import markdown_table, shown, write_section

pynvml.nvmlInit()
uuids = [pynvml.nvmlDeviceGetUUID(pynvml.nvmlDeviceGetHandleByIndex(index)) for index in range(2)]
uuids = [uuid.decode() if isinstance(uuid, bytes) else uuid for uuid in uuids]

first = ModelServer("text", "fp16", port=8081, gpu=uuids[0])
second = ModelServer("vision", "int8", port=8082, gpu=uuids[1])
with first, second:
    loads = [{**load, "gpu": uuid} for load, uuid in zip(AlignedLoad([first, second]).finish(), uuids)]
wait_until_written(loads[-1]["last_edge_ms"] + 10_000)
figures = [load_figures(load, load["gpu"]) for load in loads]

joined = read_points("inference_gpu", loads[0]["first_edge_ms"] + 1, loads[0]["last_edge_ms"], window="10s")
rows = [
    (row["tags"]["model"], row["tags"].get("variant", ""), row["tags"]["gpu"][:12], int(row["time"] / 1000),
     shown(row["fields"].get("busy_seconds"), 2), shown(row["fields"].get("energy_active_joules"), 0),
     shown(row["fields"].get("energy_idle_joules"), 0))
    for row in joined
]  # fmt: skip
booked = markdown_table(("model", "variant", "GPU", "end of slice", "busy s", "active J", "idle J"), rows)
write_section("two_gpus", "A model on each of two GPUs", [figures_table(figures), booked], figures)
