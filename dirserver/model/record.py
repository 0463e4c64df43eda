"""Records that are made by the dozen for every request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Kind = TypeVar("_Kind")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[_Kind]) -> type[_Kind]:
    """Make a dataclass of values that nobody changes.

    The type checker sees to that. To have Python see to it as well, with ``frozen``, makes three
    to five times the work of a record; of one lookup that would be a twentieth.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)
