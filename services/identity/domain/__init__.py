"""Who may hold which role where, how long a sign-in lasts, what a password and a one-time code must be."""

from services.identity.domain.roles import EVERYWHERE

__all__ = ["EVERYWHERE"]
