"""What becomes of each property: one case for each rule."""

from __future__ import annotations

import pytest

from dirserver.model.contentline import parse_line
from dirserver.model.conversion.rules import FOR_FOUR as RULES_FOR_FOUR
from dirserver.model.conversion.rules import FOR_THREE as RULES_FOR_THREE
from tests.model.conversion.both_ways import BOTH_WAYS
from tests.model.conversion.cards import converted

# Lines of 3.0 that come back in another way.
FOR_FOUR = {
    "stray escapes": (["URL:http\\://x.org", 'NOTE:\\"a\\"\\: C:\\temp'],
                      ["URL:http://x.org", 'NOTE:"a": C:\\\\temp']),
    "bare commas": (["ORG:A, B;C", "TITLE:a, b"], ["ORG:A\\, B;C", "TITLE:a\\, b"]),
    "types of 2.1": (["TEL;CELL;PREF:1"], ["TEL;TYPE=CELL;PREF=1:1"]),
    "base64 of 2.1": (["PHOTO;BASE64;JPEG:  /9j/ 4AAQ"],
                      ["PHOTO:data:image/jpeg;base64,/9j/4AAQ"]),
    "base64 that says nothing of itself": (["PHOTO:/9j/4AAQ", "LOGO;ENCODING=b:iVBORw0KGgo"],
                      ["PHOTO:data:image/jpeg;base64,/9j/4AAQ",
                       "LOGO:data:image/png;base64,iVBORw0KGgo"]),
    "quoted-printable": (
        ["NOTE;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller=0D=0AB=00"],
        ["NOTE:Müller\\nB"],
    ),
    "quoted-printable in a charset that no text has": (
        ["NOTE;CHARSET=unicode_escape;QUOTED-PRINTABLE:\\ud800=E9"],
        ["NOTE:\\\\ud800é"],
    ),
    "a charset": (["NOTE;CHARSET=UTF-8:Müller"], ["NOTE:Müller"]),
    "a damaged data URI": (["PHOTO:data:image/jpeg\\;base64\\,/9j/4AAQ"],
                           ["PHOTO:data:image/jpeg;base64,/9j/4AAQ"]),
    "a tel: URI": (["TEL;TYPE=work:tel:+1-5;ext=7"], ["TEL;TYPE=work;VALUE=uri:tel:+1-5;ext=7"]),
    "a phone-number": (["TEL;VALUE=phone-number:1"], ["TEL:1"]),
    "a birthday as Apple and Android write it": (["BDAY;value=date:1970-01-02"], ["BDAY:19700102"]),
    "a birthday as Android writes it": (["BDAY:--01-02"], ["BDAY:--0102"]),
    "no birthday": (["BDAY:0000-00-00"], ["BDAY;VALUE=text:0000-00-00"]),
    "seconds in parts": (["REV:2012-03-05T13:32:54.123Z"], ["REV:20120305T133254Z"]),
    "a revision's day": (["REV:2012-03-05"], ["REV:20120305T000000Z"]),
    "an anniversary said three times": (
        ["X-ANNIVERSARY:20090808", "X-KADDRESSBOOK-X-Anniversary:2009-08-08",
         "item1.X-ABLabel:_$!<Anniversary>!$_", "item1.X-ABDATE;type=pref:2009-08-08"],
        ["ANNIVERSARY:20090808"],
    ),
    "two anniversaries": (
        ["X-ANNIVERSARY:2009-08-08", "X-EVOLUTION-ANNIVERSARY:2009-08-09"],
        ["ANNIVERSARY:20090808", "X-EVOLUTION-ANNIVERSARY:2009-08-09"],
    ),
    "Evolution's and KDE's relations": (
        ["X-EVOLUTION-SPOUSE:Jane", "X-SPOUSE:Jane", "X-KADDRESSBOOK-X-SpousesName:Joan",
         "X-ASSISTANT:Li"],
        ["RELATED;TYPE=spouse;VALUE=text:Jane", "RELATED;TYPE=spouse;VALUE=text:Joan",
         "item1.RELATED;TYPE=co-worker;VALUE=text:Li",
         "item1.X-ABLabel:_$!<Assistant>!$_"],
    ),
    "KDE's manager and assistant": (
        ["X-KADDRESSBOOK-X-ManagersName:Li", "X-EVOLUTION-ASSISTANT:Bo",
         "X-KADDRESSBOOK-X-AssistantsName:Bo"],
        ["item1.RELATED;TYPE=co-worker;VALUE=text:Li", "item1.X-ABLabel:_$!<Manager>!$_",
         "item2.RELATED;TYPE=co-worker;VALUE=text:Bo", "item2.X-ABLabel:_$!<Assistant>!$_"],
    ),
    "a group that is taken": (
        ["ITEM1.TEL:1", "X-MANAGER:Li"],
        ["ITEM1.TEL:1", "item2.RELATED;TYPE=co-worker;VALUE=text:Li",
         "item2.X-ABLabel:_$!<Manager>!$_"],
    ),
    "a group of three": (
        ["item1.X-ABRELATEDNAMES:Jane", "item1.X-ABLabel:_$!<Spouse>!$_", "item1.X-Y:1"],
        ["item1.RELATED;TYPE=spouse;VALUE=text:Jane", "item1.X-ABLabel:_$!<Spouse>!$_",
         "item1.X-Y:1"],
    ),
    "messengers of old": (
        ["X-AIM;TYPE=HOME:zoe@aol.com", "X-SKYPE-USERNAME:skype:zoe", "X-GTALK:a@x.org"],
        ["IMPP;TYPE=HOME;X-SERVICE-TYPE=AIM:aim:zoe@aol.com",
         "IMPP;X-SERVICE-TYPE=Skype:skype:zoe", "IMPP;X-SERVICE-TYPE=GoogleTalk:xmpp:a@x.org"],
    ),
    "the other messengers of old": (
        ["X-GADUGADU:1", "X-GOOGLE-TALK:a@x.org", "X-ICQ:2", "X-MSN:3", "X-YAHOO:4"],
        ["IMPP;X-SERVICE-TYPE=GaduGadu:gg:1", "IMPP;X-SERVICE-TYPE=GoogleTalk:xmpp:a@x.org",
         "IMPP;X-SERVICE-TYPE=ICQ:icq:2", "IMPP;X-SERVICE-TYPE=MSN:msnim:3",
         "IMPP;X-SERVICE-TYPE=Yahoo:ymsgr:4"],
    ),
    "a messenger said twice": (
        ["X-JABBER:a@x.org", "IMPP;X-SERVICE-TYPE=Jabber:xmpp:a@x.org"],
        ["IMPP;X-SERVICE-TYPE=Jabber:xmpp:a@x.org"],
    ),
    "4.0's own words in a card of 3.0": (
        ["KIND:GROUP", "MEMBER:urn\\:uuid\\:7", "GENDER:m"],
        ["KIND:group", "MEMBER:urn:uuid:7", "GENDER:M"],
    ),
    "a word for a gender": (["X-GENDER:Divers"], ["GENDER:;Divers"]),
    "a kind as Apple shouts it": (["X-ADDRESSBOOKSERVER-KIND:GROUP"], ["KIND:group"]),
    "a label far from its address": (
        ["LABEL;TYPE=WORK,pref:a", "ADR;TYPE=home:;;b;;;;", "ADR;TYPE=work:;;a;;;;"],
        ["ADR;TYPE=home:;;b;;;;", "ADR;TYPE=work;LABEL=a:;;a;;;;"],
    ),
    "a position with a comma": (["GEO:1.5,2.5"], ["GEO:geo:1.5,2.5"]),
}  # fmt: skip

# Lines of 4.0 that come back in another way.
FOR_THREE = {
    "a list in quotes": (['TEL;TYPE="home,cell":1'], ["TEL;TYPE=home,cell:1"]),
    "a tel: URI": (["TEL;VALUE=uri;TYPE=work:tel:+1-5-5;ext=7"], ["TEL;TYPE=work:+1-5-5 ext. 7"]),
    "an upper-case KIND": (["KIND:GROUP"], ["X-ADDRESSBOOKSERVER-KIND:group"]),
    "TYPE=pref in 4.0": (["TEL;TYPE=pref:1"], ["TEL;TYPE=pref:1"]),
    "a semicolon escaped in 4.0": (["NOTE:a\\;b"], ["NOTE:a\\;b"]),
    "a label as RFC 6350's example has it": (
        ['ADR;LABEL="Q\\nTown, 1":;;a;;;;'],
        ["ADR:;;a;;;;", "LABEL:Q\\nTown\\, 1"],
    ),
    "a gender without words in 3.0": (["GENDER:;male"], ["X-GENDER:;male"]),
    "an anniversary in a group": (
        ["item1.ANNIVERSARY:20090808"],
        ["item2.X-ABDATE:2009-08-08", "item2.X-ABLabel:_$!<Anniversary>!$_",
         "X-EVOLUTION-ANNIVERSARY:2009-08-08"],
    ),
    "what hides in an address": (
        ["IMPP:xmpp:a%0D%0Ab"],
        ["IMPP:xmpp:a%0D%0Ab"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("three", "four"), BOTH_WAYS.values(), ids=BOTH_WAYS)
def test_each_becomes_the_other(three: list[str], four: list[str]) -> None:
    assert converted("4.0", three) == four
    assert converted("3.0", four) == three


@pytest.mark.parametrize(("three", "four"), FOR_FOUR.values(), ids=FOR_FOUR)
def test_it_becomes_4_0(three: list[str], four: list[str]) -> None:
    assert converted("4.0", three) == four


@pytest.mark.parametrize(("four", "three"), FOR_THREE.values(), ids=FOR_THREE)
def test_it_becomes_3_0(four: list[str], three: list[str]) -> None:
    assert converted("3.0", four) == three


def test_every_rule_has_a_case() -> None:
    threes = [three for three, _ in (*BOTH_WAYS.values(), *FOR_FOUR.values())]
    fours = [*(four for _, four in BOTH_WAYS.values()), *(four for four, _ in FOR_THREE.values())]
    for cases, rules in ((threes, RULES_FOR_FOUR), (fours, RULES_FOR_THREE)):
        names = {parse_line(line).name for lines in cases for line in lines}
        # The names have tests of their own.
        assert set(rules) - names <= {"FN", "N", "SORT-STRING", "X-SORT-STRING"}
