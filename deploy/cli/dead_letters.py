"""`dead-letters`: messages that a service could not handle, and what a human decides about them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.options import DEFAULT_DATA, Data, Token, Url
from deploy.errors import CommandError
from shared.contracts.vocabulary import Service

if TYPE_CHECKING:
    from deploy.cli.client import Stack

app = typer.Typer(help="Show messages that a service could not handle; replay or discard them.", rich_markup_mode=None)

Where = Annotated[Service, typer.Argument(metavar="SERVICE", help="Whose dead letter it is.")]
Letter = Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")]
Reason = Annotated[str, typer.Option(metavar="CODE", help="Why: small letters and underscores, for the audit trail.")]


@app.callback(invoke_without_command=True)
def dead_letters(
    context: typer.Context,
    settled: Annotated[bool, typer.Option("--settled", help="Those that were settled in the last 30 days.")] = False,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """List dead letters of every service: where each lay, what it was about, why it could not be handled."""
    from deploy.cli.client import Stack

    stack = Stack(data, url, token)
    context.obj = stack
    if context.invoked_subcommand is None:
        _show(asyncio.run(_listed(stack, settled=settled)), settled=settled)


@app.command()
def replay(context: typer.Context, service: Where, letter: Letter, reason: Reason = "mended") -> None:
    """Have a message handled once more, after what was wrong was mended."""
    _settle(context.obj, service, letter, "replay", reason)
    typer.echo(f"{letter} was handled.")


@app.command()
def discard(context: typer.Context, service: Where, letter: Letter, reason: Reason) -> None:
    """Decide that nothing is lost with a message."""
    _settle(context.obj, service, letter, "discard", reason)
    typer.echo(f"{letter} is discarded; `dead-letters --settled` shows it for 30 days.")


async def _listed(stack: Stack, *, settled: bool) -> list[dict[str, Any]]:
    async with await stack.sign_in(None, "ops") as api:
        return [
            {"service": service.value, **letter}
            for service in Service
            async for letter in api.pages(f"{service.prefix}/api/dead-letters", settled=str(settled).lower())
        ]


def _settle(stack: Stack, service: Service, letter: str, how: str, reason: str) -> None:
    from deploy.traffic.api import Refusal

    async def ask() -> None:
        async with await stack.sign_in(None, "ops") as api:
            await api.post(f"{service.prefix}/api/dead-letters/{letter}/{how}", {"reason": reason})

    try:
        asyncio.run(ask())
    except Refusal as refusal:
        raise CommandError(str(refusal)) from refusal


def _show(letters: Sequence[dict[str, Any]], *, settled: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    if not letters:
        typer.echo("No dead letter was settled lately." if settled else "No dead letters: every message was handled.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("service", "id", "at", "type", "reason", *(["settled as"] if settled else [])):
        table.add_column(column, overflow="fold")
    for letter in letters:
        cells = (letter["service"], letter["id"], letter["at"], letter["type"] or "?", letter["reason"])
        table.add_row(*cells, *([letter["settled_as"]] if settled else []))
    Console(highlight=False).print(table)
