"""Where a running stack is and as whom to speak to it: by its data folder, or by `--url` and `--token`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from deploy.embedded.layout import Layout
from deploy.embedded.state import StackState
from deploy.errors import CommandError
from deploy.traffic.api import Api, Refusal

# Longer than any part takes to come back, shorter than somebody waits who mistyped an address.
PATIENCE_SECONDS = 15.0
_TOKEN_LIVES = timedelta(hours=12)


@dataclass(frozen=True)
class Stack:
    """A stack as the options name it."""

    data: Path
    url: str | None = None
    token: str | None = None

    def runs(self) -> bool:
        """Whether there is a stack to speak to."""
        if self.url is not None:
            return True
        state = StackState.read(self.layout)
        return state is not None and state.is_supervised()

    @property
    def layout(self) -> Layout:
        """The data folder."""
        return Layout(self.data.resolve())

    @property
    def origin(self) -> str:
        """Where it answers."""
        if self.url is not None:
            return self.url
        state = StackState.read(self.layout)
        if state is None or not state.is_supervised():
            raise CommandError(
                f"No stack runs on {self.layout.folder}; `./zakrila up` starts one, --data names another."
            )
        return state.url

    async def sign_in(self, email: str | None, role: str, patience: float = PATIENCE_SECONDS) -> Api:
        """Return a way in for this account or, without one, for the first known account with the role."""
        if self.url is not None:
            if self.token is None:
                raise CommandError("With --url a token is needed; `./zakrila token EMAIL` prints one.")
            return Api(self.url, self.token, patience=patience)
        origin = self.origin  # first of all: without a stack nothing else is worth saying
        return Api(origin, await self.token_of(email, role), patience=patience)

    async def token_of(self, email: str | None, role: str) -> str:
        """Return a token of this account or, without one, of the first known account with the role."""
        return await self._token(email or self._account(role)["email"])

    def accounts(self, role: str) -> list[Mapping[str, Any]]:
        """Return the accounts written down in the data folder that hold a role."""
        try:
            entries: list[Mapping[str, Any]] = json.loads(self.layout.demo_accounts.read_text())
        except FileNotFoundError:
            raise CommandError(f"{self.layout.folder} has no accounts written down; use --url and --token.") from None
        return [entry for entry in entries if entry["role"] == role]

    def _account(self, role: str) -> Mapping[str, Any]:
        for entry in self.accounts(role):
            return entry
        raise CommandError(f"No account with the role {role} is in {self.layout.demo_accounts}; name one with --as.")

    async def _token(self, email: str) -> str:
        """Make a token with the deployment's own keys, or sign in where its store of accounts is out of reach."""
        from services.identity.local import NoToken, issue
        from shared.contracts.vocabulary import Service
        from shared.settings import Settings

        settings = Settings(data=self.layout.folder, keys=self.layout.keys)
        try:
            return str(issue(settings.keys, settings.database_url(Service.IDENTITY), email, _TOKEN_LIVES))
        except NoToken as error:
            password = self._password(email)
            if password is None:
                raise CommandError(f"{email}: {error}") from error
        async with Api(self.origin, token="", patience=PATIENCE_SECONDS) as nobody:
            try:
                answer = await nobody.post("/identity/api/sessions", {"email": email, "password": password})
            except Refusal as refusal:
                raise CommandError(f"{email} could not sign in: {refusal}") from refusal
        return str(answer["token"])

    def _password(self, email: str) -> str | None:
        file = self.layout.demo_accounts
        entries = json.loads(file.read_text()) if file.exists() else []
        return next((entry["password"] for entry in entries if entry["email"] == email), None)
