"""Numbers that sort cards as their names do, as far as a number can.

What has such a number for its key is walked through by name, and a walk ends with the last card
that is wanted, however many there are.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, ScalarSelect, func, select

# SQLite's numbers have these beside their sign.
_BITS = 63
# Of a card's, the last are for itself: so many may have names that begin with the same eleven
# letters. More of them share what is left with all whose names begin with the same eight.
_OF_CARD, _OF_CROWD = 8, 19
CROWD = 1 << _OF_CROWD
ALIKE, ALIKE_IN_CROWD = (1 << _OF_CARD) - 1, (1 << _OF_CROWD + 1) - 1

# A character is told from those before and behind it by its first five bits. Names are folded, so
# that nearly all are letters and blanks, and these have no more.
_SHORT = 5
_BLANK, _SIGN, _LETTERS, _ALPHABETIC, _IDEOGRAPHIC, _ANY = 1, 2, 3, 29, 30, 31
_SIGN_BITS, _ALPHABETIC_BITS, _IDEOGRAPHIC_BITS, _ANY_BITS = 7, 11, 16, 21
# Behind a letter of another alphabet, so many bits tell whether there is one more of the same, and
# these which: it has so many of them side by side.
_SAME, _SAME_BITS = 2, 7


def place_of(sort_name: str, bits: int = _BITS) -> int:
    """Return a number that is not less than that of any name before this one."""
    place, left = 0, bits
    before = 0
    for character in map(ord, sort_name):
        code, length = _ASCII[character] if character < len(_ASCII) else _code(character)
        if not code:
            break
        alphabet = before >> _SAME_BITS
        if 0 < alphabet < 1 << (_ALPHABETIC_BITS - _SAME_BITS):
            code, length = _behind(alphabet, character, code, length)
        before = character
        if length > left:
            return (place << left) | (code >> (length - left))
        place = (place << length) | code
        left -= length
    return place << left


def group_of(sort_name: str) -> int:
    """Return the least of the places that are for cards of this name.

    They are less than those of any card whose name sorts behind it, but for those that are
    ``ALIKE``: these have nearly the same name, and among them the places say nothing. Where some
    are ``crowded`` out of their places, it is so for those that are ``ALIKE_IN_CROWD``.
    """
    return group_at(place_of(sort_name))


def group_at(place: int) -> int:
    """Return the same for all whose name has this number."""
    name = place >> (_OF_CARD + 1)
    begin, rest = name >> (_OF_CROWD - _OF_CARD), name & (CROWD - 1 >> _OF_CARD)
    return (begin << (_OF_CROWD + 1)) | (rest << _OF_CARD)


def ranges_of(group: int) -> tuple[tuple[int, int], ...]:
    """Return the first and the last of the places of a group, and then those of its crowd."""
    last = group | ALIKE_IN_CROWD
    return (group, group | ALIKE), (last - CROWD + 1, last)


def last_of(places: ColumnElement[int], number: int) -> ScalarSelect[int]:
    """Return the last of ``number`` places of a walk, or none where the walk has found fewer."""
    seen = select(func.max(places).label("last"), func.count().label("number")).subquery()
    return select(seen.c.last).where(seen.c.number == number).scalar_subquery()


def _code(character: int) -> tuple[int, int]:
    """Return the bits that stand for a character, and how many these are.

    Those before the blank, which are in no name, have none: the places end there.
    """
    if character >= ord("a"):
        if character <= ord("z"):
            return _LETTERS + character - ord("a"), _SHORT
        if character < 1 << _ALPHABETIC_BITS:
            return (_ALPHABETIC << _ALPHABETIC_BITS) | character, _SHORT + _ALPHABETIC_BITS
        if character < 1 << _IDEOGRAPHIC_BITS:
            return (_IDEOGRAPHIC << _IDEOGRAPHIC_BITS) | character, _SHORT + _IDEOGRAPHIC_BITS
        return (_ANY << _ANY_BITS) | character, _SHORT + _ANY_BITS
    if character > ord(" "):
        return (_SIGN << _SIGN_BITS) | character, _SHORT + _SIGN_BITS
    return (_BLANK if character == ord(" ") else 0), _SHORT


_ASCII = tuple(map(_code, range(128)))


def _behind(alphabet: int, character: int, code: int, length: int) -> tuple[int, int]:
    """Return the same behind a letter of ``alphabet``, where others have these bits."""
    same = character >> _SAME_BITS
    if same == alphabet:
        return (1 << _SAME_BITS) | (character & ((1 << _SAME_BITS) - 1)), _SAME + _SAME_BITS
    return (code if same < alphabet else (2 << length) | code), _SAME + length
