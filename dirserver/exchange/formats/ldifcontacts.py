"""LDIF of Thunderbird and of directories: its entries as contacts, and lists of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from uuid import UUID

from dirserver.exchange.formats.choices import Leftover
from dirserver.exchange.formats.draft import Draft
from dirserver.exchange.formats.encodings import decoded
from dirserver.exchange.formats.finishing import finish
from dirserver.exchange.formats.identity import Identities
from dirserver.exchange.formats.layout import Column, Contacts, Layout, Wishes
from dirserver.exchange.formats.ldif import Entry, read_entries
from dirserver.exchange.formats.leaving import x_name
from dirserver.exchange.formats.targets import Target, parse_target
from dirserver.exchange.vcards import ReadCard
from dirserver.model.counting import counted

_BECOMES = {
    "FN": "cn commonname displayname",
    "N.given": "givenname gn",
    "N.family": "sn surname",
    "N.prefix": "personaltitle",
    "NICKNAME": "mozillanickname xmozillanickname",
    "ORG.name": "o company organizationname",
    "ORG.unit": "ou department departmentnumber",
    "TITLE": "title",
    "ROLE": "employeetype businesscategory",
    "EMAIL": "mail mozillasecondemail xmozillasecondemail rfc822mailbox mailalternateaddress",
    "TEL;work": "telephonenumber",
    "TEL;home": "homephone",
    "TEL;cell": "mobile cellphone mobiletelephonenumber carphone",
    "TEL;fax": "facsimiletelephonenumber fax",
    "TEL;pager": "pager pagerphone pagertelephonenumber",
    "TEL;label=Other": "othertelephone",
    "TEL;label=IP": "ipphone",
    "ADR.street;work": "street streetaddress mozillaworkstreet2",
    "ADR.city;work": "l locality",
    "ADR.region;work": "st region",
    "ADR.code;work": "postalcode zip",
    "ADR.country;work": "c countryname co",
    "ADR.box;work": "postofficebox",
    "ADR.street;home": "mozillahomestreet mozillahomestreet2",
    "ADR.city;home": "mozillahomelocalityname",
    "ADR.region;home": "mozillahomestate",
    "ADR.code;home": "mozillahomepostalcode",
    "ADR.country;home": "mozillahomecountryname",
    "URL;work": "mozillaworkurl workurl labeleduri wwwhomepage",
    "URL;home": "mozillahomeurl homeurl",
    "IMPP": "nsaimid",
    "BDAY.year": "birthyear",
    "BDAY.month": "birthmonth",
    "BDAY.day": "birthday",
    "RELATED;label=Manager": "manager",
    "RELATED;label=Assistant": "secretary",
    "NOTE": "description notes info",
    "NOTE;label=Office": "roomnumber physicaldeliveryofficename",
    "-": "objectclass modifytimestamp createtimestamp whencreated whenchanged userpassword uid "
    "entryuuid nsuniqueid samaccountname userprincipalname initials name objectcategory "
    "instancetype usncreated usnchanged member uniquemember memberof preferredlanguage gidnumber "
    "uidnumber homedirectory loginshell gecos useraccountcontrol postaladdress homepostaladdress",
}
_TARGETS = {
    name: parse_target(target) for target, names in _BECOMES.items() for name in names.split()
}
_LISTS = frozenset({"groupofnames", "groupofuniquenames", "group"})
_PEOPLE = frozenset({"person", "organizationalperson", "inetorgperson", "mozillaabpersonalpha"})
_MEMBERS = ("member", "uniquemember")
_MAX_TOLD = 5


def open_ldif(data: bytes, wishes: Wishes) -> Contacts:
    """Recognise the attributes of an LDIF file."""
    text, encoding = decoded(data, lambda _head: 0)
    targets = _TARGETS | {name.lower(): parse_target(to) for name, to in wishes.columns.items()}
    counts: Counter[str] = Counter()
    people = 0
    for entry in read_entries(text):
        if _is_contact(entry):
            people += 1
            counts.update({name: len(values) for name, values in entry.values.items()})
    become = {name: _rest(name, wishes) for name in counts}
    become |= {name: str(target) for name, target in targets.items()}
    become |= {name: "MEMBER" for name in _MEMBERS if name not in wishes.columns}
    columns = tuple(
        Column(name, become[name], count) for name, count in counts.items() if name != "objectclass"
    )
    return Contacts(
        Layout("LDIF", encoding, people=people, columns=columns), _cards(text, targets, wishes)
    )


def _rest(name: str, wishes: Wishes) -> str:
    return {
        Leftover.NOTE: f"NOTE;label={name}",
        Leftover.X: x_name(name),
        Leftover.DROP: "-",
    }[wishes.leftover]


def _is_contact(entry: Entry) -> bool:
    """Whether an entry tells of people; the containers above them and accounts do not."""
    classes = {value.lower() for value in entry.values.get("objectclass", ())}
    if not classes:
        return bool(entry.values)
    return not classes.isdisjoint(_PEOPLE | _LISTS) and "computer" not in classes


def _is_list(entry: Entry) -> bool:
    return not _LISTS.isdisjoint(value.lower() for value in entry.values.get("objectclass", ()))


def _cards(text: str, targets: dict[str, Target], wishes: Wishes) -> Iterator[ReadCard]:
    """People first, so that the lists, wherever they are, can name them."""
    identities = Identities("ldif")
    uids: dict[str, str] = {}
    lists: list[tuple[int, Entry]] = []
    number = 0
    for entry in read_entries(text):
        if not _is_contact(entry):
            if entry.faults:
                number += 1
                reasons = tuple(entry.faults[:_MAX_TOLD])
                yield ReadCard(number, entry.line, None, entry.dn, "", reasons)
            continue
        number += 1
        if _is_list(entry):
            lists.append((number, entry))
            continue
        card = card_of(entry, number, targets, wishes, identities)
        if card.uid:
            uids[_folded(entry.dn)] = card.uid
        yield card
    # A list may be in another one, and has its UID whoever is in it.
    made = {
        _folded(entry.dn): card_of(entry, number, targets, wishes, identities).uid
        for number, entry in lists
    }
    uids |= {dn: uid for dn, uid in made.items() if uid}
    for number, entry in lists:
        yield card_of(entry, number, targets, wishes, identities, uids)


def card_of(
    entry: Entry,
    number: int,
    targets: Mapping[str, Target],
    wishes: Wishes,
    identities: Identities,
    uids: Mapping[str, str] | None = None,
    photo: bytes = b"",
) -> ReadCard:
    """Make a card of an entry, the ``number``-th, by what its attributes become.

    With ``uids`` it is a list, and those are of its people by their names.
    """
    draft = Draft(wishes, None)
    for fault in entry.faults[:_MAX_TOLD]:
        draft.notes.lose(fault)
    for guess in entry.guesses[:_MAX_TOLD]:
        draft.notes.add(guess)
    # The display name is what people call themselves; cn is at times an account.
    if (shown := entry.first("displayname")) and len(entry.all("cn")) == 1:
        entry.values["cn"] = [shown]
        entry.values.pop("displayname")
    if not entry.first("givenname", "gn") and entry.first("sn") == entry.first("cn"):
        # The schema asks for a surname of everybody; this one says nothing more.
        entry.values.pop("sn", None)
    for name, values in entry.values.items():
        for value in dict.fromkeys(values):
            draft.take(name, targets.get(name), value)
    contact = draft.finished()
    contact.uid = _own_uid(entry)
    contact.photo = photo
    if uids is not None:
        contact.is_list = True
        missing = 0
        for member in entry.all(*_MEMBERS):
            if uid := uids.get(_folded(member)):
                contact.members.append(uid)
            else:
                missing += 1
        if missing:
            be = "is" if missing == 1 else "are"
            draft.notes.add(f"{counted(missing, 'member')} of the list {be} not in this file")
    source_id = entry.first("nsuniqueid") or entry.dn
    return finish(contact, draft.notes, identities, (number, entry.line), source_id)


def _own_uid(entry: Entry) -> str:
    """The id that a directory gives to an entry for all time (RFC 4530), if it is one."""
    try:
        return str(UUID(entry.first("entryuuid")))
    except ValueError:
        return ""


def _folded(dn: str) -> str:
    return ",".join(" ".join(part.split()).casefold() for part in dn.split(","))
