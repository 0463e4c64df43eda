"""A person as files of other programs tell of them, between those files and vCards."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Said:
    """A number, a mail address or another value of which there may be several.

    ``types`` are those of vCard in lower case, ``label`` is what somebody called it in their own
    words or what vCard has no type for.
    """

    text: str
    types: frozenset[str] = frozenset()
    label: str = ""
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; the lines of ``street`` are parted by line breaks."""

    street: str = ""
    city: str = ""
    region: str = ""
    code: str = ""
    country: str = ""
    box: str = ""
    types: frozenset[str] = frozenset()
    label: str = ""
    preferred: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing of a place."""
        return not (
            self.street or self.city or self.region or self.code or self.country or self.box
        )


@dataclass(slots=True)
class Contact:
    """What a file says of one person, organisation or list of people.

    ``birthday`` is YYYY-MM-DD, or --MM-DD without a year; so are the texts of ``events``.
    ``photo`` is a picture, as JPEG or PNG. ``extras`` are properties of their own, X- and a name,
    with what they say. ``members`` are the UIDs of a list's people.
    """

    uid: str = ""
    full_name: str = ""
    family: str = ""
    given: str = ""
    additional: str = ""
    prefix: str = ""
    suffix: str = ""
    nickname: str = ""
    organisation: str = ""
    unit: str = ""
    title: str = ""
    role: str = ""
    birthday: str = ""
    phones: list[Said] = field(default_factory=list)
    mails: list[Said] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    urls: list[Said] = field(default_factory=list)
    messengers: list[Said] = field(default_factory=list)
    events: list[Said] = field(default_factory=list)
    relations: list[Said] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    extras: list[tuple[str, str]] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    photo: bytes = field(default=b"", repr=False)
    is_organisation: bool = False
    is_list: bool = False

    def name(self) -> str:
        """What this is to be called: the first thing in it that names anybody, or nothing."""
        spoken = " ".join(filter(None, (self.given, self.additional, self.family, self.suffix)))
        if spoken and self.prefix:
            words = self.prefix.split()
            titles = [word for word in words if word.casefold().rstrip(".") not in _SALUTATIONS]
            spoken = " ".join((*titles, spoken))
        named = self.full_name or spoken or self.nickname or self.organisation
        for values in (self.mails, self.phones):
            named = named or next((value.text for value in values), "")
        return named

    def has_person(self) -> bool:
        """Whether it names a person, be it by a nickname, and not an organisation alone."""
        full = self.full_name if self.full_name != self.organisation else ""
        return bool(full or self.given or self.family or self.nickname)


# How people are addressed, which is no part of their name.
_SALUTATIONS = frozenset(
    [
        "herr",
        "frau",
        "hr",
        "fr",
        "mr",
        "mrs",
        "ms",
        "miss",
        "sir",
        "madam",
        "m",
        "mme",
        "mlle",
        "monsieur",
        "madame",
        "dhr",
        "mevr",
        "mw",
        "de",
        "heer",
        "mevrouw",
        "sr",
        "sra",
        "srta",
        "señor",
        "señora",
        "signor",
        "signora",
        "sig",
        "fru",
        "herrn",
    ]
)
