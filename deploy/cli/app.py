"""Zakrila's command line. Commands import what they need when they run: help must come at once."""

import sys

import typer

from deploy.cli.backup import backup, restore
from deploy.cli.bench import bench
from deploy.cli.call import call
from deploy.cli.config import app as config
from deploy.cli.dead_letters import app as dead_letters
from deploy.cli.down import down
from deploy.cli.jurisdictions import jurisdictions, load
from deploy.cli.options import examples
from deploy.cli.replay import replay
from deploy.cli.run_tests import run_tests
from deploy.cli.screenshots import screenshots
from deploy.cli.status import status
from deploy.cli.storm import storm
from deploy.cli.token import token
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
    epilog=examples(
        "replay docs/examples/calls.csv --profile milwaukee --actors --speed 3600",
        "replay calls.csv --profile my-agency.yaml --rate 10 --limit 100 --json",
    )
)(replay)
app.command(epilog=examples("load ruse", "load my-area.yaml --preview", "load scale --units 2000 --rooms 5000"))(load)
app.command(epilog=examples("jurisdictions"))(jurisdictions)
app.command(epilog=examples("token operator@demo.example", "token ops@demo.example --ttl 30m"))(token)
app.add_typer(
    dead_letters,
    name="dead-letters",
    epilog=examples(
        "dead-letters", "dead-letters replay intake ID", "dead-letters discard intake ID --reason not_ours"
    ),
)
app.add_typer(config, name="config", epilog=examples("config check", "config check --all", "config example"))
app.command(epilog=examples("backup zakrila.tar.gz"))(backup)
app.command(epilog=examples("restore zakrila.tar.gz --data /srv/zakrila-new"))(restore)
app.command(
    epilog=examples("bench", "bench --rate 90 --seconds 60 --json report.json"),
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)(bench)
app.command(
    epilog=examples("storm", "storm --minutes 15 --rate 12 --seed 7 --json report.json"),
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)(storm)
app.command(
    epilog=examples(
        "screenshots",
        "screenshots --out /tmp/pictures --language en --theme light",
        "screenshots --data var --only operator/ --only centre_staff/handover --size phone",
        "screenshots --list",
    )
)(screenshots)
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
