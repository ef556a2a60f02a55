"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="The stack's data folder.")]
DEFAULT_DATA = Path("./var")


def examples(*lines: str) -> str:
    """An epilog that is printed line by line, as it is."""
    return "\n".join(["\b", "Examples:", *(f"  ./zakrila {line}" for line in lines)])
