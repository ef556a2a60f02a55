"""`scale`: an invented jurisdiction of any size, for load tests; a size and seed always give the same one."""

import random
from collections.abc import Iterator, Sequence
from typing import Final

from shared.contracts.jurisdiction import (
    Admission,
    Centre,
    ChildProtection,
    Duty,
    Jurisdiction,
    MeetingPoint,
    Municipality,
    Person,
    Role,
    Room,
    RotaStep,
    Shelter,
    Station,
    Unit,
)

MOST_UNITS: Final = 20_000
MOST_ROOMS: Final = 40_000

CODE: Final = "SCALE"
UNITS_AT_A_STATION: Final = 50
ROOMS_IN_A_SHELTER: Final = 10
MUNICIPALITIES_IN_A_REGION: Final = 10
DUTIES_OF_AN_ACCOUNT: Final = 25
"""Units and shelters share accounts, or a large stack would begin by hashing thousands of passwords."""

SOUTH_WEST: Final = (42.0, 23.0)
STEP_DEGREES: Final = 0.2
ADMISSIONS: Final = (
    Admission(
        adults=("f",),
        oldest_boy=14,
        mobility=("unrestricted", "assisted"),
        acute_medical=False,
        pets=0,
        languages=("en", "bg"),
        documents_required=False,
    ),
    Admission(
        adults=("f", "m"),
        oldest_boy=None,
        mobility=("unrestricted", "assisted", "wheelchair"),
        acute_medical=True,
        pets=2,
        languages=("en", "bg"),
        documents_required=False,
    ),
    Admission(
        adults=("f",),
        oldest_boy=None,
        mobility=("unrestricted",),
        acute_medical=False,
        pets=1,
        languages=("en",),
        documents_required=True,
        children_max=4,
    ),
)


def generate(*, units: int = 2_000, rooms: int = 5_000, seed: int = 1) -> Jurisdiction:
    """A jurisdiction with exactly that many units and rooms. Raises `ValueError` for an impossible size."""
    for what, wanted, most in (("units", units, MOST_UNITS), ("rooms", rooms, MOST_ROOMS)):
        if not 1 <= wanted <= most:
            raise ValueError(f"{what} must be from 1 to {most}, not {wanted}")
    chance = random.Random(seed)  # noqa: S311 - variety that can be repeated, not a secret
    municipalities = _municipalities(max(4, min(400, -(-units // UNITS_AT_A_STATION))))
    stations = [_station(municipality) for municipality in municipalities]
    patrols = [_unit(number, stations[number % len(stations)], chance) for number in range(units)]
    shelters = list(_shelters(municipalities, rooms, chance))
    centres = _centres(municipalities)
    return Jurisdiction(
        code=CODE,
        name={"en": f"Scale ({units} units, {rooms} rooms)"},
        country="BG",
        languages=("en", "bg"),
        timezone="Europe/Sofia",
        invented="Everything here is invented: places, stations, units, shelters, centres and people.",
        municipalities=tuple(municipalities),
        stations=tuple(stations),
        units=tuple(patrols),
        shelters=tuple(shelters),
        centres=tuple(centres),
        child_protection=(
            ChildProtection(
                code="scale-children",
                name={"en": "Child protection"},
                municipalities=tuple(municipality.code for municipality in municipalities),
            ),
        ),
        people=tuple(_people(patrols, stations, shelters, centres)),
    )


def _municipalities(count: int) -> list[Municipality]:
    """A square grid, row by row; each borders those to its four sides."""
    side = int(count**0.5)
    code = "{}{:03d}".format

    def neighbours(index: int) -> Iterator[str]:
        column = index % side
        for other, beside in (
            (index - side, True),
            (index - 1, column > 0),
            (index + 1, column < side - 1),
            (index + side, True),
        ):
            if beside and 0 <= other < count:
                yield code(CODE, other + 1)

    return [
        Municipality(
            code=code(CODE, index + 1),
            name={"en": f"Municipality {index + 1}"},
            latitude=round(SOUTH_WEST[0] + STEP_DEGREES * (index // side), 4),
            longitude=round(SOUTH_WEST[1] + STEP_DEGREES * (index % side), 4),
            region=f"region-{index // MUNICIPALITIES_IN_A_REGION + 1}",
            neighbours=tuple(neighbours(index)),
        )
        for index in range(count)
    ]


def _station(municipality: Municipality) -> Station:
    return Station(
        code=f"station-{municipality.code.removeprefix(CODE)}",
        name={"en": f"Station of {municipality.name['en'].lower()}"},
        municipality=municipality.code,
        latitude=municipality.latitude,
        longitude=municipality.longitude,
        covers=(municipality.code,),
        directorate=f"directorate-{municipality.region.removeprefix('region-')}",
    )


def _unit(number: int, station: Station, chance: random.Random) -> Unit:
    return Unit(
        code=f"Scale-{number + 1}",
        station=station.code,
        latitude=round(station.latitude + chance.uniform(-0.1, 0.1), 4),
        longitude=round(station.longitude + chance.uniform(-0.1, 0.1), 4),
    )


def _shelters(municipalities: Sequence[Municipality], rooms: int, chance: random.Random) -> Iterator[Shelter]:
    for number, first in enumerate(range(0, rooms, ROOMS_IN_A_SHELTER), start=1):
        municipality = municipalities[number % len(municipalities)]
        size = min(ROOMS_IN_A_SHELTER, rooms - first)
        yield Shelter(
            code=f"shelter-{number:04d}",
            code_name=f"Shelter {number}",
            region=municipality.region,
            municipality=municipality.code,
            admission=ADMISSIONS[number % len(ADMISSIONS)],
            meeting_points=(
                MeetingPoint(code="station", kind="station", text={"en": "The police station's front desk"}),
                MeetingPoint(code="hospital", kind="hospital", text={"en": "The hospital's main entrance"}),
            ),
            rooms=tuple(
                Room(name=str(room + 1), beds=chance.randint(2, 6), accessible=room == 0) for room in range(size)
            ),
        )


def _centres(municipalities: Sequence[Municipality]) -> list[Centre]:
    """One a region. Each is on two people's rota."""
    served: dict[str, list[str]] = {}
    for municipality in municipalities:
        served.setdefault(municipality.region, []).append(municipality.code)
    return [
        Centre(
            code=f"centre-{number}",
            name={"en": f"Support centre {number}"},
            serves=tuple(codes),
            rota=tuple(
                RotaStep(order=order, person=_account(role, number - 1), minutes=5)
                for order, role in enumerate(("centre_staff", "centre_staff.second"), start=1)
            ),
        )
        for number, codes in enumerate(served.values(), start=1)
    ]


def _people(
    units: Sequence[Unit], stations: Sequence[Station], shelters: Sequence[Shelter], centres: Sequence[Centre]
) -> Iterator[Person]:
    everywhere: tuple[Role, ...] = ("operator", "supervisor", "auditor", "ops", "admin")
    for role in everywhere:
        yield from _accounts(role, [Duty(role=role, organisation=CODE)])
    yield from _accounts("dispatcher", [Duty(role="dispatcher", organisation=part.code) for part in stations])
    yield from _accounts("crew", [Duty(role="crew", organisation=part.station, unit=part.code) for part in units])
    yield from _accounts("shelter_staff", [Duty(role="shelter_staff", organisation=part.code) for part in shelters])
    for login in ("centre_staff", "centre_staff.second"):
        yield from _accounts(login, [Duty(role="centre_staff", organisation=part.code) for part in centres])


def _accounts(login: str, duties: Sequence[Duty]) -> Iterator[Person]:
    for first in range(0, len(duties), DUTIES_OF_AN_ACCOUNT):
        account = _account(login, first)
        share = duties[first : first + DUTIES_OF_AN_ACCOUNT]
        yield Person(login=account, name=f"Scale {account}", roles=tuple(share))


def _account(login: str, place: int) -> str:
    """Who holds the duty at that place of a list: `crew` the first 25, `crew.2` the next 25, and so on."""
    share = place // DUTIES_OF_AN_ACCOUNT + 1
    return login if share == 1 else f"{login}.{share}"
