"""How telephone numbers are written. What cannot be read as one is left to people."""

from __future__ import annotations

from collections.abc import Iterator

from dirserver.model.contentline import escape, unescape
from dirserver.model.derive import telephone_number
from dirserver.model.number import DialPlan
from dirserver.model.number_writing import says_more, spelled_out
from dirserver.model.standards.rules import Fault, PhoneForm, Rule, quoted
from dirserver.model.vcard import VCard

_URI = "tel:"
_EXTENSION = " ext. "
_UNREAD = "is no phone number with its area code"


def faults(card: VCard, form: PhoneForm, plan: DialPlan) -> Iterator[Fault]:
    """Yield the numbers that are not written in ``form``; local ones are read by ``plan``."""
    for index, line in enumerate(card.lines):
        if line.name != "TEL":
            continue
        written = unescape(line.value).strip()
        if not written:
            continue
        is_uri = written[: len(_URI)].lower() == _URI
        # A URI has a global number or none (RFC 3966 section 5.1.4).
        national = form is PhoneForm.NATIONAL and not is_uri
        number = telephone_number(written)
        spelled = spelled_out(number, plan, national=national)
        if spelled is None:
            is_more = says_more(number, plan)
            fault = "says more than a phone number" if is_more else _UNREAD
            yield Fault(Rule.PHONES, "TEL", f"{quoted(written)} {fault}", index)
            continue
        if is_uri:
            number, _, extension = spelled.partition(_EXTENSION)
            spelled = f"{_URI}{number}" + (f";ext={extension}" if extension else "")
        mended = spelled if is_uri else escape(spelled)
        if line.value != mended:
            sentence = f"{quoted(written)} is to be written {quoted(spelled)}"
            yield Fault(Rule.PHONES, "TEL", sentence, index, mended)
