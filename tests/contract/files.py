"""The committed snapshots."""

from __future__ import annotations

import json
from pathlib import Path

from tests.contract.present import Promises

FOLDER = Path(__file__).parent / "snapshots"


def committed() -> dict[str, Promises]:
    """Return all snapshots, by name."""
    return {file.stem: json.loads(file.read_text()) for file in FOLDER.glob("*.json")}


def write(name: str, promises: Promises) -> None:
    """Write one snapshot."""
    (FOLDER / f"{name}.json").write_text(text_of(promises))


def text_of(promises: Promises) -> str:
    """Return a snapshot's text: sorted, so that a change is seen as what it is."""
    return json.dumps(promises, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
