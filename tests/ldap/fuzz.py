"""The coverage-guided fuzzer, which ``make fuzz`` starts; it takes libFuzzer's options.

It looks for octets that lead the decoder, the session and the protocol somewhere new, and stops
at the first for which something of ``fuzzing`` does not hold.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

# What is imported here is watched while it runs.
with atheris.instrument_imports(include=["dirserver.ldap"]):
    from tests.ldap import fuzzing, wire
    from tests.ldap.asking import paged, sorted_by, view
    from tests.ldap.client import encode

CORPUS = Path(__file__).parent / "corpus"
# What one client may say, in the words of conversations; the fuzzer takes it from there.
STREAMS = (
    ['bind dn=bob password="correct horse"', "search base=dc=example,dc=org"],
    ['bind dn=uid=bob,ou=users,dc=example,dc=org password="wrong"'],
    ["bind version=2", "bind dn=bob", "unbind"],
    ["bind sasl=PLAIN", "bind sasl=DIGEST-MD5"],
    ["search scope=base", "search base=cn=Subschema scope=base attributes=*,+"],
    ['search base=dc=example,dc=org filter="(|(cn=an*)(sn=*m*r)(mobile=*4567))" size_limit=1'],
    ['search base=ou=customers,dc=example,dc=org scope=one filter="(&(cn>=a)(!(sn<=b)))"'],
    ['search base=ou=users,dc=example,dc=org filter="(cn~=bob)" attributes=1.1 types_only'],
    ["compare dn=ou=staff,dc=example,dc=org attribute=ou value=staff", "abandon id=1"],
    [
        "delete dn=a",
        "modify dn=a",
        "add dn=a",
        "rename dn=a",
        "extended oid=1.3.6.1.4.1.4203.1.11.3",
    ],
    ["starttls"],
)
FILTERS = (
    "(&(cn:dn:caseIgnoreMatch:=anna)(!(mail=*))(ou:dn:=customers))",
    "(|(cn~=anna)(modifyTimestamp>=20200101000000Z)(createTimestamp<=20300101000000.5+0100))",
    "(|(entryUUID=a)(entryDN=ou=customers,dc=example,dc=org)(searchNumber=0*30*1*))",
    "(&(objectClass=person)(hasSubordinates=FALSE)(sn=*\\e4\\f6*)(cn=5646*))",
)
CONTROLS = ((paged(1),), (sorted_by("-sn", "cn:2.5.13.3"), view(0, 1)), (sorted_by("cn"),))


def seeds() -> list[bytes]:
    """Return the streams to begin with."""
    said = [
        b"".join(encode(words, number) for number, words in enumerate(stream, 1))
        for stream in STREAMS
    ]
    customers = "ou=customers,dc=example,dc=org"
    asked = [wire.message(1, wire.search(customers, text, attributes=["cn"])) for text in FILTERS]
    person = wire.search(customers, "(objectClass=person)")
    asked += [wire.message(1, person, controls) for controls in CONTROLS]
    return [b"\0" + stream for stream in (*said, *asked)]


def main() -> None:
    """Fuzz until libFuzzer's options say that it is enough."""
    with tempfile.TemporaryDirectory() as folder, fuzzing.target(Path(folder)) as target:

        def one(data: bytes) -> None:
            target.take(data)

        # By this libFuzzer starts itself again, to reduce a corpus.
        words = [f"{sys.executable} -m tests.ldap.fuzz", *sys.argv[1:]]
        atheris.Setup(words, one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
