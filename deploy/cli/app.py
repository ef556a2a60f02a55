"""Zakrila's command line. Commands import what they need when they run: help must come at once."""

import sys

import typer

from deploy.cli.call import call
from deploy.cli.down import down
from deploy.cli.options import examples
from deploy.cli.run_tests import run_tests
from deploy.cli.status import status
from deploy.cli.up import up
from deploy.errors import CommandError

app = typer.Typer(
    help="Zakrila: one emergency call becomes three kept promises: police, shelter, centre.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(epilog=examples("up", "up --data /srv/zakrila --port 8443 --detach"))(up)
app.command(epilog=examples("down", "down --data /srv/zakrila"))(down)
app.command(epilog=examples("status", "status --json"))(status)
app.command(
    epilog=examples(
        "call --file docs/examples/call.json",
        "call --file docs/examples/call.json --wait accepted --timeout 300",
        "call --as supervisor@demo.example",
    )
)(call)
app.command(
    "test",
    epilog=examples("test", "test -q tests/unit", "test -k waitlist", "test -- --help"),
    context_settings={"ignore_unknown_options": True},
)(run_tests)


def main() -> None:
    try:
        app(prog_name="./zakrila")
    except CommandError as error:
        sys.stderr.write(f"zakrila: {error}\n")
        sys.exit(1)
