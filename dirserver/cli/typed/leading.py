"""Groups of commands in which the name of one may be left out."""

from __future__ import annotations

import typer
from typer.core import TyperGroup


def led_by(command: str, *, alone: bool = False) -> type[TyperGroup]:
    """Return a group in which what is no command is the argument of ``command``.

    With ``alone``, nothing at all means that command, too.
    """

    class Led(TyperGroup):
        def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # Typer's own click has no public name for its context
            """Put the name of the command before what is none."""
            known = (*self.commands, *ctx.help_option_names)
            if (args and args[0] not in known) or (alone and not args):
                args = [command, *args]
            parsed: list[str] = super().parse_args(ctx, args)
            return parsed

    return Led
