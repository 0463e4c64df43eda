"""Properties that each version can say: one case for each rule that works both ways."""

from __future__ import annotations

# Lines of 3.0, and the same in 4.0: each becomes the other.
BOTH_WAYS = {
    # Values: RFC 2426 section 4, RFC 6350 section 3.4.
    "a semicolon in a text": (["NOTE:a\\; b\\, c"], ["NOTE:a; b\\, c"]),
    "a line break and a backslash": (["NOTE:a\\nb\\\\c"], ["NOTE:a\\nb\\\\c"]),
    "a comma in a title": (["TITLE:Dr.\\, Prof."], ["TITLE:Dr.\\, Prof."]),
    "a role, a source, a product": (
        ["ROLE:a\\;b", "SOURCE:ldap://x.org/a", "PRODID:-//A\\, B//EN"],
        ["ROLE:a;b", "SOURCE:ldap://x.org/a", "PRODID:-//A\\, B//EN"],
    ),
    "a list": (["CATEGORIES:a\\;b,c\\,d"], ["CATEGORIES:a;b,c\\,d"]),
    "nicknames": (["NICKNAME:Zo,Zoë"], ["NICKNAME:Zo,Zoë"]),
    "an organisation": (["ORG:A\\, B;Sales\\; East"], ["ORG:A\\, B;Sales\\; East"]),
    "a language": (["NOTE;LANGUAGE=de:Notiz"], ["NOTE;LANGUAGE=de:Notiz"]),
    "a group": (["item1.EMAIL:a@x.org"], ["item1.EMAIL:a@x.org"]),
    "a label of Apple's": (
        ["item1.TEL:1", "item1.X-ABLabel:Empfang"],
        ["item1.TEL:1", "item1.X-ABLabel:Empfang"],
    ),
    "an extension": (
        ['X-Foo;x="a:b";ENCODING=x:\\;\\:"^'],
        ['X-Foo;x="a:b";ENCODING=x:\\;\\:"^'],
    ),
    # PHOTO and its like: RFC 2426 section 3.1.4, RFC 6350 section 6.2.4.
    "a photo": (
        ["PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ"],
        ["PHOTO:data:image/jpeg;base64,/9j/4AAQ"],
    ),
    "a logo": (["LOGO;ENCODING=b;TYPE=PNG:AAAA"], ["LOGO:data:image/png;base64,AAAA"]),
    "a sound": (["SOUND;ENCODING=b;TYPE=BASIC:AAAA"], ["SOUND:data:audio/basic;base64,AAAA"]),
    "a key": (
        ["KEY;ENCODING=b;TYPE=PGP:AAAA"],
        ["KEY:data:application/pgp-keys;base64,AAAA"],
    ),
    "a certificate for work": (
        ["KEY;ENCODING=b;TYPE=X509,work:AAAA"],
        ["KEY;TYPE=work:data:application/pkix-cert;base64,AAAA"],
    ),
    "a format without a word": (
        ["PHOTO;ENCODING=b;TYPE=image/x-icon:AAAA"],
        ["PHOTO:data:image/x-icon;base64,AAAA"],
    ),
    "an unknown format": (
        ["PHOTO;ENCODING=b:AAAA"],
        ["PHOTO:data:application/octet-stream;base64,AAAA"],
    ),
    "a photo elsewhere": (["PHOTO;VALUE=uri:http://x.org/a"], ["PHOTO:http://x.org/a"]),
    "a photo elsewhere with a format": (
        ["PHOTO;VALUE=uri;TYPE=JPEG:http://x.org/a"],
        ["PHOTO;MEDIATYPE=image/jpeg:http://x.org/a"],
    ),
    "a photo that is no base64": (
        ["PHOTO;VALUE=uri:data:image/svg+xml,%3Csvg/%3E"],
        ["PHOTO:data:image/svg+xml,%3Csvg/%3E"],
    ),
    "a key as a text": (["KEY;VALUE=text:mQGN"], ["KEY;VALUE=text:mQGN"]),
    # Preference: RFC 2426 section 3.3.1, RFC 6350 section 5.3.
    "the preferred one": (
        ["TEL;TYPE=work,pref:1", "TEL;TYPE=home:2"],
        ["TEL;TYPE=work;PREF=1:1", "TEL;TYPE=home:2"],
    ),
    "two preferred ones": (
        ["EMAIL;TYPE=pref:a@x.org", "EMAIL;TYPE=pref:b@x.org"],
        ["EMAIL;PREF=1:a@x.org", "EMAIL;PREF=1:b@x.org"],
    ),
    "an order of preference": (
        ["EMAIL;PREF=50:a@x.org", "EMAIL;TYPE=pref:b@x.org", "EMAIL;PREF=2:c@x.org"],
        ["EMAIL;PREF=50:a@x.org", "EMAIL;PREF=1:b@x.org", "EMAIL;PREF=2:c@x.org"],
    ),
    "a preference that is not the first": (
        ["ADR;TYPE=pref;PREF=20:;;a;;;;", "ADR;PREF=30:;;b;;;;"],
        ["ADR;PREF=20:;;a;;;;", "ADR;PREF=30:;;b;;;;"],
    ),
    "a preference of what 3.0 has no types for": (["TITLE;PREF=1:a"], ["TITLE;PREF=1:a"]),
    # TEL: RFC 2426 section 3.3.1, RFC 6350 section 6.4.1.
    "a number": (["TEL;TYPE=cell:+49 30 1"], ["TEL;TYPE=cell:+49 30 1"]),
    "a number with pauses": (["TEL:1\\,\\,5"], ["TEL:1\\,\\,5"]),
    "a telephone that is no number": (
        ["TEL;VALUE=uri:sip:zoe@x.org"],
        ["TEL;VALUE=uri:sip:zoe@x.org"],
    ),
    "a number with a context": (
        ["TEL;VALUE=uri:tel:70;phone-context=x.org"],
        ["TEL;VALUE=uri:tel:70;phone-context=x.org"],
    ),
    # KIND, MEMBER: RFC 6350 sections 6.1.4, 6.6.5.
    "a group of people": (
        ["X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:7"],
        ["KIND:group", "MEMBER:urn:uuid:7"],
    ),
    "an organisation's card": (["X-ABSHOWAS:COMPANY"], ["KIND:org"]),
    "a person": (["X-ADDRESSBOOKSERVER-KIND:individual"], ["KIND:individual"]),
    # GENDER: RFC 6350 section 6.2.7.
    "a man": (["X-GENDER:Male"], ["GENDER:M"]),
    "a woman": (["X-GENDER:Female"], ["GENDER:F"]),
    "an identity": (["X-GENDER:;it's complicated"], ["GENDER:;it's complicated"]),
    "a sex and an identity": (["X-GENDER:O;intersex"], ["GENDER:O;intersex"]),
    # Dates: RFC 2426 section 3.1.5, RFC 6350 section 4.3.
    "a birthday": (["BDAY:1970-01-02"], ["BDAY:19700102"]),
    "a birthday without a year": (
        ["BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29"],
        ["BDAY:--0229"],
    ),
    "the time of birth": (
        ["BDAY;VALUE=date-time:1970-01-02T23:10:00-08:00"],
        ["BDAY:19700102T231000-0800"],
    ),
    "a birthday in words": (
        ["BDAY;VALUE=text:about 1800\\; in May"],
        ["BDAY;VALUE=text:about 1800; in May"],
    ),
    "a year of birth": (["BDAY:1970"], ["BDAY:1970"]),
    "a revision": (["REV:2012-03-05T13:32:54Z"], ["REV:20120305T133254Z"]),
    # ANNIVERSARY: RFC 6350 section 6.2.6.
    "an anniversary": (
        [
            "item1.X-ABDATE:2009-08-08",
            "item1.X-ABLabel:_$!<Anniversary>!$_",
            "X-EVOLUTION-ANNIVERSARY:2009-08-08",
        ],
        ["ANNIVERSARY:20090808"],
    ),
    "an anniversary without a year": (
        [
            "item1.X-ABDATE;X-APPLE-OMIT-YEAR=1604:1604-08-08",
            "item1.X-ABLabel:_$!<Anniversary>!$_",
        ],
        ["ANNIVERSARY:--0808"],
    ),
    "an anniversary that Apple cannot read": (["ANNIVERSARY:2009"], ["ANNIVERSARY:2009"]),
    "another day": (
        ["item1.X-ABDATE:2009-08-08", "item1.X-ABLabel:Abitur"],
        ["item1.X-ABDATE:2009-08-08", "item1.X-ABLabel:Abitur"],
    ),
    # RELATED, AGENT: RFC 2426 section 3.5.4, RFC 6350 section 6.6.6.
    "a spouse": (
        [
            "item1.X-ABRELATEDNAMES:Jane",
            "item1.X-ABLabel:_$!<Spouse>!$_",
            "X-EVOLUTION-SPOUSE:Jane",
        ],
        ["RELATED;TYPE=spouse;VALUE=text:Jane"],
    ),
    "a manager": (
        [
            "item1.X-ABRELATEDNAMES:Bo\\; Li",
            "X-EVOLUTION-MANAGER:Bo\\; Li",
            "item1.X-ABLabel:_$!<Manager>!$_",
        ],
        [
            "item1.RELATED;TYPE=co-worker;VALUE=text:Bo; Li",
            "item1.X-ABLabel:_$!<Manager>!$_",
        ],
    ),
    "an aunt": (
        ["item1.X-ABRELATEDNAMES:Ann", "item1.X-ABLabel:Tante"],
        ["item1.RELATED;VALUE=text:Ann", "item1.X-ABLabel:Tante"],
    ),
    "a muse": (
        ["item1.X-ABRELATEDNAMES:Ann", "item1.X-ABLabel:muse"],
        ["RELATED;TYPE=muse;VALUE=text:Ann"],
    ),
    "a preferred friend": (
        ["item1.X-ABRELATEDNAMES;TYPE=pref:Ann", "item1.X-ABLabel:_$!<Friend>!$_"],
        ["RELATED;TYPE=friend;PREF=1;VALUE=text:Ann"],
    ),
    "a friend who is a colleague": (
        ["item1.X-ABRELATEDNAMES;TYPE=friend,colleague:Ann", "item1.X-ABLabel:_$!<Friend>!$_"],
        ["RELATED;TYPE=friend,colleague;VALUE=text:Ann"],
    ),
    "a relation by its card": (["RELATED;TYPE=kin:urn:uuid:7"], ["RELATED;TYPE=kin:urn:uuid:7"]),
    "an agent by its card": (["AGENT;VALUE=uri:urn:uuid:7"], ["RELATED;TYPE=agent:urn:uuid:7"]),
    "an agent with its card": (
        ["AGENT:BEGIN:VCARD\\nFN:Ann\\nEMAIL\\;INTERNET:a@x.org\\nEND:VCARD\\n"],
        [
            "RELATED;TYPE=agent;VALUE=text:"
            "BEGIN:VCARD\\nFN:Ann\\nEMAIL;INTERNET:a@x.org\\nEND:VCARD\\n"
        ],
    ),
    # IMPP: RFC 4770, RFC 6350 section 6.4.3.
    "a messenger": (
        ["IMPP;X-SERVICE-TYPE=Jabber;TYPE=home:xmpp:a@x.org", "X-JABBER;TYPE=home:a@x.org"],
        ["IMPP;X-SERVICE-TYPE=Jabber;TYPE=home:xmpp:a@x.org"],
    ),
    "a messenger that others know by its URI": (
        ["IMPP;X-SERVICE-TYPE=Telegram:x-apple:zoe"],
        ["IMPP;X-SERVICE-TYPE=Telegram:x-apple:zoe"],
    ),
    "a messenger's address with a blank": (
        ["IMPP;X-SERVICE-TYPE=Skype:skype:zoe%20x", "X-SKYPE:zoe x"],
        ["IMPP;X-SERVICE-TYPE=Skype:skype:zoe%20x"],
    ),
    # Where: RFC 2426 sections 3.2 and 3.4, RFC 6350 sections 6.3.1 and 6.5.
    "an address": (["ADR:;;a\\, b,c;d\\;e;;;"], ["ADR:;;a\\, b,c;d\\;e;;;"]),
    "a label": (
        ["ADR;TYPE=home:;;a;b;;;", "LABEL;TYPE=home:a\\nb\\, \\;c"],
        ['ADR;TYPE=home;LABEL="a^nb, ;c":;;a;b;;;'],
    ),
    "a label of one of two": (
        ["ADR;TYPE=home:;;a;;;;", "ADR;TYPE=home:;;b;;;;", "LABEL;TYPE=home:b"],
        ["ADR;TYPE=home:;;a;;;;", "ADR;TYPE=home;LABEL=b:;;b;;;;"],
    ),
    "a label without an address": (["LABEL;TYPE=home:a"], ["ADR;TYPE=home;LABEL=a:;;;;;;"]),
    "a position": (["GEO:37.386013;-122.082932"], ["GEO:geo:37.386013,-122.082932"]),
    "a position that says more": (
        ["GEO;VALUE=uri:geo:1,2;u=5"],
        ["GEO:geo:1,2;u=5"],
    ),
    "an offset": (["TZ:-05:00"], ["TZ;VALUE=utc-offset:-0500"]),
    "a zone": (["TZ;VALUE=text:America/New_York"], ["TZ:America/New_York"]),
    # What the other version does not have.
    "what 4.0 has no more": (
        ["MAILER:a", "CLASS:PRIVATE", "NAME:b", "PROFILE:VCARD"],
        ["X-MAILER:a", "X-CLASS:PRIVATE", "X-NAME:b", "X-PROFILE:VCARD"],
    ),
    "what 3.0 does not have": (
        [
            "LANG;PREF=1:de",
            "CLIENTPIDMAP:1;urn:uuid:7",
            "EMAIL;PID=1.1:a@x.org",
            "XML:<a xmlns='b'/>",
            "EXPERTISE;LEVEL=expert:chess",
            "HOBBY;INDEX=1:chess",
            "INTEREST:chess",
        ],
        [
            "LANG;PREF=1:de",
            "CLIENTPIDMAP:1;urn:uuid:7",
            "EMAIL;PID=1.1:a@x.org",
            "XML:<a xmlns='b'/>",
            "EXPERTISE;LEVEL=expert:chess",
            "HOBBY;INDEX=1:chess",
            "INTEREST:chess",
        ],
    ),
    "calendars (RFC 2739)": (
        ["CALURI;TYPE=pref:http://x.org/c", "CALADRURI:mailto:a@x.org", "FBURL:http://x.org/f"],
        ["CALURI;PREF=1:http://x.org/c", "CALADRURI:mailto:a@x.org", "FBURL:http://x.org/f"],
    ),
    "titles in two languages": (
        ["TITLE;ALTID=1;LANGUAGE=fr:Patron", "TITLE;ALTID=1;LANGUAGE=en:Boss"],
        ["TITLE;ALTID=1;LANGUAGE=fr:Patron", "TITLE;ALTID=1;LANGUAGE=en:Boss"],
    ),
    "names in two languages": (
        ["X-ALT-FN;LANGUAGE=jp:ゾエ", "X-ALT-N;LANGUAGE=jp:オ;ゾエ;;;"],
        ["FN;LANGUAGE=jp:ゾエ", "N;LANGUAGE=jp:オ;ゾエ;;;"],
    ),
    "a birthday in two calendars": (
        ["BDAY;ALTID=1:1970-01-02", "X-ALT-BDAY;ALTID=1;CALSCALE=x:19700204"],
        ["BDAY;ALTID=1:19700102", "BDAY;ALTID=1;CALSCALE=x:19700204"],
    ),
    "a parameter that 3.0 cannot write (RFC 6868)": (
        ["EMAIL;X-A=a^'b^nc:a@x.org"],
        ["EMAIL;X-A=a^'b^nc:a@x.org"],
    ),
    "an order of its own": (
        ["URL:http://x.org", "NOTE:a", "EMAIL:a@x.org", "UID:4711"],
        ["URL:http://x.org", "NOTE:a", "EMAIL:a@x.org", "UID:4711"],
    ),
}
