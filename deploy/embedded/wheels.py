"""Programs that came into the environment with a wheel: nats-server, Valkey, Caddy."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from deploy.errors import CommandError


def program(wheel: str, name: str) -> str:
    """The path of a program that the wheel lists; CommandError when it is not there."""
    try:
        listed = files(wheel) or []
    except PackageNotFoundError:
        listed = []
    for file in listed:
        path = Path(file.locate())
        if file.name == name and path.is_file():
            return str(path.resolve())
    raise CommandError(f"The program {name} of the package {wheel} is missing; remove .venv and try again.")
