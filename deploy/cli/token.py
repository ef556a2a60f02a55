from datetime import timedelta
from typing import Annotated

import typer

from deploy.cli.options import DEFAULT_DATA, Data
from deploy.errors import CommandError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


def token(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose token.")],
    ttl: Annotated[str, typer.Option(help="How long it lives: 90s, 30m or 12h, at most 24h.")] = "12h",
    data: Data = DEFAULT_DATA,
) -> None:
    """Print a bearer token for an account, and nothing else. Needs the data folder's keys; the stack may be stopped."""
    from services.identity.local import NoToken, issue
    from shared.contracts.vocabulary import Service
    from shared.settings import Settings

    settings = Settings(data=data.resolve(), keys=data.resolve() / "keys")
    try:
        typer.echo(issue(settings.keys, settings.database_url(Service.IDENTITY), email, _duration(ttl)))
    except (NoToken, FileNotFoundError) as error:
        missing = isinstance(error, FileNotFoundError)
        raise CommandError(f"{data.resolve()} holds no keys; was it ever up?" if missing else str(error)) from error


def _duration(text: str) -> timedelta:
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdecimal():
        raise CommandError(f"--ttl {text} is not a time; write 90s, 30m or 12h.")
    return timedelta(**{_UNITS[unit]: int(number)})
