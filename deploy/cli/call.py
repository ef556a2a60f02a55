import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.legs import Goal, missing
from deploy.cli.options import DEFAULT_DATA, Data, Token, Url
from deploy.errors import CommandError

if TYPE_CHECKING:
    from deploy.cli.client import Stack

_LOOK_SECONDS = 0.2

Show = Callable[[dict[str, Any]], None]


def call(
    file: Annotated[Path | None, typer.Option(metavar="CALL.json", help="The incident; - reads it from stdin.")] = None,
    email: Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="The account that raises it.")] = None,
    wait: Annotated[Goal, typer.Option(help="How far each needed leg must get.")] = "answered",
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for that.")] = 60,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """Raise one incident and show its legs live. Exit status 1 if one did not get so far in time.

    Without a file it asks on the terminal. Without --as it speaks as the operator, or as the supervisor
    when the mode is not actual.
    """
    from deploy.cli.client import Stack
    from deploy.cli.legs_shown import shown

    body = _read(file)
    role = "operator" if body.get("mode", "actual") == "actual" else "supervisor"
    with shown() as show:
        late = asyncio.run(_raise_and_watch(Stack(data, url, token), email, role, body, wait, timeout, show))
    if late:
        raise CommandError(f"Not {wait} within {timeout:g} s: {', '.join(late)}.")


async def _raise_and_watch(
    stack: "Stack", email: str | None, role: str, body: dict[str, Any], goal: Goal, seconds: float, show: Show
) -> list[str]:
    """Return the legs that did not get as far as the goal."""
    async with await stack.sign_in(email, role) as api:
        incident = await api.post("/intake/api/incidents", body)
        show(incident)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while missing(incident, goal):
                    await asyncio.sleep(_LOOK_SECONDS)
                    incident = await api.get(f"/intake/api/incidents/{incident['id']}")
                    show(incident)
        return missing(incident, goal)


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        if not sys.stdin.isatty():
            raise CommandError("There is no terminal to ask on; name a file with --file.")
        from deploy.cli.questions import ask_for_call

        return ask_for_call()
    try:
        body = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"{file} is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise CommandError(f"{file} does not hold one incident: a JSON object.")
    return body
