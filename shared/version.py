"""Which Zakrila this is: what was released, and exactly which code runs."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

VERSION = "0.1.0"
"""The release, as ``pyproject.toml`` says it (a test compares them)."""

_ROOT = Path(__file__).resolve().parents[1]
_CODE = frozenset({".py", ".html", ".js", ".css", ".po", ".svg", ".mako"})


@functools.cache
def build(service: str) -> str:
    """Return a name for the code of a service: the same code has the same name wherever and however it runs."""
    digest = hashlib.sha256()
    for folder in (_ROOT / "shared", _ROOT / "services" / service):
        for file in sorted(each for each in folder.rglob("*") if each.suffix in _CODE):
            digest.update(file.relative_to(_ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
