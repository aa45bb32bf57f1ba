"""Every view for those who cannot see it, or use no mouse: names, the way of the Tab key, mnemonics, contrast."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QRect, Qt, QTranslator
from PySide6.QtGui import QAccessible, QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QLabel,
    QLineEdit,
    QMenuBar,
    QTabBar,
    QWidget,
)

from backup_gui.app import resource_folder
from backup_gui.model.status import JobState
from backup_gui.ui.style import theme
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.widgets.labels import PrimaryButton
from tests.helpers.pseudo import speaking
from tests.helpers.screens import LOOKS, appearance
from tests.qt.ui.test_words import shown

# WCAG 2.1, 1.4.3, for text of ordinary size.
LEAST_CONTRAST = 4.5
FIRST_STEPS = {"welcome", "first-where", "first-small", "first-folder", "first-start"}
_ORDINARY = QPalette.ColorGroup.Active


def controls(window: QWidget) -> list[QWidget]:
    """What the Tab key reaches, in its order."""
    found: list[QWidget] = []
    widget: QWidget | None = window
    while True:
        assert widget is not None
        is_reached = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value) and widget.focusProxy() is None
        if widget.isVisible() and widget.isEnabled() and is_reached and widget is not window:
            found.append(widget)
        widget = widget.nextInFocusChain()
        if widget is window:
            return found


def from_focus(window: QWidget) -> list[QWidget]:
    """What the Tab key reaches from where the view puts the focus; the way is a ring."""
    reached = controls(window)
    focused = window.focusWidget()
    start = reached.index(focused) if focused in reached else 0
    return reached[start:] + reached[:start]


def name_of(widget: QWidget) -> str:
    """What a screen reader says of a control, besides what it is."""
    accessible = QAccessible.queryAccessibleInterface(widget)
    return str(accessible.text(QAccessible.Text.Name))


@pytest.mark.slow
def test_every_control_has_a_name_and_a_place_in_the_tab_order(qapp: QApplication, icons: Icons) -> None:
    wrong = []
    for scene, window in shown(icons):
        reached = controls(window)
        wrong += [f"{scene}: {type(widget).__name__} has no name" for widget in reached if not name_of(widget).strip()]
        for widget in window.findChildren(QWidget):
            is_control = isinstance(widget, QAbstractButton | QAbstractSpinBox) and widget.isVisible()
            if is_control and widget.isEnabled() and widget not in reached and not _is_part(widget):
                wrong.append(f"{scene}: the Tab key does not reach {type(widget).__name__} {name_of(widget)!r}")
    assert not wrong, "\n".join(wrong)


def _is_part(widget: QWidget) -> bool:
    """Whether a control belongs to another one: arrows of tab bars, what clears a field, one of several of a group."""
    if isinstance(widget, QAbstractButton) and (group := widget.group()) is not None:
        return any(button.focusPolicy() & Qt.FocusPolicy.TabFocus for button in group.buttons())
    return any(isinstance(parent, QTabBar | QLineEdit) for parent in _parents(widget))


def _parents(widget: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None:
        yield parent
        parent = parent.parentWidget()


@pytest.mark.slow
def test_the_tab_key_goes_the_way_that_eyes_go(qapp: QApplication, icons: Icons) -> None:
    wrong = []
    for scene, window in shown(icons):
        among: dict[QWidget | None, list[QWidget]] = defaultdict(list)
        for widget in from_focus(window) if scene in FIRST_STEPS else controls(window):
            among[widget.parentWidget()].append(widget)
        for siblings in among.values():
            for one, next_one in pairwise(siblings):
                if _is_before(next_one.geometry(), one.geometry()):
                    wrong.append(f"{scene}: {name_of(next_one)!r} comes after {name_of(one)!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_the_first_steps_are_gone_through_from_top_to_bottom(qapp: QApplication, icons: Icons) -> None:
    names = {
        scene: [name_of(widget) for widget in from_focus(window)]
        for scene, window in shown(icons)
        if scene in {"welcome", "first-where"}
    }
    cards = ["Documents", "Pictures", "Desktop"]
    wanted = [*cards, "Add a folder…", "Set it up by hand…", "Restore from a backup folder…", "Next"]
    start = names["welcome"].index("Documents")
    assert names["welcome"][start : start + len(wanted)] == wanted
    where = names["first-where"]
    assert where.index("Backup") < where.index("Choose another folder…") < where.index("Back")


def _is_before(one: QRect, other: QRect) -> bool:
    """Whether one place is read before another: it is above, or beside it at the left."""
    if one.bottom() < other.top():
        return True
    return one.top() <= other.bottom() and one.right() < other.left()


def mnemonics(window: QWidget) -> dict[str, list[str]]:
    """The letters that go with Alt, each with the words that have it."""
    texts = [
        widget.text()
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and (isinstance(widget, QAbstractButton) or (isinstance(widget, QLabel) and widget.buddy() is not None))
    ]
    for bar in window.findChildren(QTabBar):
        texts += [bar.tabText(index) for index in range(bar.count()) if bar.isVisible()]
    for menu_bar in window.findChildren(QMenuBar):
        texts += [action.text() for action in menu_bar.actions() if action.isVisible()]
    found: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        for letter in re.findall(r"&([^&\s])", text.replace("&&", "")):
            found[letter.casefold()].append(text)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_two_controls_of_a_view_share_a_letter(qapp: QApplication, icons: Icons, language: str) -> None:
    translator = QTranslator()
    assert language == "en" or translator.load(str(resource_folder() / "translations" / f"backup_gui_{language}.qm"))
    with speaking(qapp, translator):
        found = {
            f"Alt+{letter}: {sorted(set(texts))}": scene
            for scene, window in shown(icons)
            for letter, texts in mnemonics(window).items()
            if len(texts) > 1
        }
    assert not found, "\n".join(f"{scene}: {text}" for text, scene in found.items())


def contrast(one: QColor, other: QColor) -> float:
    """The contrast of two colours, 1 to 21, as WCAG 2.1 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21)
    assert contrast(QColor("#767676"), QColor("#ffffff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(qapp: QApplication, scheme: str) -> None:
    palette = LOOKS[scheme].palette()
    role = QPalette.ColorRole
    colour = {name: palette.color(_ORDINARY, name) for name in role if name is not role.NColorRoles}
    grounds = {"window": colour[role.Window], "card": theme.surface(palette)}
    grounds |= {f"banner, {state.value}": theme.tint(state, palette) for state in JobState}
    pairs = [
        (f"{words} on {ground}", text, grounds[ground])
        for ground in grounds
        for words, text in (("text", colour[role.WindowText]), ("second-rank text", theme.muted(palette)))
    ]
    with appearance(qapp, LOOKS[scheme]):
        primary = PrimaryButton("Go", lambda: None).palette()
    pairs += [
        ("fields", colour[role.Text], colour[role.Base]),
        ("every other row", colour[role.Text], colour[role.AlternateBase]),
        ("what a field asks for", colour[role.PlaceholderText], colour[role.Base]),
        ("buttons", colour[role.ButtonText], colour[role.Button]),
        ("what is chosen", colour[role.HighlightedText], colour[role.Highlight]),
        ("tooltips", colour[role.ToolTipText], colour[role.ToolTipBase]),
        ("links", colour[role.Link], colour[role.Base]),
        ("the one button", primary.color(role.ButtonText), primary.color(role.Button)),
    ]
    faint = [
        f"{name}: {contrast(text, ground):.2f}"
        for name, text, ground in pairs
        if contrast(text, ground) < LEAST_CONTRAST
    ]
    assert not faint, faint
