"""Standards for the cards of a book: the rules, and what becomes of a card that breaks one."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum

from dirserver.config import values
from dirserver.config.faults import Inspection, Refused, shown
from dirserver.config.grants import known_property
from dirserver.config.keys import Many, Table, read_as

_DELIMITERS = frozenset({"BEGIN", "END", "VERSION", "UID"})
# What a repair cannot make up; see ``check``.
_BEYOND_REPAIR = {
    "required": "what is missing cannot be made up",
    "photo_kb": "people must choose a smaller photo",
}
_LARGEST_PHOTO = 4096


class Handling(StrEnum):
    """What becomes of a card that breaks a rule."""

    REPORT = "report"
    REPAIR = "repair"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class PhoneForm(StrEnum):
    """How telephone numbers are to be written."""

    E164 = "e164"
    NATIONAL = "national"


class NameForm(StrEnum):
    """In which order full names are to have their parts."""

    GIVEN_FAMILY = "given-family"
    FAMILY_GIVEN = "family-given"


def _some(read: tuple[str, ...]) -> tuple[str, ...]:
    if not read:
        raise Refused("expected at least one; or leave the rule out")
    return tuple(dict.fromkeys(read))


def _required(value: object) -> str:
    read = known_property(value)
    if read in _DELIMITERS:
        raise Refused("the server sees to this property; leave it out")
    return read


def _language(value: object) -> str:
    # Here, since most have no such rule; whoever has one loads it with the config.
    from babel import localedata

    read = values.string(value).lower()
    if "_" in read or "-" in read or not localedata.exists(read):
        raise Refused('expected the language in which countries are named, such as "en" or "de"')
    return read


_HANDLING = read_as(values.one_of(Handling))


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of a card that breaks a rule; without a word, it is reported."""

    required: Handling | None = field(default=None, metadata=_HANDLING)
    phones: Handling | None = field(default=None, metadata=_HANDLING)
    emails: Handling | None = field(default=None, metadata=_HANDLING)
    categories: Handling | None = field(default=None, metadata=_HANDLING)
    names: Handling | None = field(default=None, metadata=_HANDLING)
    countries: Handling | None = field(default=None, metadata=_HANDLING)
    photo_kb: Handling | None = field(default=None, metadata=_HANDLING)


@dataclass(frozen=True, slots=True)
class Standards:
    """The rules of a book, each of which may be left out."""

    required: tuple[str, ...] = field(default=(), metadata=read_as(Many(_required, into=_some)))
    phones: PhoneForm | None = field(default=None, metadata=read_as(values.one_of(PhoneForm)))
    emails: bool = field(default=False, metadata=read_as(values.boolean))
    categories: tuple[str, ...] = field(default=(), metadata=read_as(Many(values.text, into=_some)))
    names: NameForm | None = field(default=None, metadata=read_as(values.one_of(NameForm)))
    countries: str = field(default="", metadata=read_as(_language))
    photo_kb: int = field(default=0, metadata=read_as(values.count_to(_LARGEST_PHOTO)))
    policy: Policy = field(default_factory=Policy, metadata=read_as(Table(Policy)))

    @property
    def handlings(self) -> tuple[tuple[str, Handling], ...]:
        """What the policy says, rule by rule."""
        found = ((rule.name, getattr(self.policy, rule.name)) for rule in fields(self.policy))
        return tuple((rule, how) for rule, how in found if how is not None)


def check(standards: Standards, inspection: Inspection) -> None:
    """Refuse what the rules and their policy cannot mean together."""
    at, how_at = inspection.place_of(standards), inspection.place_of(standards.policy)
    for rule, how in standards.handlings:
        if not getattr(standards, rule) and not inspection.is_unread(at.at(rule)):
            sentence = f"{at} has no rule {rule}; add it, or take this out"
            inspection.refuse(how_at.at(rule), sentence, shown(how.value))
        elif how is Handling.REPAIR and rule in _BEYOND_REPAIR:
            others = '"report", "quarantine" or "reject"'
            sentence = f"{_BEYOND_REPAIR[rule]}; expected {others}"
            inspection.refuse(how_at.at(rule), sentence, shown(how.value))
    taken: dict[str, str] = {}
    for index, name in enumerate(standards.categories):
        first = taken.setdefault(name.casefold(), name)
        place = inspection.item(at.at("categories"), index)
        if first != name:
            inspection.refuse(place, f"this is {shown(first)} in another spelling", shown(name))
        elif "," in name:
            inspection.refuse(place, "a comma parts two categories", shown(name))
