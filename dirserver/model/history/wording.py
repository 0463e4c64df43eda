"""What a card says, in the words of a person: "mobile number", "JPEG, 20 kB"."""

from __future__ import annotations

from dirserver.model.contentline import split_value, unescape
from dirserver.model.derive import derive
from dirserver.model.fields import Field
from dirserver.model.history.items import NEUTRAL, Item, is_binary
from dirserver.model.vcard import parse_card

_NOUNS = {
    "FN": "full name", "N": "name", "NICKNAME": "nickname", "ORG": "organisation",
    "TITLE": "title", "ROLE": "role", "TEL": "number", "EMAIL": "mail", "ADR": "address",
    "LABEL": "address label", "URL": "web address", "IMPP": "chat address", "NOTE": "note",
    "BDAY": "birthday", "ANNIVERSARY": "anniversary", "PHOTO": "photo", "LOGO": "logo",
    "SOUND": "sound", "KEY": "key", "CATEGORIES": "categories", "LANG": "language",
    "RELATED": "related person", "GENDER": "gender", "MEMBER": "member", "KIND": "kind",
    "GEO": "position", "TZ": "time zone", "X-ABRELATEDNAMES": "related person",
    "X-ABDATE": "date", "X-ABSHOWAS": "show as",
}  # fmt: skip
_WORDS = {"cell": "mobile", "iphone": "mobile", "homefax": "home fax", "workfax": "work fax"}
_FIRST = ("home", "work", "main", "other")
_LISTS = {"N": ";", "ADR": ";", "ORG": ";", "CATEGORIES": ",", "NICKNAME": ","}
_SPOKEN_ORDER = (3, 1, 2, 0, 4)
_LONGEST = 1000


def field_name(item: Item) -> str:
    """Say what ``item`` is about, as "work mail"; a label of somebody's own is in quotes."""
    noun = _NOUNS.get(item.name, item.name)
    words, own = [], ""
    for label, _ in item.labels:
        said = unescape(label.value).strip()
        if label.name != "X-ABLABEL" or not said:
            continue
        if said.startswith("_$!<"):
            words.append(said.removeprefix("_$!<").removesuffix(">!$_").lower())
        else:
            own = f' "{said}"'
    if not is_binary(item.line) and not words and not own:
        words = [word for word in item.line.types() if word not in NEUTRAL]
        words.sort(key=lambda word: (_FIRST.index(word) if word in _FIRST else len(_FIRST), word))
    named = dict.fromkeys(_WORDS.get(word, word) for word in words)
    return " ".join([*named, noun]) + own


def text_of(item: Item) -> str:
    """Return what ``item`` says; of what is no text, what it is and how large."""
    return shortened(full_text_of(item))


def shortened(text: str) -> str:
    """Return as much of ``text`` as somebody would read."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def full_text_of(item: Item) -> str:
    """Return what ``text_of`` does, however long that is."""
    value = item.line.value
    if is_binary(item.line):
        return _size(item)
    separator = _LISTS.get(item.name)
    if separator is None:
        return unescape(value).strip()
    parts = [_part(part) for part in split_value(value, separator)]
    if item.name == "N":
        padded = [*parts, "", "", "", "", ""]
        return " ".join(filter(None, (padded[index] for index in _SPOKEN_ORDER)))
    return ", ".join(filter(None, parts))


def _part(part: str) -> str:
    return ", ".join(filter(None, (unescape(one).strip() for one in split_value(part, ","))))


def _size(item: Item) -> str:
    """Tell pictures by what they are and how large, never by what is in them."""
    head, comma, data = item.line.value.partition(",")
    if not comma or head[:5].lower() != "data:":
        head, data = next(iter(sorted(item.line.types())), ""), item.line.value
    kind = head.removeprefix("data:").partition(";")[0].rpartition("/")[2].upper()[:20]
    octets = sum(not character.isspace() for character in data.rstrip("= \r\n\t")) * 3 // 4
    size = f"{octets} bytes" if octets < 1000 else f"{octets / 1000:.0f} kB"
    return f"{kind}, {size}" if kind else size


def name_of(body: bytes) -> str:
    """Return the name of whom a card is of, as far as it says one."""
    names = derive(parse_card(body)).get(Field.FULL_NAME, ("",))
    return shortened(names[0])
