"""The door: proving who one is, before a session begins or goes on. Every try counts in the throttle."""

from __future__ import annotations

import structlog
from sqlalchemy import RowMapping

from services.identity import store
from services.identity.api.desk import Desk
from services.identity.commands import accounts, sessions
from services.identity.domain import halfway
from services.identity.domain.forms import NewPassword, SignIn
from shared.errors import Invalid, NotFound, NotSignedIn
from shared.ids import account_id
from shared.web.pages.words import N_
from shared.web.reading import Reading

log = structlog.get_logger()


class Door:
    """Where one request is let in, or not."""

    def __init__(self, desk: Desk, read: Reading) -> None:
        self._desk = desk
        self._read = read

    async def enter(self, body: SignIn, *, browser: bool = False) -> sessions.SignedIn:
        """Begin a session.

        Raises:
            CodeWanted: the password was right; a one-time code is asked for too.
            NotSignedIn: something was wrong; what, is not told.
            TooMany: it comes too soon after other tries.
        """
        who = account_id(body.email)
        throttle = self._desk.tools.throttle
        async with throttle.turn(who):
            tried = await throttle.begin(who, self._desk.address)
            account = await self._read(lambda connection: store.account(connection, who))
            known_hash = account["password_hash"] if account else None
            matches = await self._desk.tools.passwords.match(known_hash, body.password.get_secret_value())
            try:
                if not matches or known_hash is None:
                    raise sessions.wrong()
                begun = await self._begin(who, known_hash, body.otp, browser=browser)
            except sessions.CodeWanted:
                await throttle.got_halfway(tried)
                raise
            except NotSignedIn:
                if account:
                    log.warning("a sign-in was refused", account=who)
                raise
            await throttle.succeeded(tried)
        return begun

    async def enter_with_code(self, proof: str, code: str) -> sessions.SignedIn:
        """Begin a browser's session with the code that was asked for after the password.

        Raises:
            Expired: the password was given too long ago, or is another one now.
            NotSignedIn: the code is not right.
            TooMany: it comes too soon after other tries.
        """
        who = halfway.account_of(proof)
        account = await self._read(lambda connection: store.account(connection, who))
        secret = self._desk.tools.secret
        if account is None or not halfway.holds(proof, secret, account["password_hash"], self._read.now):
            raise Expired
        throttle = self._desk.tools.throttle
        async with throttle.turn(who):
            tried = await throttle.begin(who, self._desk.address)
            try:
                begun = await self._begin(who, account["password_hash"], code, browser=True)
            except NotSignedIn:
                log.warning("a one-time code was refused", account=who)
                raise
            await throttle.succeeded(tried)
        return begun

    async def go_on(self, token: str, password: str) -> sessions.SignedIn:
        """Go on with a session, locked or not, of somebody who gives the password again.

        Raises:
            NotSignedIn: there is no such session any more.
            WrongPassword: it is not the password.
            TooMany: it comes too soon after other tries.
        """
        account = await self._read(lambda connection: sessions.owner(connection, token, self._read.now))
        if not await self.is_owner(account, password):
            log.warning("a session stayed locked", account=account["id"])
            raise WrongPassword
        return await self._desk.run(lambda tx: sessions.unlock(tx, token, account["password_hash"]))

    async def is_owner(self, account: RowMapping, password: str) -> bool:
        """Say whether this is an account's password.

        Raises:
            TooMany: it comes too soon after other tries.
        """
        throttle = self._desk.tools.throttle
        async with throttle.turn(account["id"]):
            tried = await throttle.begin(account["id"], self._desk.address)
            if not await self._desk.tools.passwords.match(account["password_hash"], password):
                return False
            await throttle.succeeded(tried)
        return True

    async def new_password(self, who: str, body: NewPassword) -> tuple[str, str]:
        """Return the hash of an account's present password, which its owner gave, and that of a new one.

        Raises:
            Invalid: the present one is not right, or the new one too easily guessed.
            NotFound: there is no such account.
            TooMany: it comes too soon after other tries.
        """
        account = await self._read(lambda connection: store.account(connection, who))
        if account is None:
            raise NotFound("account")
        new = body.new.get_secret_value()
        accounts.check_password("new", new, account["email"])
        if not await self.is_owner(account, body.present.get_secret_value()):
            raise Invalid.field("present", N_("the present password"))
        return account["password_hash"], await self._desk.tools.passwords.hash(new)

    async def _begin(self, who: str, known_hash: str, code: str | None, *, browser: bool) -> sessions.SignedIn:
        secret = self._desk.tools.secret
        return await self._desk.run(lambda tx: sessions.begin(tx, who, known_hash, code, secret, browser=browser))


class Expired(NotSignedIn):
    """Too long between the password and the code."""

    def __init__(self) -> None:
        super().__init__(N_("That took too long. Begin again with your e-mail address and password."))


class WrongPassword(NotSignedIn):
    """A locked session stays locked."""

    def __init__(self) -> None:
        super().__init__(N_("That is not the password."))
