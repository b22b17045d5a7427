"""When a story begins, and the times that are written as dates: both become seconds from the start.

Dates are those of the Gregorian calendar, at a fixed distance from UTC; there is no summer time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

DAY = 86400.0
_HOUR = r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?"
_TIME_OF_DAY = re.compile(_HOUR)
_DATE = re.compile(rf"(?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:[ T]{_HOUR})?")
_ZONE = re.compile(r"(?P<sign>[-+])(?P<hour>[01][0-9]):(?P<minute>[0-5][0-9])")
EPOCH = date(1970, 1, 1)


class CalendarError(ValueError):
    """A date, a time of day or a zone cannot be read."""


@dataclass(frozen=True)
class Start:
    """When a story begins: the time of day [s], the date if it has one, and how far its clocks are ahead of UTC [s]."""

    seconds: float = 6 * 3600.0
    date: date | None = None
    zone: float = 0.0

    def at(self, day: date, seconds: float) -> float:
        """Return the time from the start [s] of a time of day on a date."""
        if self.date is None:
            raise CalendarError("a date needs a story that begins on one; write scenario.start as '2021-08-15 06:00'")
        return (day - self.date).days * DAY + seconds - self.seconds

    def clock(self, time: float) -> str:
        """Return a time from the start [s] as words: "day 3, 14:05", or "2021-08-17, 14:05" of a story with a date."""
        minutes = int((self.seconds + time) // 60)
        day, of_day = minutes // 1440, minutes % 1440
        called = f"day {day + 1}"
        if self.date is not None and day <= (date.max - self.date).days:
            called = (self.date + timedelta(days=day)).isoformat()
        return f"{called}, {of_day // 60:02d}:{of_day % 60:02d}"


class TimeOfDay(float):
    """Seconds since midnight, where a moment may stand too."""


def first_beat(every: float, since: float | None, start: Start) -> float:
    """Return when something that comes by a beat comes first; a time of day says where the beat lies, on any day."""
    if since is None:
        return every
    if isinstance(since, TimeOfDay):
        return (since - start.seconds) % every
    return since


def is_date(text: str) -> bool:
    """Return whether a text is written as a date, with a time of day or without."""
    return _DATE.fullmatch(text.strip()) is not None


def is_time_of_day(text: str) -> bool:
    """Return whether a text is written as a time of day."""
    return _TIME_OF_DAY.fullmatch(text.strip()) is not None


def read_date(text: str) -> tuple[date, float | None]:
    """Return a date, and the time of day [s] if there is one.

    Raises CalendarError when there is no such date.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise CalendarError(f"'{text[:40]}' is not a date; write it as '2021-08-15' or '2021-08-15 06:00'")
    try:
        day = date.fromisoformat(found["date"])
    except ValueError:
        raise CalendarError(f"there is no day '{found['date']}'") from None
    return day, None if found["hour"] is None else _seconds(found)


def time_of_day(text: str) -> float:
    """Return the seconds since midnight of a text such as "05:00".

    Raises CalendarError when it is none.
    """
    found = _TIME_OF_DAY.fullmatch(text.strip())
    if found is None:
        raise CalendarError(f"'{text[:40]}' is not a time of day; write it as '05:00'")
    return _seconds(found)


def instant(text: str, start: Start) -> float:
    """Return the time from the start [s] of a date, at midnight or at its time of day."""
    day, seconds = read_date(text)
    return start.at(day, seconds or 0.0)


def read_start(start: Any, zone: Any = None) -> Start:
    """Return when a story begins from what is written in `scenario.start` and `scenario.zone`.

    Raises CalendarError when either cannot be read.
    """
    text = str(start).strip()
    if is_date(text):
        day, seconds = read_date(text)
        if seconds is None:
            raise CalendarError(f"'{text}' has no time of day; write it as '{text} 06:00'")
    elif is_time_of_day(text):
        day, seconds = None, time_of_day(text)
    else:
        raise CalendarError(
            f"'{text[:40]}' is no start; write a time of day, '06:00', or a date too, '2021-08-15 06:00'"
        )
    return Start(seconds, day, 0.0 if zone is None else read_zone(str(zone)))


def read_zone(text: str) -> float:
    """Return how far the clocks of a zone are ahead of UTC [s], from a text such as "+04:30"."""
    found = _ZONE.fullmatch(text.strip())
    if found is None or int(found["hour"]) > 14:
        raise CalendarError(f"'{text[:40]}' is not a zone; write how far its clocks are ahead of UTC, as '+04:30'")
    ahead = int(found["hour"]) * 3600.0 + int(found["minute"]) * 60.0
    return -ahead if found["sign"] == "-" else ahead


def _seconds(found: re.Match[str]) -> float:
    return int(found["hour"]) * 3600.0 + int(found["minute"]) * 60.0 + int(found["second"] or 0)
