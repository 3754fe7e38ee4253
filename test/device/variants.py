"""Section: each model in each variant alone on the GPU, one after another."""

import os
import traceback

from agent_points import wait_until_written
from load_figures import figures_table, load_figures
from model_load import AlignedLoad, ModelServer
from section_result import write_section

models = os.environ.get("MODELS", "text,vision").split(",")
variants = os.environ.get("VARIANTS", "fp32,fp16,fp8,int8").split(",")
loads, failures = [], {}
for model in models:
    for variant in variants:
        try:
            with ModelServer(model, variant, port=8081) as server:
                loads += AlignedLoad([server]).finish()
        except Exception as error:
            traceback.print_exc()
            failures[f"{model}/{variant}"] = repr(error)
if loads:
    # Its window of a minute ends a slice after the last load.
    wait_until_written(loads[-1]["last_edge_ms"] + 10_000)
figures = [load_figures(load) for load in loads]
tables = [figures_table(figures)] if figures else []
tables += [f"{name}: failed, {reason}" for name, reason in failures.items()]
write_section("variants", "Variants, one at a time", tables, {"loads": figures, "failures": failures})
