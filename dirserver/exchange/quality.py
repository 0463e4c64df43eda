"""How good the cards of a book are, as a page to read and to hand on."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

from jinja2 import Environment, StrictUndefined


def quality_page(quality: object, organisation: str, at: datetime) -> str:
    """Return the page for ``quality``, as the command has it. Nothing in it is loaded from afar."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    source = files("dirserver.exchange").joinpath("quality.html").read_text("utf-8")
    return environment.from_string(source).render(
        quality=quality, organisation=organisation, at=f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    )
