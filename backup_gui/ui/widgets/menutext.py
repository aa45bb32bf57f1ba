"""Names of a person's own as lines of a menu, where some characters mark the letter that goes with a key."""

from __future__ import annotations


def menu_text(text: str, *, is_on_bus: bool = False) -> str:
    """Write a text so that a menu shows it as it is.

    Args:
        text: The text, without a mnemonic.
        is_on_bus: Whether the menu is not drawn by Qt but handed to a panel over D-Bus. There an underline marks the
            letter, and two stand for one. Qt makes an underline of the first ampersand, and leaves the others alone
            (``QDBusMenuItem::convertMnemonic``).
    """
    if not is_on_bus:
        return text.replace("&", "&&")
    return text.replace("_", "__").replace("&", "&&", 1)
