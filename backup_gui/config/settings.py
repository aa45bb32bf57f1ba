"""The user's settings and jobs as text. Imports nothing of Qt.

This program writes the texts, but others can damage them in a settings file or a registry. So each value's type and
range is checked on reading. Faults are returned as reasons, and the caller keeps a copy of the damaged text.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, get_type_hints

from backup_gui.config.job_factory import job_faults
from backup_gui.model.errors import BackupError
from backup_gui.model.job import MAX_INTERVAL_S, Job, Place
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Mapping


class Appearance(Enum):
    """The window's colours."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the whole app; each field is declared only here."""

    start_at_login: bool = field(default=False, metadata={"title": "Start at login"})
    start_hidden: bool = field(default=True, metadata={"title": "Start with the window closed"})
    notifications_enabled: bool = field(default=True, metadata={"title": "Show notifications"})
    # A language code such as "de"; empty for the system's.
    language: str = field(default="", metadata={"title": "Language"})
    appearance: Appearance = field(default=Appearance.SYSTEM, metadata={"title": "Appearance"})
    # Days without a complete backup after which the user is notified; 0 for never.
    overdue_days: int = field(default=3, metadata={"title": "Tell when a backup is overdue", "range": (0, 365)})
    # Seconds between full checks on battery or a metered connection; 0 for no change.
    saving_check_every_s: int = field(
        default=4 * 3_600, metadata={"title": "Check everything less often on battery", "range": (0, MAX_INTERVAL_S)}
    )


def settings_to_texts(settings: Settings) -> dict[str, str]:
    """Return each setting as text, for a settings store."""
    return {item.name: _to_text(getattr(settings, item.name)) for item in dataclasses.fields(settings)}


def parse_settings(texts: Mapping[str, object]) -> Settings:
    """Parse settings, as a store returned them by field name; unknown names are ignored.

    A missing or invalid value gets its default, without a message to the user.
    """
    defaults = Settings()
    values: dict[str, Any] = {
        item.name: _from_text(texts.get(item.name), item.default, item.metadata.get("range"))
        for item in dataclasses.fields(Settings)
    }
    return dataclasses.replace(defaults, **values)


def _to_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.value if isinstance(value, Enum) else value)


def _from_text(value: object, default: object, allowed: tuple[int, int] | None = None) -> object:
    if isinstance(default, bool):
        # Some stores keep the type, others convert it to text.
        return {"true": True, "false": False}.get(str(value).lower(), default)
    if isinstance(default, int):
        text = value if isinstance(value, str) else ""
        # A length limit, since Python refuses to convert very long numbers.
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
        return number if allowed is not None and allowed[0] <= number <= allowed[1] else default
    if isinstance(default, Enum):
        try:
            return type(default)(value)
        except ValueError:
            return default
    return value if isinstance(value, str) else default


SCHEMA = 1

# A migration takes the list of jobs in the schema of its key, and returns it in the next one. Each must have a test of
# the same name in ``tests/unit/config/test_settings.py``; another test finds those without.
Migration = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
MIGRATIONS: dict[int, Migration] = {}


def is_newer(schema: object) -> bool:
    """Tell whether the schema number of a settings file, as its store returned it, is a later one."""
    return isinstance(schema, str) and schema.isascii() and schema.isdigit() and int(schema[:9]) > SCHEMA


class DamagedSettingsError(BackupError):
    """A settings text cannot be read."""


class NewerSettingsError(DamagedSettingsError):
    """A settings text is of a later schema."""


@dataclass(frozen=True, slots=True)
class ParsedJobs:
    """The result of parsing a text.

    Attributes:
        jobs: The valid jobs.
        faults: What is wrong with the rest. If there are any, the caller must keep a copy of the text before
            overwriting it.
        is_newer: Whether a newer version of the program wrote the text; then it must not be overwritten.
    """

    jobs: tuple[Job, ...] = ()
    faults: tuple[Reason, ...] = ()
    is_newer: bool = False


def jobs_to_text(jobs: tuple[Job, ...] | list[Job]) -> str:
    """Return jobs as one JSON text; ASCII only, so that no store can garble it."""
    rows = [{**job._asdict(), "destination": str(job.destination), "history": str(job.history)} for job in jobs]
    return json.dumps({"schema": SCHEMA, "jobs": rows}, indent=1)


def parse_jobs(text: str) -> ParsedJobs:
    """Parse the text of ``jobs_to_text``, of this or an older version; an empty one contains no jobs.

    Never raises: a damaged text must not prevent the program from starting.
    """
    if not text.strip():
        return ParsedJobs()
    try:
        rows = _rows(text)
    except DamagedSettingsError as error:
        return ParsedJobs(faults=(error.reason,), is_newer=isinstance(error, NewerSettingsError))
    jobs: list[Job] = []
    faults: list[Reason] = []
    ids: set[str] = set()
    for number, row in enumerate(rows, start=1):
        try:
            job = _job_from(row)
        except DamagedSettingsError as error:
            faults.append(Reason(ReasonCode.BACKUP_DAMAGED, number=number, detail=error.reason))
            continue
        if job.id in ids:
            faults.append(Reason(ReasonCode.BACKUP_KEY_TWICE, number=number))
            continue
        ids.add(job.id)
        jobs.append(job)
    return ParsedJobs(tuple(jobs), tuple(faults))


def _rows(text: str) -> list[dict[str, Any]]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedSettingsError(Reason(ReasonCode.LIST_NO_JSON)) from error
    schema = whole.get("schema") if isinstance(whole, dict) else None
    if isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA:
        # Checked first: a later schema may have another structure.
        raise NewerSettingsError(Reason(ReasonCode.LIST_NEWER))
    if not isinstance(whole, dict) or not isinstance(whole.get("jobs"), list):
        raise DamagedSettingsError(Reason(ReasonCode.LIST_UNKNOWN_FORM))
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise DamagedSettingsError(Reason(ReasonCode.LIST_WITHOUT_SCHEMA))
    rows: list[dict[str, Any]] = whole["jobs"]
    if not all(isinstance(row, dict) for row in rows):
        raise DamagedSettingsError(Reason(ReasonCode.LIST_WITH_OTHERS))
    for version in range(schema, SCHEMA):
        rows = MIGRATIONS[version](rows)
    return rows


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise DamagedSettingsError(Reason(ReasonCode.TEXT_EXPECTED))
    return value


def _place(value: object) -> Place:
    return Place.parse(_text(value))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise DamagedSettingsError(Reason(ReasonCode.FLAG_EXPECTED))
    return value


def _whole_number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise DamagedSettingsError(Reason(ReasonCode.WHOLE_NUMBER_EXPECTED))
    return value


def _number(value: object) -> float:
    # bool is a subclass of int. JSON's parser also accepts NaN, and integers too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e9 < value < 1e9 or math.isnan(value):
        raise DamagedSettingsError(Reason(ReasonCode.NUMBER_EXPECTED))
    return float(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise DamagedSettingsError(Reason(ReasonCode.TEXTS_EXPECTED))
    return tuple(_text(item) for item in value)


_READERS_BY_TYPE: dict[object, Callable[[object], object]] = {
    str: _text,
    Place: _place,
    bool: _flag,
    int: _whole_number,
    float: _number,
    tuple[str, ...]: _texts,
}
READERS = {name: _READERS_BY_TYPE[kind] for name, kind in get_type_hints(Job).items()}
_NEEDED = ("source", "destination", "id", "name")


def _job_from(row: dict[str, Any]) -> Job:
    for name in _NEEDED:
        if not row.get(name):
            raise DamagedSettingsError(Reason(ReasonCode.SETTING_MISSING, name=name))
    values: dict[str, Any] = {}
    for name, read in READERS.items():
        if name not in row:
            continue  # options that an older version lacked keep their defaults
        try:
            values[name] = read(row[name])
        except DamagedSettingsError as error:
            raise DamagedSettingsError(Reason(ReasonCode.SETTING_DAMAGED, name=name, detail=error.reason)) from error
    job = Job(**values)
    if not job.id.isascii() or not job.id.isalnum():
        # The id becomes a file name.
        raise DamagedSettingsError(Reason(ReasonCode.ID_EXPECTED, name="id"))
    faults = job_faults(job)
    if faults:
        name, fault = next(iter(faults.items()))
        raise DamagedSettingsError(Reason(ReasonCode.SETTING_WRONG, name=name, detail=fault))
    return job
