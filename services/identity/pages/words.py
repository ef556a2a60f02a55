"""Names of identity's own states, and what it says was done."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.pages.words import N_

WORDS: Mapping[str, Mapping[str, str]] = {
    "organisation": {
        "mechanism": N_("Whole mechanism"),
        "police": N_("Station"),
        "shelter": N_("Shelter"),
        "centre": N_("Centre"),
    },
    "said": {
        "signed-out": N_("You are signed out. This browser keeps nothing of you."),
        "signed-out-everywhere": N_("You are signed out everywhere. It is known in every part within seconds."),
        "session-ended": N_("That sign-in has ended."),
        "password-changed": N_("Your password is changed. Every other sign-in of yours has ended."),
        "codes-in-use": N_("From now on, signing in asks for a code from your app."),
        "account-made": N_(
            "The account is made. Give its owner the first password; it can be changed in “My account”."
        ),
        "account-changed": N_("Saved."),
        "password-set": N_("The new password is set. Whatever was signed in with the old one has ended."),
        "codes-removed": N_("The one-time code is taken away; signing in asks for the password alone."),
    },
}
