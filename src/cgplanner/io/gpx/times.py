"""Times as receivers and apps write them: the one that GPX asks for, and a dozen that it does not. No file in here."""

from __future__ import annotations

import datetime as dt
import re

_MOMENT = re.compile(
    r"(?P<year>[12]\d{3})(?P<sign>[-/.年]?)(?P<month>\d{1,2})(?:(?P=sign)|月)(?P<day>\d{1,2})日?"
    r"(?:[T ]?\s*(?P<hour>\d{1,2})(?:[:时点]?(?P<minute>\d{2})分?(?::?(?P<second>\d{2})(?:[.,](?P<part>\d+))?秒?)?)\s*"
    r"(?P<zone>Z|UTC|GMT|[-+]\d{1,2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)


def moment(text: str) -> tuple[dt.datetime, int | None] | None:
    """Return a moment in UTC, and the minutes that its zone is ahead (None where it names none); None for what is no time.

    >>> moment("2024-05-01T18:00:00+08:00")
    (datetime.datetime(2024, 5, 1, 10, 0), 480)
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    micro = int((found["part"] or "0")[:6].ljust(6, "0"))
    ahead = _ahead(found["zone"])
    try:
        day = dt.datetime(int(found["year"]), int(found["month"]), int(found["day"]))  # noqa: DTZ001  UTC, as all of ours
        if (hour, minute, second) == (24, 0, 0):
            day, hour = day + dt.timedelta(days=1), 0
        whole = day.replace(hour=hour, minute=minute, second=second, microsecond=micro)
        return whole - dt.timedelta(minutes=ahead or 0), ahead
    except (ValueError, OverflowError):
        return None


def _ahead(zone: str | None) -> int | None:
    if not zone or zone.upper() in ("Z", "UTC", "GMT"):
        return 0 if zone else None
    digits = zone[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    return (int(hours) * 60 + int(minutes)) * (-1 if zone[0] == "-" else 1)
