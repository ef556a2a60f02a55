"""Finds, reads and checks jurisdictions: what is returned is whole, and nothing is half-loaded."""

from pathlib import Path
from typing import Final

from deploy.jurisdictions import scale
from shared import documents
from shared.contracts.jurisdiction import Jurisdiction

GENERATED: Final = "scale"

_FOLDER: Final = Path(__file__).parent


class BadJurisdiction(documents.BadDocument):
    """A file that is no jurisdiction: which line, which field, why, for everything that is wrong in it."""


def names() -> tuple[str, ...]:
    """The built-in jurisdictions, as `up --jurisdiction NAME` takes them."""
    return (*sorted(file.stem for file in _FOLDER.glob("*.yaml")), GENERATED)


def named(name: str) -> Jurisdiction:
    """A built-in jurisdiction; `scale` at its usual size. Raises `KeyError` for any other name."""
    if name not in names():
        raise KeyError(name)
    return scale.generate() if name == GENERATED else load(_FOLDER / f"{name}.yaml")


def load(path: Path) -> Jurisdiction:
    """The jurisdiction written in a file. Raises `BadJurisdiction`."""
    return documents.read(path, Jurisdiction, refusal=BadJurisdiction)
