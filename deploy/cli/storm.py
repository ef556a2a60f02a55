import os
import sys

import typer

from deploy import environment
from deploy.errors import CommandError


def storm(context: typer.Context) -> None:
    """Break everything that can break while calls come in, and check every promise afterwards."""
    try:
        environment.extend(environment.DEV_LOCK, "installing what storms need")
    except environment.BuildError as error:
        raise CommandError(str(error)) from error
    # A storm stands outside of what it strikes: nothing of deploy or the services imports it.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "tests.faults", *context.args])  # noqa: S606  # no shell
