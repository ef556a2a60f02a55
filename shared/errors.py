"""Domain errors: what can be wrong, in the words of the domain.

Nothing here knows HTTP. ``shared.contracts.problems`` maps each class to a problem document. Messages are
sentences a person can act on and never hold a personal value. What differs from case to case stands in a sentence as a
placeholder, ``Unit %(unit)s has a job.``, so that pages can say it in every language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


def filled(sentence: str, values: Mapping[str, str | Sequence[str] | int], say: Callable[[str], str] = str) -> str:
    """Return a sentence with its values in their places, each word of them as ``say`` says it."""

    def said(value: str | Sequence[str] | int) -> str:
        match value:
            case str():
                return say(value)
            case int():
                return str(value)
            case _:
                return ", ".join(say(each) for each in value)

    return sentence % {name: said(value) for name, value in values.items()} if values else sentence


class DomainError(Exception):
    """A refusal by the rules. A batch contains it: the other inputs go on."""

    def __init__(self, sentence: str, **values: str | Sequence[str] | int) -> None:
        self.sentence = sentence
        self.values = values
        self.detail = filled(sentence, values)
        super().__init__(self.detail)


class NotFound(DomainError):
    """No such entity, or its existence is a secret to the one who asked."""

    def __init__(self, kind: str) -> None:
        super().__init__("There is no such %(kind)s, or it is not yours to see.", kind=kind)
        self.kind = kind


class Forbidden(DomainError):
    """The account's roles do not allow this."""


class NotSignedIn(DomainError):
    """No token, or one that is not valid any more."""


class IllegalMove(DomainError):
    """A step that the entity's state machine does not have."""

    def __init__(self, kind: str, from_state: str, to_state: str, hint: str = "") -> None:
        article = "An" if kind[0] in "aeiou" else "A"
        sentence = f"{article} {kind} that is {from_state} cannot become {to_state}."
        super().__init__(f"{sentence} {hint}" if hint else sentence)
        self.kind = kind
        self.from_state = from_state
        self.to_state = to_state


class Conflict(DomainError):
    """The present state of the world does not allow this; the detail says what to do."""


class StaleVersion(DomainError):
    """``If-Match`` named a version that is not the present one."""

    def __init__(self, present: int) -> None:
        super().__init__(
            "Somebody changed this meanwhile; it is at version %(present)s now. Read it again.", present=present
        )
        self.present = present


@dataclass(frozen=True)
class FieldError:
    """One field that was refused: where, and what is accepted there. Never the value."""

    field: str
    message: str


class Invalid(DomainError):
    """Input that was understood but not accepted, field by field."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("Some fields are not accepted: %(fields)s.", fields=[e.field for e in errors])
        self.errors = tuple(errors)

    @classmethod
    def field(cls, field: str, message: str) -> Invalid:
        """Refuse one field."""
        return cls([FieldError(field, message)])


class KeyReused(DomainError):
    """An ``Idempotency-Key`` came back with another body."""


class RequestInProgress(DomainError):
    """The first try with this ``Idempotency-Key`` is still running."""


class TooMany(DomainError):
    """A rate limit; ``retry_after`` in seconds."""

    def __init__(self, detail: str, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(Exception):
    """P10: the service says no before it could lose something; ``retry_after`` in seconds."""

    def __init__(self, detail: str, retry_after: float = 1.0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class Unstorable(Exception):
    """What one input wants written fits no column: a fault of the input or of this program, not of the store."""


class Poison(Exception):
    """A message that can never be handled: undecodable, or its sealed part belongs elsewhere."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
