"""What a section found, as a JSON file that the report is made from, and tables of it."""

import json
from collections.abc import Sequence

from evidence_paths import WORK


def write_section(name: str, title: str, tables: list[str], figures: object) -> None:
    """`tables`: Markdown; `figures`: everything measured."""
    (WORK / "sections").mkdir(parents=True, exist_ok=True)
    content = {"title": title, "markdown": "\n\n".join(tables), "figures": figures}
    (WORK / "sections" / f"{name}.json").write_text(json.dumps(content, indent=1))
    print(f"\n## {title}\n" + content["markdown"], flush=True)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def shown(value: float | None, digits: int = 1, factor: float = 1) -> str:
    """A dash where nothing was measured."""
    return "–" if value is None else f"{value * factor:,.{digits}f}"
