"""`replay`: a real call log as incidents, with a progress bar and a closing table."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import DEFAULT_DATA, Data, Token, Url
from deploy.errors import CommandError

if TYPE_CHECKING:
    from deploy.call_logs.read import CallLog
    from deploy.cli.client import Stack
    from deploy.traffic.actors import Actor
    from deploy.traffic.outcomes import Outcomes
    from deploy.traffic.replay import Pace

Tell = Callable[[str], None]

_PATIENCE_SECONDS = 180.0


def replay(
    log: Annotated[Path, typer.Argument(metavar="LOG.csv", help="The call log.")],
    profile: Annotated[str, typer.Option(metavar="NAME", help="How its columns are read: a name or a file.")],
    speed: Annotated[float, typer.Option(min=0.001, help="So many times faster than the log.")] = 600.0,
    rate: Annotated[float | None, typer.Option(min=0.001, help="Calls a second, instead of --speed.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many calls.")] = None,
    actors: Annotated[bool, typer.Option("--actors", help="Simulate crews and staff.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the closing table as JSON.")] = False,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """Replay a call log as incidents. Exit status 1 if any leg was lost.

    With --actors, simulated crews and staff acknowledge, arrive, confirm and clear, with delays in the log's time
    that --speed shortens, so that units and rooms become free again.
    """
    from deploy.cli.client import Stack
    from deploy.traffic.replay import Pace

    calls = _read(log, profile)
    pace = Pace(speed, rate)
    table = asyncio.run(_replay(Stack(data, url, token), calls, pace, limit, actors=actors, quiet=as_json))
    if as_json:
        typer.echo(json.dumps(table.as_json()))
    else:
        from deploy.cli.outcome_shown import show

        show(table)
    for line in table.refused[:20]:
        sys.stderr.write(f"zakrila: not accepted: {line}\n")
    if table.lost or table.accepted < table.incidents:
        raise typer.Exit(1)


def _read(log: Path, profile: str) -> CallLog:
    from deploy.call_logs import profile as profiles
    from deploy.call_logs.read import BadLog, read

    known = profile in profiles.names()
    if not known and not Path(profile).is_file():
        raise CommandError(f"There is no profile {profile}; built in are {', '.join(profiles.names())}.")
    try:
        calls = read(log, profiles.named(profile) if known else profiles.load(Path(profile)))
    except (BadLog, profiles.BadProfile) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
    for refused in calls.refused:
        sys.stderr.write(f"zakrila: {log}:{refused.line}: {refused.reason}\n")
    return calls


async def _replay(
    stack: Stack, calls: CallLog, pace: Pace, limit: int | None, *, actors: bool, quiet: bool
) -> Outcomes:
    from deploy.traffic.replay import replay as run
    from deploy.traffic.replay import schedule

    total = min(len(calls), limit or len(calls))
    async with contextlib.AsyncExitStack() as open_ways:
        api = await open_ways.enter_async_context(await stack.sign_in(None, "operator", _PATIENCE_SECONDS))
        people = await _people(stack, pace, open_ways, say=not quiet) if actors else []
        with _progress(total, quiet=quiet) as tell:
            return await run(
                api,
                schedule(calls, pace, limit),
                people,
                tell_sent=lambda _sent: tell("sent"),
                tell_settled=lambda settled: tell(f"settled {settled}"),
            )


async def _people(stack: Stack, pace: Pace, open_ways: contextlib.AsyncExitStack, *, say: bool) -> list[Actor]:
    """Return one actor for all crews (a dispatcher), one for each shelter and one for each centre."""
    from deploy.traffic.actors import Actor, Delays, centre_staff, crew, shelter_staff

    if stack.url is not None:
        raise CommandError("--actors needs the accounts of a data folder; use --data.")
    delays = Delays()
    if say:
        sys.stderr.write(f"Actors, in the log's time: {delays.sentence()}.\n")
    actors = []
    for role, service in (("dispatcher", "dispatch"), ("shelter_staff", "shelter-beds"), ("centre_staff", "notify")):
        for email in _one_each(stack, role):
            api = await open_ways.enter_async_context(await stack.sign_in(email, role, _PATIENCE_SECONDS))
            choose = crew(api, delays) if role == "dispatcher" else None
            choose = choose or (shelter_staff(delays) if role == "shelter_staff" else centre_staff(delays))
            actors.append(Actor(api, service, choose, pace.speed))
    return actors


def _one_each(stack: Stack, role: str) -> list[str]:
    """Return as few accounts as hold the role in every organisation."""
    reach: dict[str, set[str]] = {}
    for entry in stack.accounts(role):
        reach.setdefault(entry["email"], set()).add(entry["organisation"])
    chosen: list[str] = []
    covered: set[str] = set()
    for email in sorted(reach, key=lambda each: -len(reach[each])):
        if not reach[email] <= covered:
            chosen.append(email)
            covered |= reach[email]
    return chosen


@contextlib.contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Tell]:
    """Show a bar on a terminal; tell nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda _what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        calls = bar.add_task("calls", total=total)
        settled = bar.add_task("settled", total=total)

        def tell(what: str) -> None:
            if what == "sent":
                bar.advance(calls)
            else:
                bar.update(settled, completed=int(what.removeprefix("settled ")))

        yield tell
