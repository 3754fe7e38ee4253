"""Gathers the sections into evidence.md and evidence.json of the folder that is its argument."""

import json
import sys
from pathlib import Path

from evidence_paths import WORK

_ORDER = (
    "machine", "kernels", "variants", "shared", "two_gpus", "batches", "energy_sum", "smi_truth", "readers_idle",
    "readers_load", "readers_user", "poll_cost", "reader_process", "user_calls", "python_client",
)  # fmt: skip

out = Path(sys.argv[1])
found = {name: json.loads(file.read_text()) for name in _ORDER if (file := WORK / "sections" / f"{name}.json").exists()}
missing = [name for name in _ORDER if name not in found]
text = "\n\n".join(f"## {section['title']}\n\n{section['markdown']}" for section in found.values())
(out / "evidence.md").write_text(f"{text}\n\nWithout a result: {', '.join(missing) or 'none'}\n")
(out / "evidence.json").write_text(json.dumps({name: section["figures"] for name, section in found.items()}, indent=1))
print(f"\nwithout a result: {', '.join(missing) or 'none'}")
