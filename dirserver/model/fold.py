"""Text as a search sees it: without case, accents or the ways one name is spelled.

Both sides of a comparison go through ``forms``: what a card says when it is written, what a
person typed when they search. They match when any form of the one matches any of the other,
so that Müller finds Mueller and Muller, and each of these finds Müller.
"""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart, though people who lack the key type the plain one.
_PLAIN = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ŀ": "l",
        "ħ": "h",
        "ŧ": "t",
        "ĸ": "k",
        "ŋ": "n",
        "’": "'",
        "‘": "'",
        "‐": "-",
        "‑": "-",
        "–": "-",
    }
)

# The two-letter spellings used where the letter is missing (German, Danish, Norwegian).
_DIGRAPHS = {
    "ä": "ae",
    "ö": "oe",
    "ü": "ue",
    "Ä": "Ae",
    "Ö": "Oe",
    "Ü": "Ue",
    "å": "aa",
    "Å": "Aa",
    "ø": "oe",
    "Ø": "Oe",
}

# Combining marks that people leave out: those of Latin, Greek and Cyrillic letters, Hebrew points
# and Arabic harakat. The vowel signs of Indic scripts and the voicing marks of kana are letters in
# all but name.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
# To look for such letters takes a tenth of what it takes to look each letter up.
_NOT_PLAIN = re.compile(f"[{''.join(map(chr, _PLAIN))}]")
_WITH_DIGRAPH = re.compile(f"[{''.join(_DIGRAPHS)}]")


def fold(text: str) -> str:
    """Return ``text`` without case, accents, compatibility forms and superfluous blanks."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", _plainly(text.casefold()))
    bare = _ACCENTS.sub("", plain)
    if bare.isascii():
        return " ".join(bare.lower().split())
    # Compatibility forms may decompose into capitals and into letters to be made plain (Ǿ, ᴭ),
    # and case-folding may compose anew.
    return " ".join(unicodedata.normalize("NFC", _plainly(bare.casefold())).split())


def _plainly(text: str) -> str:
    return text.translate(_PLAIN) if _NOT_PLAIN.search(text) else text


def forms(text: str) -> tuple[str, ...]:
    """Return the folded spellings of ``text``: the plain one, then the one with digraphs."""
    plain = fold(text)
    if text.isascii():
        return (plain,)
    composed = unicodedata.normalize("NFC", text)
    # Of a long note, translating would look each letter up.
    written = _WITH_DIGRAPH.sub(_digraph, composed)
    if written == text:
        return (plain,)
    spelled = fold(written)
    return (plain,) if spelled == plain else (plain, spelled)


def _digraph(found: re.Match[str]) -> str:
    return _DIGRAPHS[found[0]]


def lines_of(text: str) -> list[str]:
    """Return the lines of ``text`` that have something in them."""
    return [line for line in map(str.strip, text.splitlines()) if line]


def one_line(text: str) -> str:
    """Return ``text`` as a telephone can show it: a street may have several lines."""
    return text if text.isprintable() else ", ".join(lines_of(text))


def fold_part(text: str) -> str:
    """Fold a part of a value; unlike ``fold``, a blank at either end stays, as it must match."""
    if text.isascii() and (text.isalnum() or not text):
        return text.lower()
    return fold(f"x{text}x")[1:-1]


def part_forms(text: str) -> tuple[str, str]:
    """Return the plain and the digraph spelling of a part of a value, which may be equal."""
    if not text:
        return "", ""
    plain = fold_part(text)
    if text.isascii():
        return plain, plain
    return plain, fold_part(_WITH_DIGRAPH.sub(_digraph, unicodedata.normalize("NFC", text)))
