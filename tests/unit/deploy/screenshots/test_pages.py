"""Which pages pictures are taken of: all that menus lead to, under names that documents can rely on."""

from __future__ import annotations

import re
from collections import Counter

from deploy.screenshots.calls import CALLS
from deploy.screenshots.camera import by_role
from deploy.screenshots.pages import NOBODY, views
from shared.contracts.vocabulary import Role
from shared.web.pages.navigation import PLACES

_OF_A_CALL = ("incident", "job", "placement", "handover")
_FOUND = {"notice", "centre", "user", "shelter"}


def test_every_place_of_every_menu_is_looked_at_by_each_of_its_roles() -> None:
    looked_at = {(view.who, view.address) for view in views()}
    assert {(role.value, place.address) for place in PLACES for role in place.roles} <= looked_at


def test_every_picture_has_a_name_of_its_own_that_a_file_can_have() -> None:
    titles = [view.title for view in views()]
    assert [title for title, times in Counter(titles).items() if times > 1] == []
    assert [title for title in titles if not re.fullmatch(r"[a-z_]+/[a-z0-9-]+", title)] == []


def test_every_page_shows_what_the_staged_night_has() -> None:
    staged = {f"{scene.name}_{name}" for scene in CALLS for name in _OF_A_CALL} | _FOUND
    assert {name for view in views() for name in view.wants} <= staged


def test_pages_are_taken_role_by_role() -> None:
    roles = by_role(views())
    assert set(roles) == {NOBODY, *Role}
    assert sum(len(own) for own in roles.values()) == len(views())


def test_what_is_staged_is_invented() -> None:
    numbers = re.findall(r"\+?\d{9,}", str(CALLS))
    assert numbers
    assert all(number.startswith("+3598880000") for number in numbers)
