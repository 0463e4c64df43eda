"""What an admin is told about one card of a file."""

from __future__ import annotations

_NAMED_LINES = 5
_MAX_KINDS = 40


class Notes:
    """Collects remarks; what is said of several lines is said once, naming the lines."""

    def __init__(self) -> None:
        self._lines: dict[str, list[int]] = {}
        self._unsaid = 0
        self.lost = 0

    def add(self, remark: str, line: int = 0) -> None:
        """Say ``remark``, a clause without its full stop; ``line`` 0 is the whole card."""
        if remark not in self._lines and len(self._lines) == _MAX_KINDS:
            self._unsaid += 1
            return
        self._lines.setdefault(remark, []).append(line)

    def lose(self, remark: str, line: int = 0) -> None:
        """Say of a value that it is not in the card, since nothing could be made of it."""
        self.lost += 1
        self.add(remark, line)

    def sentences(self) -> tuple[str, ...]:
        """The remarks in the order in which they were first made."""
        said = [_lines(numbers) + remark for remark, numbers in self._lines.items()]
        if self._unsaid:
            said.append(f"and {self._unsaid} more remarks")
        return tuple(said)


def _lines(numbers: list[int]) -> str:
    distinct = [str(number) for number in dict.fromkeys(numbers) if number]
    if not distinct:
        return ""
    if len(distinct) == 1:
        return f"line {distinct[0]}: "
    named, rest = distinct[:_NAMED_LINES], len(distinct) - _NAMED_LINES
    if rest > 0:
        return f"lines {', '.join(named)} and {rest} more: "
    return f"lines {', '.join(named[:-1])} and {named[-1]}: "
