"""The made-up people whose cards the LDAP face's tests look for."""

from __future__ import annotations

from dirserver.assembly import Services
from tests.organisation import ALICE, HERE, vcard

CUSTOMERS = {
    "anna": vcard(
        "anna",
        "Anna Beispiel",
        "NICKNAME:Annchen",
        "ORG:Kunde AG;Einkauf",
        "TITLE:Leiterin",
        "TEL;TYPE=work,voice:+49 (30) 555 00 17",
        "TEL;TYPE=cell:0171/5550017",
        "TEL;TYPE=fax:+49 30 5550018",
        "EMAIL;TYPE=work:anna@kunde.example",
        "EMAIL;TYPE=home:anna.b@example.net",
        "ADR;TYPE=work:;;Hauptstraße 5;Berlin;;10115;Deutschland",
        "NOTE:Zahlt Quillfeather spät",
        "BDAY:1970-01-02",
    ),
    "jürgen": vcard(
        "juergen",
        "Jürgen Müller",
        "ORG:Müller & Söhne",
        "TEL;TYPE=work:030 / 555-00-23",
        "TEL;TYPE=home:+43 1 5550024",
        "EMAIL:juergen.mueller@example.net",
    ),
    "zoë": vcard(
        "zoe",
        "Zoë O'Neil",
        "TEL;TYPE=cell:+33 6 55 50 00 31",
        "EMAIL:zoe@kunde.example",
        "ADR;TYPE=work:;;;;;;FR",
    ),
    "пётр": vcard("petr", "Пётр Иванов", "TEL;TYPE=work:+7 495 555-00-41"),
    "émile": vcard(
        "emile",
        "Émile Zola",
        "TEL;TYPE=home:+33 1 55 50 00 51",
        "TEL;TYPE=pager:+49 30 5550053",
        "EMAIL:emile.zola@example.net",
    ),
    "bob": vcard("bob-stern", "Robert (Bob) Stern", "EMAIL:bob@kunde.example"),
    "王": vcard("wang", "小明 王", "TEL;TYPE=work:+86 10 5550 0061"),
}
STAFF = {
    "clara": vcard(
        "clara",
        "Clara Otto",
        "ORG:Example GmbH;Vertrieb",
        "TEL;TYPE=work:+49 30 555010-71",
        "EMAIL:clara@example.org",
    ),
    "david": vcard("david", "David Wolf", "EMAIL:david@example.org"),
}
SECRET = {
    "xaver": vcard("xaver", "Xaver Geheim", "TEL;TYPE=cell:+49 171 5550081"),
}


def fill(services: Services) -> None:
    """Put everybody into their books."""
    for slug, people in (("customers", CUSTOMERS), ("staff", STAFF), ("secret", SECRET)):
        with services.directory.writing(ALICE, HERE) as writing:
            for name, body in people.items():
                writing.put_card(slug, f"{name}.vcf", body)
