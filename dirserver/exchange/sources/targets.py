"""What an attribute of a directory can become: what a column can, or a picture."""

from __future__ import annotations

from dirserver.exchange.formats.targets import parse_target

# No column of a spreadsheet holds one.
PHOTO = "PHOTO"


def check_target(text: str) -> None:
    """Raise BadTarget for what no attribute or column can become."""
    if text != PHOTO:
        parse_target(text)
