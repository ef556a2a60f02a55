"""Where a running stack is and as whom to speak to it: by its data folder, or by `--url` and `--token`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.embedded.layout import Layout
from deploy.embedded.state import StackState
from deploy.errors import CommandError
from deploy.traffic.api import Api, Refusal

# Longer than any part takes to come back, shorter than somebody waits who mistyped an address.
PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Stack:
    """A stack as the options name it."""

    data: Path
    url: str | None = None
    token: str | None = None

    async def sign_in(self, email: str | None, role: str) -> Api:
        """Return a way in for this account or, without one, for the first demo account with the role."""
        if self.url is not None:
            if self.token is None:
                raise CommandError("With --url a token is needed; `./zakrila token EMAIL` prints one.")
            return Api(self.url, self.token, patience=PATIENCE_SECONDS)
        layout = Layout(self.data.resolve())
        url = _url_of(layout)
        account = _demo_account(layout, email, role)
        async with Api(url, token="", patience=PATIENCE_SECONDS) as nobody:
            try:
                answer = await nobody.post(
                    "/identity/api/sessions", {"email": account["email"], "password": account["password"]}
                )
            except Refusal as refusal:
                raise CommandError(f"{account['email']} could not sign in: {refusal}") from refusal
        return Api(url, str(answer["token"]), patience=PATIENCE_SECONDS)


def _url_of(layout: Layout) -> str:
    state = StackState.read(layout)
    if state is None or not state.is_supervised():
        raise CommandError(f"No stack runs on {layout.folder}; `./zakrila up` starts one, --data names another.")
    return state.url


def _demo_account(layout: Layout, email: str | None, role: str) -> dict[str, Any]:
    try:
        accounts: list[dict[str, Any]] = json.loads(layout.demo_accounts.read_text())
    except FileNotFoundError:
        raise CommandError(f"{layout.folder} has no demo accounts; use --url and --token.") from None
    for account in accounts:
        if account["email"] == email or (email is None and account["role"] == role):
            return account
    who = email or f"with the role {role}"
    raise CommandError(f"There is no demo account {who} in {layout.demo_accounts}; use --url and --token.")
