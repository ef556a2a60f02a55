"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="The stack's data folder.", show_default="./var")]
Url = Annotated[str | None, typer.Option(metavar="URL", help="A stack elsewhere; needs --token.")]
Token = Annotated[str | None, typer.Option(metavar="TOKEN", envvar="ZAKRILA_TOKEN", help="A bearer token.")]
Units = Annotated[int | None, typer.Option(min=1, help="Size of the generated jurisdiction `scale`.")]
Rooms = Annotated[int | None, typer.Option(min=1, help="Size of the generated jurisdiction `scale`.")]
DEFAULT_DATA = Path("./var")


def examples(*lines: str) -> str:
    """An epilog that is printed line by line, as it is."""
    return "\n".join(["\b", "Examples:", *(f"  ./zakrila {line}" for line in lines)])
