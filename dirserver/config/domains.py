"""Domain names, the LDAP suffix that is made of one, and countries."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from dirserver.config.faults import Refused, shown
from dirserver.config.values import string, text

# RFC 1123 section 2.1, and an underscore, since hosts of some networks have it. The last label
# is never a number, or 10.20.30 would be a domain.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*(?![0-9]+\Z){_LABEL}")
_LONGEST_DOMAIN = 253

# RFC 4514 section 2.4, as far as a suffix needs it: no character that would want an escape.
_RDN = re.compile(
    r"(?P<type>[A-Za-z][A-Za-z0-9-]*) *= *(?P<value>[\w.'&@()/:-]+(?: +[\w.'&@()/:-]+)*)"
)

_ISO_3166 = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW "
)
# ISO 3166 has no code for Kosovo yet; everybody uses this one.
_COUNTRIES = frozenset({*_ISO_3166.split(), "XK"})
_PUBLIC_URL = 'expected an address such as "https://contacts.example.org"'
_TAKEN_FOR_COUNTRIES = {"UK": "GB", "EN": "GB", "EL": "GR"}


def is_domain(name: str) -> bool:
    """Say whether ``name``, in lower case, can be a domain or the name of a host."""
    return len(name) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(name) is not None


def domain(value: object) -> str:
    """Read a domain, in lower case."""
    read = text(value).lower().removesuffix(".")
    if is_domain(read):
        return read
    hint = f"; did you mean {shown(ascii_form)}?" if (ascii_form := _ascii_form(read)) else ""
    raise Refused(f'expected a domain, such as "example.org"{hint}')


def suffix_of(domain: str) -> str:
    """Return the DN for a domain (RFC 2247 section 3)."""
    return ",".join(f"dc={label}" for label in domain.split("."))


def suffix(value: object) -> str:
    """Read the DN of the directory's root, without blanks between its parts."""
    parts = [_RDN.fullmatch(part.strip()) for part in text(value).split(",")]
    found = [part for part in parts if part is not None]
    if len(found) != len(parts):
        raise Refused(
            'expected a distinguished name without special characters, such as "o=Example,c=DE"'
        )
    return ",".join(f"{part['type'].lower()}={part['value']}" for part in found)


def country(value: object) -> str:
    """Read the two letters of a country (ISO 3166-1), in upper case."""
    read = string(value).upper()
    if read in _COUNTRIES:
        return read
    meant = _TAKEN_FOR_COUNTRIES.get(read)
    hint = f"; did you mean {shown(meant)}?" if meant else ""
    raise Refused(f'expected the two letters of a country in ISO 3166, such as "DE"{hint}')


def area_code(value: object) -> str:
    """Read digits that are dialled before a number of another town; none are none."""
    read = string(value)
    if not re.fullmatch("[0-9]{0,6}", read):
        raise Refused('expected the digits of an area code, such as "30"')
    return read


def outside_line(value: object) -> str:
    """Read digits that are dialled before a number outside the house."""
    read = string(value)
    if not re.fullmatch("[0-9]{1,6}", read):
        raise Refused('expected the digits for an outside line, such as "0"')
    return read


def public_url(value: object) -> str:
    """Read the address under which clients reach the server, without a slash at its end."""
    read = text(value)
    try:
        parts = urlsplit(read)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused(_PUBLIC_URL) from None
    is_host = is_domain(host.lower()) or _is_address(host)
    if parts.scheme not in ("http", "https") or not is_host or port == 0:
        raise Refused(_PUBLIC_URL)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise Refused(f"{_PUBLIC_URL}, without a login, a query or a fragment")
    return read.rstrip("/")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _ascii_form(name: str) -> str:
    """Return an international domain in the form that the DNS has, or nothing."""
    try:
        form = name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return form if form != name and is_domain(form) else ""
