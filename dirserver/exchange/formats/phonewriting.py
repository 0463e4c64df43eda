"""Contacts as phone books of FRITZ!Box, Yealink, Snom and Grandstream, if they have numbers."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from dirserver.exchange.formats.contact import Contact, Said
from dirserver.model.charsets import without_controls
from dirserver.model.number_writing import dialled

_FRITZBOX_MOST = 9
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write_fritzbox(contacts: Iterator[Contact], title: str) -> Iterator[bytes]:
    """Yield a phone book of a FRITZ!Box, which takes nine numbers of a contact at most."""
    yield f'{_DECLARATION}<phonebooks>\n<phonebook name="{_text(title)}">\n'.encode()
    for contact, numbers in _callable(contacts):
        name = _text(_sorted_name(contact))
        vip = int(any(category.casefold() == "vip" for category in contact.categories))
        for at in range(0, len(numbers), _FRITZBOX_MOST):
            lines = [
                f"<contact><category>{vip}</category><person><realName>{name}</realName></person>"
                "<telephony>"
            ]
            lines += [
                f'<number type="{_fritzbox_type(said)}" prio="{int(said.preferred)}" '
                f'id="{index}">{number}</number>'
                for index, (said, number) in enumerate(numbers[at : at + _FRITZBOX_MOST])
            ]
            lines.append("</telephony><services>")
            lines += [
                f'<email classifier="{"private" if "home" in mail.types else "business"}">'
                f"{_text(mail.text)}</email>"
                for mail in contact.mails
            ]
            yield "".join((*lines, "</services><setup/></contact>\n")).encode()
    yield b"</phonebook>\n</phonebooks>\n"


def write_yealink(contacts: Iterator[Contact], title: str) -> Iterator[bytes]:
    """Yield a remote phone book of Yealink, which phones of Fanvil and others read too."""
    head = f"<YealinkIPPhoneDirectory>\n<Title>{_text(title)}</Title>\n"
    yield (_DECLARATION + head).encode()
    for contact, numbers in _callable(contacts):
        lines = [f"<DirectoryEntry><Name>{_text(contact.name())}</Name>"]
        for said, number in numbers:
            label = _text(_label(said))
            attribute = f' label="{label}"' if label else ""
            lines.append(f"<Telephone{attribute}>{number}</Telephone>")
        yield "".join((*lines, "</DirectoryEntry>\n")).encode()
    yield b"</YealinkIPPhoneDirectory>\n"


def write_snom(contacts: Iterator[Contact], title: str) -> Iterator[bytes]:
    """Yield a phone book of Snom, in version 2.0; it has no ``title``."""
    del title
    yield f'{_DECLARATION}<tbook complete="true" version="2.0">\n'.encode()
    for contact, numbers in _callable(contacts):
        given, family = _two_names(contact)
        lines = [
            '<contact fav="false" vip="false" blocked="false">'
            f"<first_name>{_text(given)}</first_name><last_name>{_text(family)}</last_name>"
            f"<organization>{_text(contact.organisation)}</organization><numbers>"
        ]
        for said, number in numbers:
            kind = "mobile" if "cell" in said.types else "fixed"
            lines.append(f'<number no="{number}" type="{kind}" outgoing_id="0"/>')
        yield "".join((*lines, "</numbers></contact>\n")).encode()
    yield b"</tbook>\n"


def write_grandstream(contacts: Iterator[Contact], title: str) -> Iterator[bytes]:
    """Yield a phone book of Grandstream; it has no ``title``."""
    del title
    yield f"{_DECLARATION}<AddressBook>\n<version>1</version>\n".encode()
    for contact, numbers in _callable(contacts):
        given, family = _two_names(contact)
        lines = [
            f"<Contact><FirstName>{_text(given)}</FirstName><LastName>{_text(family)}</LastName>"
            f"<Department>{_text(contact.unit)}</Department>"
            f"<Company>{_text(contact.organisation)}</Company>"
        ]
        for said, number in numbers:
            lines.append(
                f'<Phone type="{_grandstream_type(said)}"><phonenumber>{number}</phonenumber>'
                "<accountindex>0</accountindex></Phone>"
            )
        for mail in contact.mails:
            kind = "Home" if "home" in mail.types else "Work"
            lines.append(f'<Mail type="{kind}">{_text(mail.text)}</Mail>')
        yield "".join((*lines, "</Contact>\n")).encode()
    yield b"</AddressBook>\n"


def _callable(contacts: Iterator[Contact]) -> Iterator[tuple[Contact, list[tuple[Said, str]]]]:
    """Yield those that have numbers, with these as a phone dials them; lists have none."""
    for contact in contacts:
        numbers = [(said, number) for said in contact.phones if (number := dialled(said.text))]
        if numbers:
            yield contact, numbers


def _text(text: str) -> str:
    return escape(without_controls(" ".join(text.split()))[0])


def _sorted_name(contact: Contact) -> str:
    if contact.family and contact.given and "," not in contact.family + contact.given:
        return f"{contact.family}, {contact.given}"
    return contact.name()


def _two_names(contact: Contact) -> tuple[str, str]:
    if contact.given or contact.family:
        return contact.given, contact.family
    # An organisation has its own place, and a name that was not taken apart is a last one.
    return "", "" if contact.organisation and not contact.has_person() else contact.name()


def _fritzbox_type(said: Said) -> str:
    if "fax" in said.types:
        return "fax_home" if "home" in said.types else "fax_work"
    for kind, name in (("cell", "mobile"), ("home", "home"), ("work", "work")):
        if kind in said.types:
            return name
    return f"label:{_text(said.label)}" if said.label else "other"


def _grandstream_type(said: Said) -> str:
    for kind, name in (("fax", "Fax"), ("cell", "Cell"), ("home", "Home"), ("work", "Work")):
        if kind in said.types:
            return name
    return "Work"


def _label(said: Said) -> str:
    for kind, name in (("fax", "Fax"), ("cell", "Mobile"), ("home", "Home"), ("work", "Work")):
        if kind in said.types:
            return name
    return said.label
