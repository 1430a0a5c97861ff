"""Dates and times as pages write them, in ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from functools import cache

from extractor.errors import LexiconError
from extractor.sources.markup import collapse
from extractor.sources.tables import load_table

__all__ = ["is_later", "iso_date"]

_FORMATS = (
    "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b. %d, %Y",
    "%d. %B %Y", "%Y-%m", "%Y/%m", "%Y",
)  # fmt: skip
_YEAR_FORMATS = {"%Y-%m": "%Y-%m", "%Y/%m": "%Y-%m", "%Y": "%Y"}
_LABEL = re.compile(r"^(?:last )?(?:updated|modified|published|posted)(?: on)?:?\s+", re.IGNORECASE)
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::\d{2})?\s?(?P<half>[ap]\.?m\b\.?)?\s?\(?(?P<zone>[A-Z]{1,4}\b|[+-]\d{2}:?\d{2}\b)?\)?"
_DAY = r"(?P<day>\w[\w,./ -]{4,28}?\w)"
_DAY_AND_CLOCK = (
    re.compile(rf"{_DAY},?\s(?:at |\| |[-–] )?{_CLOCK}", re.IGNORECASE),
    re.compile(rf"{_CLOCK}(?:,| on)?\s{_DAY}", re.IGNORECASE),
)
_OFFSET = re.compile(r"[+-]\d{2}:?\d{2}")


@cache
def _zones() -> dict[str, str]:
    rows = {row["zone"]: row["offset"] for row in load_table("zones.tsv", ("zone", "offset"))}
    if not all(_OFFSET.fullmatch(offset) for offset in rows.values()):
        raise LexiconError("an offset is not written as +00:00", "zones.tsv")
    return rows


def iso_date(value: str | None) -> str | None:
    """Return a date or date-time as ISO 8601, as precise as given ("2024", "2024-03", "2024-03-01T10:00:00+00:00").

    A time keeps its zone; where the zone is not stated or has no single offset ("ET"), it carries none.
    Returns None for what is not a date.
    """
    if not value:
        return None
    text = _LABEL.sub("", collapse(value)[:60])
    try:
        if len(text) == 10:
            return date.fromisoformat(text).isoformat()
        if "T" in text or (" " in text and text[:4].isdigit() and "-" in text):
            return datetime.fromisoformat(text).isoformat()
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).strftime(_YEAR_FORMATS.get(form, "%Y-%m-%d"))
        except ValueError:
            continue
    found = _day_and_clock(text)
    if found is not None:
        return found
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError):
        pass
    head = re.match(r"\d{4}-\d{2}-\d{2}", text)
    return iso_date(head[0]) if head and len(text) > 10 else None


def _day_and_clock(text: str) -> str | None:
    """Return the date-time of "March 5, 2024 at 3:04 PM EDT" or "15:04 GMT, 5 March 2024"; None for anything else."""
    for form in _DAY_AND_CLOCK:
        match = form.fullmatch(text)
        day = iso_date(match["day"]) if match else None
        if match is None or day is None or len(day) != 10:
            continue
        hour, half = int(match["hour"]), (match["half"] or "").lower()[:1]
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        if hour > 23 or int(match["minute"]) > 59:
            continue
        clock = time(hour, int(match["minute"]))
        zone = match["zone"] or ""
        offset = zone if _OFFSET.fullmatch(zone) else _zones().get(zone.upper(), "")
        return datetime.fromisoformat(f"{day}T{clock.isoformat()}{offset}").isoformat()
    return None


def is_later(value: str, published: str | None) -> bool:
    """Return True when ``value`` is later than ``published`` (both ISO 8601); by the day where one of them has no time.

    A time without zone is compared as UTC; without a date of publication everything is later.
    """
    if published is None:
        return True
    if len(value) <= 10 or len(published) <= 10:
        return value[:10] > published[:10]
    return _instant(value) > _instant(published)


def _instant(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
