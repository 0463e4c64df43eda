"""The two tables: what becomes of each property. One without a rule stays as it is.

An X- property without a rule stays to the byte, and so does the UID, by which the card is known.
Of all others the parameters are put right (see ``parameters``). Properties of one version that
are in no table (LANG, CLIENTPIDMAP, XML, EXPERTISE, HOBBY...) keep their names in the other.
What does not come back as it was:

* a tel: URI of 4.0 is a number afterwards, and a REV has whole seconds;
* a card that lacked an FN or an N has it afterwards;
* a relation, an anniversary or a messenger that a program wrote in its own way comes back in the
  two ways of 3.0 that most programs read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from dirserver.model.contentline import ContentLine
from dirserver.model.conversion import (
    addresses,
    anniversaries,
    binary,
    dates,
    kinds,
    messaging,
    names,
    relations,
    telephones,
)
from dirserver.model.conversion.parameters import with_value
from dirserver.model.conversion.source import Source
from dirserver.model.conversion.texts import (
    list_for_four,
    list_for_three,
    single_parts,
    text_for_four,
    text_for_three,
    uri,
)

Rule: TypeAlias = Callable[[ContentLine, Source], tuple[ContentLine, ...]]

# Properties that 4.0 no longer has, and whose names strict readers of it refuse (RFC 6350
# appendix A.2).
_GONE = ("CLASS", "MAILER", "NAME", "PROFILE")
_TEXTS = ("EMAIL", "NOTE", "PRODID", "ROLE", "TITLE")
_LISTS = ("CATEGORIES", "NICKNAME")
_URIS = ("CALADRURI", "CALURI", "FBURL", "SOURCE", "URL")


def _alone(change: Callable[[ContentLine], ContentLine]) -> Rule:
    """The rule for a property that needs to know no other."""
    return lambda line, _source: (change(line),)


def _value(change: Callable[[str], str]) -> Rule:
    """The rule for a property of which only the value is written differently."""
    return lambda line, _source: (with_value(line, change(line.value)),)


def _label_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """Apple's label, unless the name or the type of the property in its group says the same."""
    for other in source.group(line)[:2]:
        if (
            other.name == "X-ABRELATEDNAMES" and relations.is_told_by_type(other, source)
        ) or anniversaries.is_told_by_name(other, source):
            return ()
    return (line,)


FOR_FOUR: dict[str, Rule] = {
    "ADR": addresses.address_for_four,  # RFC 6350 section 6.3.1
    "AGENT": _alone(relations.agent_for_four),  # section 6.6.6
    "BDAY": _alone(dates.birthday_for_four),  # section 6.2.5
    "FN": names.full_name_for_four,  # section 6.2.1
    "GEO": _alone(addresses.position_for_four),  # section 6.5.2
    "GENDER": kinds.gender_for_four,
    "IMPP": _alone(messaging.for_four),  # section 6.4.3
    "KEY": _alone(binary.for_four),  # section 6.8.1
    "KIND": kinds.kind_for_four,
    "LABEL": addresses.label_for_four,  # section 6.3.1
    "LOGO": _alone(binary.for_four),  # section 6.6.3
    "MEMBER": _alone(kinds.member_for_four),
    "N": names.name_for_four,  # section 6.2.2
    "ORG": _value(single_parts),  # section 6.6.4
    "PHOTO": _alone(binary.for_four),  # section 6.2.4
    "REV": _alone(dates.revision_for_four),  # section 6.7.4
    "SORT-STRING": names.sort_string_for_four,  # section 5.9
    "SOUND": _alone(binary.for_four),  # section 6.7.5
    "TEL": _alone(telephones.for_four),  # section 6.4.1
    "TZ": _alone(addresses.zone_for_four),  # section 6.5.1
    "X-ABLABEL": _label_for_four,
    "X-ABRELATEDNAMES": relations.apple_for_four,  # section 6.6.6
    "X-ABSHOWAS": kinds.shown_as_for_four,  # section 6.1.4
    "X-ADDRESSBOOKSERVER-KIND": kinds.kind_for_four,  # section 6.1.4
    "X-ADDRESSBOOKSERVER-MEMBER": _alone(kinds.member_for_four),  # section 6.6.5
    "X-GENDER": kinds.gender_for_four,  # section 6.2.7
    **dict.fromkeys(_LISTS, _value(list_for_four)),  # sections 6.2.3, 6.7.1
    **dict.fromkeys(_TEXTS, _value(text_for_four)),  # section 4.1
    **dict.fromkeys(_URIS, _value(uri)),  # section 4.2
    **dict.fromkeys(anniversaries.NAMES, anniversaries.for_four),  # section 6.2.6
    **dict.fromkeys(messaging.OLD_NAMES, messaging.old_for_four),  # section 6.4.3
    **dict.fromkeys(names.ALTERNATIVES, _alone(names.alternative_for_four)),  # section 5.4
    **dict.fromkeys(relations.NAMES_OF_RELATIONS, relations.named_for_four),  # section 6.6.6
    **{name: _alone(names.renaming(f"X-{name}")) for name in _GONE},  # appendix A.2
}

FOR_THREE: dict[str, Rule] = {
    "ADR": addresses.address_for_three,  # RFC 2426 sections 3.2.1, 3.2.2
    "ANNIVERSARY": anniversaries.for_three,
    "BDAY": names.birthday,  # section 3.1.5
    "FN": names.full_name_for_three,  # section 3.1.1
    "GENDER": _alone(kinds.gender_for_three),
    "GEO": _alone(addresses.position_for_three),  # section 3.4.2
    "IMPP": messaging.for_three,  # RFC 4770
    "KEY": _alone(binary.for_three),  # section 3.7.2
    "KIND": kinds.kind_for_three,
    "LOGO": _alone(binary.for_three),  # section 3.5.3
    "MEMBER": _alone(kinds.member_for_three),
    "N": names.name_for_three,  # section 3.1.2
    "ORG": _value(single_parts),  # section 3.5.5
    "PHOTO": _alone(binary.for_three),  # section 3.1.4
    "RELATED": relations.for_three,  # section 3.5.4
    "REV": _alone(dates.revision_for_three),  # section 3.6.4
    "SOUND": _alone(binary.for_three),  # section 3.6.6
    "TEL": _alone(telephones.for_three),  # section 3.3.1
    "TZ": _alone(addresses.zone_for_three),  # section 3.4.1
    **dict.fromkeys(_LISTS, _value(list_for_three)),  # sections 3.1.3, 3.6.1
    **dict.fromkeys(_TEXTS, _value(text_for_three)),  # section 4
    **dict.fromkeys(_URIS, _value(uri)),
    "X-SORT-STRING": _alone(names.renaming("SORT-STRING")),  # section 3.6.5
    **{
        f"X-{name}": _alone(names.renaming(name)) for name in _GONE
    },  # sections 2.1.2, 2.1.3, 3.6.3, 3.7.1
}
