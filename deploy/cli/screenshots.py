"""`screenshots`: every page of every role as a picture, desktop and phone, light and dark, in every language."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deploy import environment
from deploy.errors import CommandError

if TYPE_CHECKING:
    from deploy.cli.client import Stack
    from deploy.screenshots.camera import Camera
    from deploy.screenshots.pages import View
    from deploy.screenshots.staging import Staged

_OUT = Path("./var/screenshots")
_MOST_SAID = 20
Size = Literal["desktop", "phone"]
Theme = Literal["light", "dark"]


def screenshots(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the pictures go.", show_default="./var/screenshots")
    ] = _OUT,
    language: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this language (bg, en, sr, sq); may be repeated.")
    ] = None,
    size: Annotated[Size | None, typer.Option(help="Only this size.")] = None,
    theme: Annotated[Theme | None, typer.Option(help="Only this theme.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Only pages whose ROLE/NAME holds this text; may be repeated. See --list."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A demo stack that runs; invented incidents are raised in it, and stay. Without it a stack of its own "
            "is started, and taken away again.",
        ),
    ] = None,
    as_list: Annotated[bool, typer.Option("--list", help="Print the pages as ROLE/NAME and their addresses.")] = False,
) -> None:
    """Take pictures of every page of every role: desktop and phone, light and dark, in four languages.

    A night of invented incidents is staged through the public API (one waits for everybody, one is on its way with a
    family, one finds no room, one is a drill, one is closed, …), then Debian's Chromium opens every page as each role
    sees it, waits until it is complete and live, and takes its picture.

    The pictures are DIR/LANGUAGE/ROLE/NAME-SIZE-THEME.png, for instance en/operator/incident-desktop-light.png: names
    that stay the same from run to run, so that documents can point at them. DIR/index.html shows them side by side.

    Needs Debian's package chromium; Playwright comes with what the tests need and is installed by itself. --language,
    --size, --theme and --only take fewer pictures. Exit status 1 if a page was not as it should be: refused, never
    live, or with an error in one of its scripts.
    """
    from deploy.screenshots.pages import views
    from shared.web.pages.languages import LANGUAGES

    chosen = [view for view in views() if not only or any(text in view.title for text in only)]
    if not chosen:
        raise CommandError(f"No page holds {' or '.join(only or [])}; `./zakrila screenshots --list` names them.")
    if unknown := set(language or ()) - set(LANGUAGES):
        raise CommandError(f"There is no language {', '.join(sorted(unknown))}; there are {', '.join(LANGUAGES)}.")
    if as_list:
        width = max(len(view.title) for view in chosen)
        for view in chosen:
            typer.echo(f"{view.title:<{width}}  {view.address}")
        return
    _install()
    languages = [code for code in LANGUAGES if not language or code in language]
    began = time.monotonic()
    with _stack(data) as stack:
        camera = _photographed(stack, _staged(stack), chosen, languages, out.resolve(), size, theme)
    _conclude(camera, time.monotonic() - began)


def _install() -> None:
    """Have a browser and what drives it, or say what is missing."""
    from deploy.screenshots import chromium

    if chromium.path() is None:
        raise CommandError("Chromium is not here: install Debian's package chromium (`apt install chromium`).")
    try:
        environment.extend(environment.DEV_LOCK, "installing what takes screenshots")
    except environment.BuildError as error:
        raise CommandError(f"Playwright is not here, and cannot be installed: {error}") from error
    importlib.invalidate_caches()


@contextlib.contextmanager
def _stack(data: Path | None) -> Iterator[Stack]:
    """Give a demo stack: the one that is named, or one that lives as long as the pictures are taken."""
    from deploy.cli.client import Stack

    if data is not None:
        stack = Stack(data)
        if not stack.runs():
            raise CommandError(f"No stack runs on {data.resolve()}; `./zakrila up --detach --data {data}` starts one.")
        yield stack
        return
    with tempfile.TemporaryDirectory(prefix="zakrila-screenshots-") as folder:
        own = Path(folder) / "var"
        sys.stderr.write("zakrila: starting a stack for the pictures …\n")
        try:
            _zakrila("up", "--detach", f"--data={own}", f"--port={_free_port()}")
            yield Stack(own)
        finally:
            _zakrila("down", f"--data={own}")


def _zakrila(*arguments: str) -> None:
    command = [sys.executable, "-P", "-m", "deploy.cli", *arguments]
    done = subprocess.run(command, cwd=environment.ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandError(done.stderr.strip().removeprefix("zakrila: ") or f"`zakrila {arguments[0]}` failed.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _staged(stack: Stack) -> Staged:
    """Stage a night; people of the demo's own play in it."""
    from deploy.screenshots.calls import CALLS
    from deploy.screenshots.staging import stage

    shelters = sorted({entry["email"] for entry in stack.accounts("shelter_staff")})
    with _progress("staging a night", len(CALLS)) as tell:
        return asyncio.run(stage(stack.sign_in, shelters, tell))


def _photographed(
    stack: Stack,
    staged: Staged,
    views: Sequence[View],
    languages: Sequence[str],
    out: Path,
    size: Size | None,
    theme: Theme | None,
) -> Camera:
    from playwright.sync_api import sync_playwright

    from deploy.screenshots.camera import SIZES, THEMES, Camera, by_role, launched

    sizes, themes = [size] if size else list(SIZES), [theme] if theme else list(THEMES)
    possible = [view for view in views if view.wants <= staged.ids.keys()]
    roles = by_role(possible)
    tokens = {who: _token(stack, staged, who) for who in roles}
    total = len(possible) * len(languages) * len(sizes) * len(themes)
    with sync_playwright() as playwright, _progress("taking pictures", total) as tell:
        camera = Camera(launched(playwright), stack.origin, out, sizes, themes, tell)
        camera.wrong += [f"{view.title}: what it shows could not be staged" for view in views if view not in possible]
        for code in languages:
            for who, own in roles.items():
                camera.sitting(code, own, [view.address.format(**staged.ids) for view in own], tokens[who])
        camera.browser.close()
    return camera


def _token(stack: Stack, staged: Staged, who: str) -> str | None:
    """Return the token of the account of a role that has most to see."""
    from deploy.screenshots.pages import NOBODY

    if who == NOBODY:
        return None
    known = {entry["email"] for entry in stack.accounts(who)}
    email = staged.accounts.get(who)
    return asyncio.run(stack.token_of(email if email in known else None, who))


@contextlib.contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal; elsewhere only what begins."""
    if not sys.stderr.isatty():
        sys.stderr.write(f"zakrila: {what} ({total}) …\n")
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def _conclude(camera: Camera, seconds: float) -> None:
    """Say what there is to look at, and what was wrong."""
    from deploy.screenshots.album import write_album

    if camera.taken:
        album = write_album(camera.out, camera.taken)
        typer.echo(f"{len(camera.taken)} screenshots in {seconds:.0f} s; look through them at {album}")
    for line in camera.wrong[:_MOST_SAID]:
        sys.stderr.write(f"zakrila: {line}\n")
    if len(camera.wrong) > _MOST_SAID:
        sys.stderr.write(f"zakrila: and {len(camera.wrong) - _MOST_SAID} more.\n")
    if camera.wrong:
        raise typer.Exit(1)
