"""Names of the source that the destination's file system cannot store, or cannot distinguish.

Decides, folder by folder, which names of the source belong to which names of the mirror, and which are refused. A name
is never changed to make it fit: a name that does not fit is a problem. Pure, except for the functions it is given: only
the file system knows which names it treats as the same.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterable
from typing import Final, NamedTuple, TypeVar

from backup_gui.engine.rules.capabilities import Capabilities
from backup_gui.model.plans import Problem, ProblemCode, Stage
from backup_gui.model.problems import problem, unfit_in
from backup_gui.model.reasons import Code, Reason, ReasonCode

T = TypeVar("T")

_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³")}
)


class RefusedName(NamedTuple):
    """Why a name is not stored in the mirror.

    Attributes:
        code: The reason for programs.
        detail: Which part of the name is the cause, if worth mentioning.
    """

    code: Code
    detail: Reason | None = None


class Alignment(NamedTuple):
    """How the names of one folder of the source map to those of the mirror.

    Attributes:
        refused: Names of the source that are not stored, with the reason.
        stored: Names of the source that the mirror spells differently, with its spelling.
        respelt: Those of ``stored`` that can be renamed to the source's spelling.
    """

    refused: dict[str, RefusedName]
    stored: dict[str, str]
    respelt: frozenset[str]


NOTHING: Final = Alignment({}, {}, frozenset())


def why_not(name: str, capabilities: Capabilities) -> Reason | None:
    """Find what makes a name impossible on the file system; None if it is possible."""
    unfit = unfit_in(
        name, capabilities.forbidden, may_have_bytes=capabilities.holds_bytes, may_have_ends=capabilities.holds_ends
    )
    if unfit is not None:
        return unfit
    if not capabilities.holds_device_names and name.partition(".")[0].rstrip(" ").lower() in _DEVICES:
        return Reason(ReasonCode.NAME_OF_DEVICE)
    return None


def fold(name: str) -> str:
    """Return a key that is equal for all names that any file system could treat as the same.

    Names that no file system treats as the same may share a key as well.
    """
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).upper().rstrip(" .")


def is_same_spelling(one: str, other: str, capabilities: Capabilities) -> bool:
    """Tell whether two names that the file system treats as the same would also be listed alike."""
    if not capabilities.keeps_forms:
        one, other = unicodedata.normalize("NFD", one), unicodedata.normalize("NFD", other)
    if not capabilities.keeps_case:
        one, other = one.upper(), other.upper()
    return one == other


def align(
    ours: Iterable[str],
    theirs: Collection[str],
    capabilities: Capabilities,
    *,
    known: Collection[str] = (),
    is_taken: Callable[[str], bool],
    falls_together: Callable[[str, str], bool],
) -> Alignment:
    """Map the names of a folder to those that its mirror has.

    Names that the mirror has already keep their place. If several new names are the same to the mirror, the first in
    the order of their characters is stored. So the choice is the same at each pass.

    Args:
        ours: The source's names that should be in the mirror.
        theirs: The mirror's names, as listed.
        capabilities: What the mirror's file system can do.
        known: Names of the source that are recorded as stored, which come first; needed only if listings do not keep
            the spelling.
        is_taken: Tells whether a name leads to something in the mirror's folder.
        falls_together: Tells whether two names, one of which does not exist, are the same to the mirror's file system.

    Returns:
        The refused names, and those with another spelling in the mirror. Names that both sides have are in neither.
    """
    tells = capabilities.keeps_spelling
    missing = sorted(name for name in ours if not tells or name not in theirs)
    missing.sort(key=lambda name: name not in known)
    if not missing:
        return NOTHING
    refused: dict[str, RefusedName] = {}
    new = []
    for name in missing:
        reason = None if name in theirs else why_not(name, capabilities)
        if reason:
            refused[name] = RefusedName(ProblemCode.NAME_NOT_POSSIBLE, reason)
        else:
            new.append(name)
    stored: dict[str, str] = {}
    holders = {name: name for name in ours if tells and name in theirs}
    alike = _by_fold(theirs, {fold(name) for name in new}) if capabilities.folds_names else {}
    coming: dict[str, list[str]] = {}
    for name in new:
        key = fold(name)
        if is_taken(name):
            place = _place_of(name, alike.get(key, ()), falls_together)
            if place is None:
                refused[name] = (
                    RefusedName(ProblemCode.NAME_COLLISION)
                    if capabilities.folds_names
                    else RefusedName(ProblemCode.NAME_NOT_POSSIBLE, Reason(ReasonCode.NAME_OF_DRIVE))
                )
            elif place in holders:
                refused[name] = _collision(holders[place])
            else:
                holders[place] = name
                stored[name] = place
            continue
        if capabilities.folds_names:
            first = next((other for other in coming.get(key, ()) if falls_together(other, name)), None)
            if first is not None:
                refused[name] = _collision(first)
                continue
            coming.setdefault(key, []).append(name)
    respelt = frozenset(name for name, place in stored.items() if not is_same_spelling(name, place, capabilities))
    return Alignment(refused, stored, respelt)


def inherit(known: dict[str, T], ours: Collection[str], alignment: Alignment) -> None:
    """Pass the records of names on to their new spellings in the source; entries for these are added."""
    heirs = [name for name in alignment.stored if name not in known]
    if not heirs:
        return
    gone = {fold(name): name for name in known if name not in ours}
    for name in heirs:
        before = gone.get(fold(name))
        if before is None:
            continue
        # A renamed file is recorded under its new name from then on. Otherwise the old name's record has to be removed.
        known[name] = known.pop(before) if name in alignment.respelt else known[before]


def refused(path: str, refusal: RefusedName, *, is_folder: bool) -> Problem:
    """Make the problem of a path whose name is refused."""
    detail = refusal.detail
    if is_folder:
        alone = Reason(ReasonCode.WHOLE_FOLDER)
        detail = Reason(ReasonCode.WITH_WHOLE_FOLDER, detail=detail) if detail else alone
    return problem(refusal.code, path, Stage.COMPARE, more=detail)


def _collision(other: str) -> RefusedName:
    return RefusedName(ProblemCode.NAME_COLLISION, Reason(ReasonCode.NAME_LIKE, name=other))


def _by_fold(names: Iterable[str], keys: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        key = fold(name)
        if key in keys:
            found.setdefault(key, []).append(name)
    return found


def _place_of(name: str, candidates: Collection[str], falls_together: Callable[[str, str], bool]) -> str | None:
    """Choose the mirror's name that a name leads to, among candidates with the same key."""
    for candidate in candidates:
        if len(candidates) == 1 or falls_together(candidate, name):
            return candidate
    return None
