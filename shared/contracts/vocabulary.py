"""The words of the domain, as they stand in requests, answers and events (CONTRACT, "HTTP")."""

from __future__ import annotations

from enum import StrEnum


class Service(StrEnum):
    INTAKE = "intake"
    DISPATCH = "dispatch"
    SHELTER_BEDS = "shelter_beds"
    NOTIFY = "notify"
    IDENTITY = "identity"

    @property
    def prefix(self) -> str:
        """Where the service lives under the common origin, for instance ``/shelter-beds``."""
        return "/" + self.value.replace("_", "-")

    @property
    def stream(self) -> str:
        """Name of the JetStream stream that only this service writes."""
        return self.value.upper()


class Role(StrEnum):
    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    CREW = "crew"
    SHELTER_STAFF = "shelter_staff"
    CENTRE_STAFF = "centre_staff"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    OPS = "ops"
    ADMIN = "admin"


class LegKind(StrEnum):
    POLICE = "police"
    SHELTER = "shelter"
    CENTRE = "centre"

    @property
    def service(self) -> Service:
        """The service that answers this leg."""
        return _ANSWERED_BY[self]


_ANSWERED_BY = {
    LegKind.POLICE: Service.DISPATCH,
    LegKind.SHELTER: Service.SHELTER_BEDS,
    LegKind.CENTRE: Service.NOTIFY,
}


class LegState(StrEnum):
    NOT_NEEDED = "not_needed"
    WAITING = "waiting"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    DONE = "done"
    UNMET = "unmet"
    WAIVED = "waived"


class IncidentState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class JobState(StrEnum):
    QUEUED = "queued"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    TRANSPORTING = "transporting"
    DELIVERED = "delivered"
    CLEARED = "cleared"
    CANCELLED = "cancelled"


class UnitState(StrEnum):
    AVAILABLE = "available"
    BUSY = "busy"
    OFF_DUTY = "off_duty"


class RoomState(StrEnum):
    FREE = "free"
    OCCUPIED = "occupied"
    OUT_OF_SERVICE = "out_of_service"


class PlacementState(StrEnum):
    WAITLISTED = "waitlisted"
    HELD = "held"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    ABSENT = "absent"
    DEPARTED = "departed"
    RELEASED = "released"
    EXPIRED = "expired"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class HandoverState(StrEnum):
    OFFERED = "offered"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class NoticeState(StrEnum):
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SIMULATED = "simulated"


class Mode(StrEnum):
    """CAP 1.2 status words. Anything but ``actual`` touches nobody (P9)."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"

    @property
    def shadow(self) -> bool:
        """Whether shadow twins stand in for real units, rooms and people."""
        return self is not Mode.ACTUAL


class Channel(StrEnum):
    EMERGENCY_112 = "emergency_112"
    HELPLINE = "helpline"
    CHAT = "chat"
    POLICE_DESK = "police_desk"
    WALK_IN = "walk_in"
    OUTREACH = "outreach"


class CallState(StrEnum):
    LIVE = "live"
    ENDED = "ended"
    DROPPED = "dropped"
    SILENT = "silent"
    UNKNOWN = "unknown"


class Relation(StrEnum):
    VICTIM = "victim"
    CHILD = "child"
    NEIGHBOUR = "neighbour"
    RELATIVE = "relative"
    PROFESSIONAL = "professional"
    PERPETRATOR = "perpetrator"
    UNKNOWN = "unknown"


class Tri(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Sex(StrEnum):
    F = "f"
    M = "m"
    UNKNOWN = "unknown"


class Where(StrEnum):
    WITH_VICTIM = "with_victim"
    WITH_PERPETRATOR = "with_perpetrator"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


class ContactMode(StrEnum):
    VOICE = "voice"
    TEXT = "text"
    SIGN = "sign"
    YES_NO_ONLY = "yes_no_only"


class Mobility(StrEnum):
    UNRESTRICTED = "unrestricted"
    ASSISTED = "assisted"
    WHEELCHAIR = "wheelchair"


class LinkedTo(StrEnum):
    NONE = "none"
    POLICE = "police"
    COURT = "court"
    MUNICIPALITY = "municipality"
    SHELTER = "shelter"
    OPERATOR = "operator"
    UNKNOWN = "unknown"


class Decision(StrEnum):
    ACCEPTS = "accepts"
    REFUSES = "refuses"
    UNDECIDED = "undecided"


class ContactChannel(StrEnum):
    VOICE = "voice"
    SMS = "sms"
    EMAIL = "email"
    CHAT = "chat"
    POST = "post"


class Answer(StrEnum):
    """An answer to a question of a risk instrument. "Not answered" is an answer of its own."""

    YES = "yes"
    NO = "no"
    NOT_ANSWERED = "not_answered"
    NOT_APPLICABLE = "not_applicable"


class Level(StrEnum):
    STANDARD = "standard"
    MEDIUM = "medium"
    HIGH = "high"


class Outcome(StrEnum):
    RESOLVED = "resolved"
    UNMET_NEED = "unmet_need"
    NO_VIOLENCE_FOUND_ON_SCENE = "no_violence_found_on_scene"
    NOT_LOCATED = "not_located"
    DECLINED_HELP = "declined_help"
    DUPLICATE = "duplicate"
    TRANSFERRED = "transferred"


class CancelReason(StrEnum):
    DUPLICATE = "duplicate"
    KEYING_ERROR = "keying_error"


class WhoDecided(StrEnum):
    """Whose decision a waiver is: hers, or a supervisor's."""

    VICTIM = "victim"
    SUPERVISOR = "supervisor"


class MeetingPointKind(StrEnum):
    STATION = "station"
    HOSPITAL = "hospital"
    PUBLIC_PLACE = "public_place"
    DOOR = "door"
