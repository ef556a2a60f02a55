"""`load` and `jurisdictions`: which areas a stack serves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.options import DEFAULT_DATA, Data, Rooms, Token, Units, Url
from deploy.errors import CommandError

if TYPE_CHECKING:
    from deploy.cli.client import Stack
    from deploy.loading import Changes
    from shared.contracts.jurisdiction import Jurisdiction

_MARKS = {"added": "+", "changed": "~", "removed": "-"}


def load(
    file: Annotated[str, typer.Argument(metavar="FILE.yaml", help="A file, or the name of a built-in jurisdiction.")],
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is right.")] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say what a running stack would change, and what stands in the way.")
    ] = False,
    units: Units = None,
    rooms: Rooms = None,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """Load or update a jurisdiction. A bad file is refused with the line and the reason; nothing is half-loaded."""
    from deploy.cli.client import Stack

    document = find(file, units, rooms)
    if check:
        typer.echo(f"{document.code} is right: {_size(document)}.")
        return
    stack = Stack(data, url, token)
    if preview:
        if not _show_preview(document, asyncio.run(_preview(stack, document))):
            raise typer.Exit(1)
        return
    _show(document, asyncio.run(_load(stack, document)))


def jurisdictions(data: Data = DEFAULT_DATA, url: Url = None, token: Token = None) -> None:
    """List the jurisdictions that a stack serves; without a running stack, those that come with it."""
    from deploy.cli.client import Stack

    stack = Stack(data, url, token)
    if not stack.runs():
        from deploy.jurisdictions.load import names

        typer.echo("Built in: " + ", ".join(names()))
        return
    for item in asyncio.run(_loaded(stack)):
        names_ = " · ".join(item["name"].values())
        typer.echo(f"{item['code']:<8} {names_}{'  (first)' if item['first'] else ''}")


def find(name: str, units: int | None, rooms: int | None) -> Jurisdiction:
    """Return a built-in jurisdiction by name, or the one in a file.

    Raises:
        CommandError: no such name or file, or a file that is not right: each line and its reason.
    """
    from deploy.jurisdictions import scale
    from deploy.jurisdictions.load import GENERATED, BadJurisdiction, load, named, names

    sizes = {key: value for key, value in (("units", units), ("rooms", rooms)) if value is not None}
    if sizes and name != GENERATED:
        raise CommandError("--units and --rooms give the size of `scale` alone.")
    try:
        if name == GENERATED:
            return scale.generate(**sizes)
        if name in names():
            return named(name)
        if not Path(name).is_file():
            raise CommandError(f"There is no file {name}; built in are {', '.join(names())}.")
        return load(Path(name))
    except BadJurisdiction as error:
        raise CommandError(str(error)) from error


async def _load(stack: Stack, document: Jurisdiction) -> Changes:
    from deploy import loading

    async with await stack.sign_in(None, "admin") as api:
        try:
            return await loading.load(api, document, first=await loading.is_first(api, document.code))
        except loading.NotLoaded as error:
            raise CommandError(str(error)) from error


async def _preview(stack: Stack, document: Jurisdiction) -> Mapping[str, Mapping[str, Any]]:
    from deploy import loading

    async with await stack.sign_in(None, "admin") as api:
        try:
            return await loading.preview(api, document, first=await loading.is_first(api, document.code))
        except loading.NotLoaded as error:
            raise CommandError(str(error)) from error


async def _loaded(stack: Stack) -> list[dict[str, Any]]:
    async with await stack.sign_in(None, "admin") as api:
        items: list[dict[str, Any]] = (await api.get("/intake/api/jurisdictions"))["items"]
        return items


def _show(document: Jurisdiction, changes: Changes) -> None:
    typer.echo(f"{document.code} is loaded: {_size(document)}.")
    for service, change in changes.items():
        typer.echo(f"  {service:<13} {_counted(change)}")


def _show_preview(document: Jurisdiction, found: Mapping[str, Mapping[str, Any]]) -> bool:
    """Print what would change, part by part; say whether nothing stands in the way."""
    typer.echo(f"{document.code} would be loaded: {_size(document)}.")
    for service, outlook in found.items():
        typer.echo(f"  {service:<13} {_counted(outlook)}")
        for change in outlook["changes"]:
            typer.echo(f"    {_MARKS[change['how']]} {change['kind']} {change['code']}{_fields(change['fields'])}")
        for word, sentences in (("note", outlook["warnings"]), ("NOT POSSIBLE", outlook["obstacles"])):
            for sentence in sentences:
                typer.echo(f"    {word}: {sentence}")
    return not any(outlook["obstacles"] for outlook in found.values())


def _fields(fields: Mapping[str, Sequence[str | None]]) -> str:
    told = (f"{name} {values[0]} → {values[1]}" if values else name for name, values in fields.items())
    return f" ({'; '.join(told)})" if fields else ""


def _counted(change: Mapping[str, Any]) -> str:
    return f"added {change['added']}, changed {change['changed']}, removed {change['removed']}"


def _size(document: Jurisdiction) -> str:
    rooms = sum(len(shelter.rooms) for shelter in document.shelters)
    return (
        f"{len(document.municipalities)} municipalities, {len(document.units)} units, "
        f"{len(document.shelters)} shelters with {rooms} rooms, {len(document.centres)} centres"
    )
