"""Section: the two outputs of user_calls.py side by side: user_table.py ROOT.json USER.json."""

import json
import sys
from pathlib import Path

from section_result import markdown_table, write_section

root, user = (json.loads(Path(path).read_text()) for path in sys.argv[1:3])
rows = []
for name, call in root["calls"].items():
    other = user["calls"][name]
    rows.append((name, "yes" if call["works"] else call["value"], "yes" if other["works"] else other["value"]))
    if name in ("GPM", "compute processes"):
        rows.append((f"{name}: values", call["value"], other["value"]))
head = ("call", f"uid {root['uid']}", f"uid {user['uid']}")
write_section("user_calls", "NVML as an ordinary user", [markdown_table(head, rows)], {"root": root, "user": user})
