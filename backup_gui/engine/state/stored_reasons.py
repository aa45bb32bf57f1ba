"""Stores reasons in a catalog beside their English, so that a pass can be shown later in another language. Pure."""

from __future__ import annotations

from typing import Any

from backup_gui.model.reasons import Reason, code_named


def written(reason: Reason) -> str:
    """Return a reason as JSON text; ``read`` reverses it."""
    import json  # noqa: PLC0415 - slow to import, and few passes have a reason

    return json.dumps(_fields(reason))


def read(text: str) -> Reason | None:
    """Return the reason from its JSON text; None if it is damaged, or from a later version of the program."""
    import json  # noqa: PLC0415 - as above

    try:
        return _reason(json.loads(text))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None


def _fields(reason: Reason) -> dict[str, object]:
    arguments = reason.arguments.items()
    told = {name: _fields(value) if isinstance(value, Reason) else value for name, value in arguments}
    return {"code": reason.code.value, "arguments": told}


def _reason(fields: dict[str, Any]) -> Reason:
    arguments = {}
    for name, value in fields["arguments"].items():
        found = _reason(value) if isinstance(value, dict) else value
        if not isinstance(found, str | int):
            raise TypeError(f"{name} is neither a text nor a number")
        arguments[name] = found
    return Reason(code_named(fields["code"]), **arguments)
