"""What people send."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.identity.domain.forms import AccountPatch, NewAccount, SignIn
from shared.ids import account_id

ACCOUNT = {
    "email": "maria@test.example",
    "name": "Мария",
    "password": "a long password",
    "roles": [{"role": "operator", "organisation": "TST"}],
}


@pytest.mark.parametrize("email", ["a@b.example", "o'neil+112@test.example", "first.last@sub.test.example"])
def test_addresses_are_kept_in_small_letters_and_name_the_account(email: str) -> None:
    form = NewAccount.model_validate({**ACCOUNT, "email": f" {email.upper()} "})
    assert form.email == email
    assert account_id(form.email) == account_id(email.upper())


@pytest.mark.parametrize("email", ["", "a", "a@b", "a@b@c.example", "a b@c.example", "a@-b.example", "a@b..example", 7])
def test_what_is_no_address_is_refused(email: Any) -> None:
    with pytest.raises(ValidationError):
        NewAccount.model_validate({**ACCOUNT, "email": email})


def test_a_password_does_not_show() -> None:
    shown = f"{NewAccount.model_validate(ACCOUNT)!r} {SignIn(email='a', password=ACCOUNT['password'])!r}"
    assert "a long password" not in shown


def test_left_out_is_not_null() -> None:
    assert AccountPatch.model_validate({}).model_fields_set == set()
    assert AccountPatch.model_validate({"language": None}).model_fields_set == {"language"}
    for field in ("name", "roles", "disabled", "password", "otp"):
        with pytest.raises(ValidationError):
            AccountPatch.model_validate({field: None})
