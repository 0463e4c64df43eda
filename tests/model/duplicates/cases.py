"""Pairs of cards that address books have, what they are to be taken for, and why.

Each case is told in words. Of a pair there are the lines of each card after its name, and what
the verdict is because of: a part of the reasons, or of what speaks against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dirserver.model.duplicates.verdict import Verdict

CardLines: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Two cards, and what they are to each other: a verdict and why, or nothing."""

    words: str
    one: CardLines
    other: CardLines
    verdict: Verdict | None = None
    because: str = ""
    is_against: bool = False


def certain(words: str, one: CardLines, other: CardLines, because: str) -> Case:
    return Case(words, one, other, Verdict.CERTAIN, because)


def likely(words: str, one: CardLines, other: CardLines, because: str) -> Case:
    return Case(words, one, other, Verdict.LIKELY, because)


def asks(words: str, one: CardLines, other: CardLines, against: str) -> Case:
    """Make the case of two who would be certain, were there not something against it."""
    return Case(words, one, other, Verdict.LIKELY, against, is_against=True)


def possible(words: str, one: CardLines, other: CardLines, because: str) -> Case:
    return Case(words, one, other, Verdict.POSSIBLE, because)


def apart(words: str, one: CardLines, other: CardLines, against: str) -> Case:
    """Make the case of two of whom somebody with time may look at what they have in common."""
    return Case(words, one, other, Verdict.POSSIBLE, against, is_against=True)


def nothing(words: str, one: CardLines, other: CardLines) -> Case:
    return Case(words, one, other)


MOBILE, SAME_MOBILE = "TEL;TYPE=cell:+49 171 3920010", "the same mobile number, 1713920010"
LANDLINE, SAME_LINE = "TEL;TYPE=home:0221 770012", "the same number, 221770012"
HOME, WORK = (f"ADR;TYPE={where}:;;Am Markt 1;Köln;;50667;" for where in ("home", "work"))
BORN = "BDAY:1980-02-01"
MAIL, SAME_MAIL = "EMAIL:vogt@home.example", "the same mail address, vogt@home.example"
SAME_NAME, SAME_FIRM = "the same name", "the same organisation"
PETER = ("Peter Müller", "N:Müller;Peter;;;")
ANNA, BOB, HANS = "Anna Groß", "Bob Smith", "Hans Vogt"
ACME, NORD, VOGT = "ORG:Acme", "ORG:Nordlicht AS", "ORG:Vogt KG"
DESKS = ("info", "sales", "kontakt", "office", "noreply", "no-reply", "contact", "vertrieb")

# How one name is written twice.
FOLDED = (
    certain("ü is ue", (*PETER, MOBILE), ("Peter Mueller", MOBILE), SAME_MOBILE),
    certain("ü is u", (*PETER, MOBILE), ("Peter Muller", MOBILE), SAME_MOBILE),
    certain("ß is ss", (ANNA, MOBILE, ACME), ("Anna Gross", MOBILE), SAME_MOBILE),
    certain("capitals", ("ANNA GROSS", MOBILE, ACME), (ANNA, MOBILE), SAME_MOBILE),
    certain("a hyphen between given names", ("Anna-Lena Groß", MOBILE), ("Anna Lena Gross", MOBILE),
            SAME_MOBILE),
    certain("a hyphen between family names", ("Anna Vogt-Groß", MOBILE), ("Anna Vogt Groß", MOBILE),
            SAME_MOBILE),
    certain("titles", ("Prof. Dr. med. Anna Groß, MBA", MOBILE), (ANNA, MOBILE), SAME_MOBILE),
    certain("a title with a hyphen", ("Dipl.-Ing. Anna Groß", MOBILE), (ANNA, MOBILE), SAME_MOBILE),
    certain("particles are of the family name", ("Jutta von der Heide", MOBILE),
            ("Frau Heide", "N:von der Heide;Jutta;;;", MOBILE), SAME_MOBILE),
    certain("the family name first, with a comma", (*PETER, MOBILE), ("Müller, Peter", MOBILE),
            SAME_MOBILE),
    certain("given and family name interchanged", (*PETER, MOBILE),
            ("Müller Peter", "N:Peter;Müller;;;", MOBILE), "the same name turned round"),
    certain("a middle name", ("Peter Karl Müller", MOBILE), (*PETER, MOBILE), SAME_MOBILE),
    certain("Cyrillic and Latin letters", ("Иван Петров", MOBILE), ("Ivan Petrov", MOBILE),
            SAME_MOBILE),
    certain("Greek and Latin letters", ("Γιώργος Παπαδόπουλος", MOBILE),
            ("Giorgos Papadopoulos", MOBILE), SAME_MOBILE),
    certain("Bob is Robert", (BOB, MAIL), ("Robert Smith", MAIL), SAME_MAIL),
    likely("Bob and Robert in one firm", (BOB, ACME), ("Robert Smith", ACME), SAME_FIRM),
    possible("Bob and Robert, and no more", (BOB,), ("Robert Smith",), "like names"),
    likely("an initial", ("P. Müller", MOBILE), (*PETER, MOBILE), SAME_MOBILE),
    likely("a slip of the pen", ("Peter Mülelr", MOBILE), (*PETER, MOBILE), SAME_MOBILE),
    likely("particles are cut short", ("Jutta von der Heide", MOBILE),
           ("Jutta v. d. Heide", MOBILE), SAME_MOBILE),
)  # fmt: skip

# What only one person has.
OWN = (
    certain("a mail address in any case", (*PETER, "EMAIL:Peter@Home.example", ACME),
            (*PETER, "EMAIL:peter@home.EXAMPLE"), "the same mail address, peter@home.example"),
    certain("a mobile number", (*PETER, MOBILE, ACME), (*PETER, "TEL:0171/3920010"), SAME_MOBILE),
    certain("cards that are equal but for the UID", (*PETER, ACME, "TITLE:CEO"),
            (*PETER, ACME, "TITLE:CEO"), "both say the same"),
    certain("the day of birth and the street", (*PETER, BORN, HOME),
            (*PETER, "BDAY:19800201", HOME, ACME), "the same birthday"),
    certain("the day of birth, once without a year, and a mobile number", (*PETER, BORN, MOBILE),
            (*PETER, "BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-01", MOBILE), SAME_MOBILE),
    likely("the day of birth", (*PETER, BORN), (*PETER, BORN, ACME), "the same birthday"),
    likely("a direct line", (*PETER, LANDLINE), (*PETER, LANDLINE, ACME), SAME_LINE),
    likely("a name in one firm", (*PETER, ACME), (*PETER, ACME, "TITLE:CEO"), SAME_FIRM),
    likely("a name in one firm, with and without its legal form",
           (*PETER, "ORG:Acme GmbH & Co. KG"), (*PETER, ACME), SAME_FIRM),
    likely("a name at one address", (*PETER, HOME), (*PETER, HOME, ACME), "the same street"),
    possible("a name alone is never enough", PETER, PETER, SAME_NAME),
    possible("a name, and another address", (*PETER, HOME),
             (*PETER, "ADR:;;Weg 17;Berlin;;10115;"), SAME_NAME),
    certain("who changed firms has the same mobile number", (*PETER, MOBILE, ACME),
            (*PETER, MOBILE, NORD), SAME_MOBILE),
    likely("who married has the same mobile number", (ANNA, MOBILE), ("Anna Vogt", MOBILE),
           SAME_MOBILE),
    likely("an address without a name", (ANNA, MAIL), ("vogt@home.example", MAIL), SAME_MAIL),
    likely("a number without a name", (ANNA, MOBILE), ("+49 171 3920010", MOBILE), SAME_MOBILE),
)  # fmt: skip

# One number in many notations, or nearly one.
_NOTATIONS = ("030 23125-110", "+49 (0)30 23125110", "0049 30 23125110", "tel:+49-30-23125-110",
              "030/23125110", "(030) 23 125 110")  # fmt: skip
NUMBERS = (
    *(likely(f"{text} is {_NOTATIONS[0]}", (*PETER, f"TEL;TYPE=work:{_NOTATIONS[0]}", ACME),
             (*PETER, f"TEL;TYPE=work:{text}"), "the same number, 3023125110")
      for text in _NOTATIONS),
    likely("a number without its area code", (*PETER, "TEL:23125110"), (*PETER, "TEL:030 23125110"),
           "nearly the same number, 23125110 and 3023125110"),
    likely("a wrong digit", (*PETER, MOBILE), (*PETER, "TEL:0171 3920011"),
           "nearly the same number, 1713920010 and 1713920011"),
    likely("two digits interchanged", (*PETER, MOBILE), (*PETER, "TEL:0171 3290010"),
           "nearly the same number"),
    nothing("colleagues with one number after the other", (ANNA, ACME, "TEL:030 23125-110"),
            ("Paul Vogt", ACME, "TEL:030 23125-111")),
)  # fmt: skip

# What many have, and so tells nothing of who has it.
SHARED = (
    *(possible(f"{desk}@", (*PETER, f"EMAIL:{desk}@acme.example", BORN),
               (*PETER, f"EMAIL:{desk}@acme.example"), SAME_NAME) for desk in DESKS),
    nothing("info@ and a person", ("Empfang", ACME, "EMAIL:info@acme.example"),
            (ANNA, "EMAIL:info@acme.example")),
    nothing("info@ alone and a person", ("info@acme.example", "EMAIL:info@acme.example"),
            (ANNA, "EMAIL:info@acme.example")),
    nothing("info@ and two people", (ANNA, "EMAIL:info@acme.example"),
            (*PETER, "EMAIL:info@acme.example")),
    possible("the extension 0", (*PETER, "TEL;TYPE=work:030 23125-0", BORN),
             (*PETER, "TEL;TYPE=work:030 23125-0"), SAME_NAME),
    possible("a fax", (*PETER, "TEL;TYPE=work,fax:030 23125-17", BORN),
             (*PETER, "TEL;TYPE=work,fax:030 23125-17"), SAME_NAME),
    nothing("the main number and two people", (HANS, "TEL;TYPE=main:0221 770010"),
            ("Eva Vogt", "TEL;TYPE=main:0221 770010")),
    possible("the domain of a firm", (*PETER, "EMAIL:p@acme.example"),
             (*PETER, "EMAIL:mueller@acme.example"), SAME_NAME),
    nothing("the address of a firm", (ANNA, ACME, WORK), ("Anna Vogt", ACME, WORK)),
    nothing("namesakes at two firms", (*PETER, ACME), (*PETER, NORD)),
    nothing("namesakes at two firms with an address each", (*PETER, ACME, "EMAIL:p@acme.example"),
            (*PETER, NORD, "EMAIL:p@nord.example")),
    nothing("namesakes at two branches", (*PETER, "ORG:Filiale 12"), (*PETER, "ORG:Filiale 13")),
    nothing("the desks of two firms", ("Empfang", ACME), ("Empfang", NORD)),
    nothing("the sales of two firms", ("Sales", "TEL:0221 770012"), ("Sales", "TEL:030 4445556")),
    nothing("an organisation and its staff", ("Acme", ACME, LANDLINE, "EMAIL:mail@acme.example"),
            (*PETER, ACME, LANDLINE, "EMAIL:mail@acme.example")),
    nothing("a firm by its legal form and who it is called after", ("Weber GmbH", LANDLINE, MAIL),
            ("Anna Weber", LANDLINE, MAIL)),
    likely("a firm twice", ("Weber GmbH", "ORG:Weber GmbH", LANDLINE),
           ("Weber GmbH", "ORG:Weber GmbH", LANDLINE, MAIL), SAME_LINE),
    nothing("the day of birth of two strangers", (ANNA, BORN, "ADR:;;Weg 1;Köln;;50667;"),
            ("Zoë Köhler", BORN, "ADR:;;Allee 1;Berlin;;10115;")),
)  # fmt: skip

# What speaks against it, whatever else two have in common.
AGAINST = (
    asks("another birthday", (*PETER, MOBILE, BORN), (*PETER, MOBILE, "BDAY:1955-12-24"),
         "other birthdays"),
    asks("a birthday with a slip of the pen", (*PETER, MOBILE, BORN),
         (*PETER, MOBILE, "BDAY:1980-02-11"), "birthdays that differ by a slip of the pen"),
    asks("day and month interchanged", (*PETER, MOBILE, BORN), (*PETER, MOBILE, "BDAY:1980-01-02"),
         "birthdays that differ by a slip of the pen"),
    asks("one is junior", ("Hans Vogt jun.", MOBILE), (HANS, MOBILE), "only one is junior"),
    nothing("junior and senior with one mobile number", ("Peter Vogt jun.", MOBILE),
            ("Peter Vogt sen.", MOBILE)),
    nothing("fils and père with one mailbox", ("Jean Dupont fils", MAIL),
            ("Jean Dupont père", MAIL)),
    nothing("Jr. and Sr. as suffixes", ("John Smith", "N:Smith;John;;;Jr.", MAIL),
            ("John Smith", "N:Smith;John;;;Sr.", MAIL)),
    nothing("father and son, one switchboard and contact@",
            (HANS, VOGT, "TEL;TYPE=work:0221 7700-0", "EMAIL:contact@vogt.example"),
            ("Paul Vogt", VOGT, "TEL;TYPE=work:0221 7700-0", "EMAIL:contact@vogt.example")),
    nothing("a couple's landline and address", (HANS, LANDLINE, HOME),
            ("Eva Vogt", LANDLINE, HOME)),
    nothing("a couple's landline, with names of their own", (HANS, LANDLINE), (ANNA, LANDLINE)),
    apart("a couple's mailbox", ("Alice Green", MAIL), ("Bob Green", MAIL), "other given names"),
    apart("a couple's mobile number", (HANS, MOBILE), ("Eva Vogt", MOBILE), "other given names"),
    apart("Tim and Tom", ("Tim Vogt", MOBILE), ("Tom Vogt", MOBILE), "other given names"),
    possible("namesakes at two firms with one number", (*PETER, LANDLINE, ACME),
             (*PETER, LANDLINE, NORD), SAME_LINE),
    asks("namesakes at two firms, born on one day", (*PETER, BORN, ACME), (*PETER, BORN, NORD),
         "other organisations"),
    nothing("an organisation against a person", ("Weber Bau", "ORG:Weber Bau", MAIL),
            ("Anna Weber", "ORG:Weber Bau", MAIL)),
    # Names of men and women that look like slips of the pen.
    *(nothing(f"{one} and {other}, who have one landline", (f"{one} Vogt", LANDLINE),
              (f"{other} Vogt", LANDLINE))
      for one, other in (
          ("Hans", "Hanna"), ("Martin", "Martina"), ("Peter", "Petra"), ("Andreas", "Andrea"),
          ("Alexander", "Alexandra"), ("Julian", "Julia"), ("Michael", "Michelle"),
          ("Elias", "Elisa"), ("Patrick", "Patricia"), ("Johannes", "Johanna"), ("Heiko", "Heike"),
          ("Jean", "Jeanne"), ("Ulrich", "Ulrike"), ("Dennis", "Denise"),
      )),
)  # fmt: skip

CASES = (*FOLDED, *OWN, *NUMBERS, *SHARED, *AGAINST)
