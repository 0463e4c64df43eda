"""How else a name is asked for: by any of its words, in Latin letters, on a telephone's keys.

The only place that imports anyascii.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import product

from anyascii import anyascii

from dirserver.model.fold import fold, forms

# No name has more words, or more ideographs, that anybody looks for it by.
_MOST_BEGINNINGS = 64
# Each of these words may be spelled in two ways, whatever the others are.
_MOST_MIXED = 3
# No display shows so much, and nobody presses so many keys.
_MOST_KEYS = 32

# Ideographs, kana and syllables of Hangul: a word may begin with each, as nothing stands between.
_IDEOGRAPHS = (
    "\u3005-\u3007\u3041-\u30ff\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
_BETWEEN_WORDS = re.escape(" -'\"()[]{}<>/|\\.,:;!?&+*=~#_@„“”‚«»‹›—·•¡¿")
_BEGINNING = re.compile(
    f"(?<=[{_BETWEEN_WORDS}])[^{_BETWEEN_WORDS}]|(?<!^)[{_IDEOGRAPHS}]",
)

_GREEK_OR_CYRILLIC = re.compile("[\u0370-\u03ff\u0400-\u052f\u1f00-\u1fff]")
# Two letters for one sound, which letter by letter would be "oy".
_GREEK_U = re.compile("(?i)ο[υύ]")

_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_NO_KEY = re.compile("[^0-9]")


def is_ideographic(part: str) -> bool:
    """Say whether ``part`` begins with what ``beginnings`` takes for the beginning of a word."""
    return _IDEOGRAPH.match(part) is not None


def beginnings(folded: str) -> tuple[str, ...]:
    """Return what follows the beginnings of the words in a folded value, but for the first.

    Every ideograph counts as one. Of the first 64 words only.
    """
    # Most values that are not a full name are one word.
    found: list[str] = []
    for match in _BEGINNING.finditer(folded):
        found.append(folded[match.start() :])
        if len(found) == _MOST_BEGINNINGS:
            break
    return tuple(found)


# The same name is in several fields of a card, and in a book there are many Annas.
@lru_cache(maxsize=1024)
def name_forms(text: str) -> tuple[str, ...]:
    """Return the folded spellings of a name: those of any text, and that in Latin letters.

    Where several words have a letter that is spelled with one or with two, each counts by itself:
    Jürgen Müller is also Juergen Muller.
    """
    found = forms(text)
    if len(found) > 1:
        return _mixed(text) or found
    if text.isascii() or not _GREEK_OR_CYRILLIC.search(text):
        return found
    return tuple(dict.fromkeys([*found, fold(_latin(text))]))


def _mixed(text: str) -> tuple[str, ...]:
    """Return every combination of the spellings of the words, if that is a few more than two."""
    words = [forms(word) for word in text.split()]
    if not 1 < sum(len(one) > 1 for one in words) <= _MOST_MIXED:
        return ()
    return tuple(map(" ".join, product(*words)))


def _latin(text: str) -> str:
    # Cyrillic has signs for hard and soft letters, which come out as quotation marks.
    return anyascii(_GREEK_U.sub("ou", text)).replace("'", "").replace('"', "")


def keyed(spellings: Iterable[str]) -> frozenset[str]:
    """Return the digits for the folded ``spellings`` of a name, from each of their words on.

    Blanks and punctuation are not dialled. Empty for a name in letters that are on no key.
    """
    parts = [part for one in spellings for part in (one, *beginnings(one))]
    return frozenset(_NO_KEY.sub("", one.translate(_KEYS))[:_MOST_KEYS] for one in parts) - {""}


def keys_asked(text: str) -> str:
    """Return the digits that were dialled, or nothing where ``text`` is no such thing."""
    digits = "".join(text.split())
    return digits if digits.isascii() and digits.isdecimal() else ""
