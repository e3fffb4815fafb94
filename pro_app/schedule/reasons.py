"""Why a message is not sent. Each value is the code of its sentence (`sentences.SENTENCES`)."""

from enum import StrEnum


class Reason(StrEnum):
    """A reason holds until something changes; `waits` says that time alone will change it."""

    PAUSED = "held_paused"
    TOO_ILL = "held_too_ill"
    WITHDRAWN = "held_withdrawn"
    DECEASED = "held_deceased"
    NO_CONSENT = "held_no_consent"
    LOCKED = "held_locked"
    CONTACT_DELETED = "held_contact_deleted"
    FINISHED = "held_finished"
    EXCUSED = "held_excused"
    CLOSED = "held_closed"
    NOT_OPEN = "held_not_open"
    MOVED = "held_moved"
    SUPERSEDED = "held_superseded"
    NO_ADDRESS = "held_no_address"
    ALL_FAILED = "held_all_failed"
    CAP_VISIT = "held_cap_visit"
    CAP_DAY = "held_cap_day"
    PATIENT_FIRST = "held_patient_first"
    HOLIDAY = "held_holiday"
    QUIET_HOURS = "held_quiet_hours"
    NO_ROOM = "held_no_room"

    @property
    def waits(self) -> bool:
        return self in (Reason.CAP_DAY, Reason.PATIENT_FIRST, Reason.HOLIDAY, Reason.QUIET_HOURS)
