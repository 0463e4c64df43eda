"""From the text of a query to what it means.

    query  = all *("or" all)
    all    = one *("and" one)
    one    = "not" one / "(" query ")" / "has" field / field test
    test   = "=" value / "!=" value / ["not"] "in" "(" value *("," value) ")"
           / "contains" value / "starts" "with" value

A value stands between quotes. Names are read in upper and lower case. A book is compared by its
name in the config file, with ``=``, ``!=`` and ``in`` only, and so is the kind of a card.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import NoReturn

from dirserver.model.number_reading import digits_of
from dirserver.model.smart import vocabulary
from dirserver.model.smart.condition import (
    BookName,
    Condition,
    Contrary,
    Every,
    InBooks,
    Says,
    SmartQuery,
    Some,
)
from dirserver.model.smart.misspelt import Misspelt
from dirserver.model.smart.words import Kind, Word, words

LONGEST = 4000
# A database joins no more than some hundreds of looks into an index in one statement.
MOST_VALUES = 100
DEEPEST = 20

_CHOICES = (vocabulary.BOOK, *vocabulary.FIELDS, vocabulary.KIND)
_COMPARED = 'one of "=", "!=", "in" and "not in"'
_TESTED = 'one of "=", "!=", "in", "not in", "contains" and "starts with"'


@lru_cache(maxsize=256)
def parse(text: str) -> SmartQuery:
    """Return what ``text`` asks. Raises Misspelt, which says where it is wrong."""
    if len(text) > LONGEST:
        raise Misspelt(LONGEST, f"at most {LONGEST} characters", f"{len(text)}")
    found = tuple(words(text))
    condition = _Parser(found).whole()
    return SmartQuery(text, " ".join(word.spelled for word in found[:-1]), condition)


class _Parser:
    """Reads word by word."""

    def __init__(self, found: tuple[Word, ...]) -> None:
        self._words = found
        self._next = 0
        self._depth = 0
        self._values = 0

    def whole(self) -> Condition:
        condition = self._query()
        if self._word.kind is not Kind.END:
            raise self._unexpected('"and", "or" or the end of the query')
        return condition

    # The grammar.

    def _query(self) -> Condition:
        return _joined(
            self._parts("or", lambda: _joined(self._parts("and", self._one), Every)), Some
        )

    def _parts(self, between: str, read: Callable[[], Condition]) -> list[Condition]:
        parts = [read()]
        while self._takes(between):
            parts.append(read())
        return parts

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Misspelt(self._word.at, f"at most {DEEPEST} levels", "one more")
        condition = self._at_this_depth()
        self._depth -= 1
        return condition

    def _at_this_depth(self) -> Condition:
        if self._takes("not"):
            return Contrary(self._one())
        if self._takes("("):
            condition = self._query()
            if not self._takes(")"):
                raise self._unexpected('"and", "or" or ")"')
            return condition
        if self._takes("has"):
            return self._presence()
        word = self._word
        if word.kind is not Kind.NAME:
            raise self._unexpected('a field, "has", "not" or "("')
        if word.name not in _CHOICES:
            raise self._unknown(word, _CHOICES)
        self._next += 1
        return self._of_books() if word.name == vocabulary.BOOK else self._of_field(word.name)

    def _presence(self) -> Condition:
        word = self._word
        if word.kind is not Kind.NAME:
            raise self._unexpected("a field, of which a card has something")
        if word.name not in vocabulary.FIELDS:
            raise self._unknown(word, vocabulary.FIELDS)
        self._next += 1
        return Says(vocabulary.present(word.name))

    def _of_books(self) -> Condition:
        negated, values = self._comparison() or self._no_test(_COMPARED)
        named = InBooks(tuple(BookName(value.text, value.at) for value in values))
        return Contrary(named) if negated else named

    def _of_field(self, field: str) -> Condition:
        compared = self._comparison()
        if compared is not None:
            negated, values = compared
            for value in values:
                _check(field, value)
            says = Says(vocabulary.any_equal(field, [value.text for value in values]))
            return Contrary(says) if negated else says
        if field == vocabulary.KIND:
            self._no_test(_COMPARED)
        if self._takes("contains"):
            query = vocabulary.containing
        elif self._takes("starts"):
            if not self._takes("with"):
                raise self._unexpected('"with" after "starts"')
            query = vocabulary.beginning
        else:
            self._no_test(_TESTED)
        value = self._value()
        _check(field, value)
        return Says(query(field, value.text))

    def _comparison(self) -> tuple[bool, list[Word]] | None:
        """Read whether it is negated, and with what something is compared; None if it is not."""
        if self._takes("="):
            return False, [self._value()]
        if self._takes("!="):
            return True, [self._value()]
        if self._takes("not"):
            if not self._takes("in"):
                raise self._unexpected('"in" after "not"')
            return True, self._list()
        return (False, self._list()) if self._takes("in") else None

    def _list(self) -> list[Word]:
        if not self._takes("("):
            raise self._unexpected('"(" and a list of values')
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        if not self._takes(")"):
            raise self._unexpected('"," or ")"')
        return values

    def _value(self) -> Word:
        word = self._word
        if word.kind is not Kind.VALUE:
            raise self._unexpected('a value between quotes, such as "VIP"')
        if not word.text.strip():
            raise Misspelt(word.at, "some text between the quotes", "none")
        self._values += 1
        if self._values > MOST_VALUES:
            raise Misspelt(word.at, f"at most {MOST_VALUES} values", "one more")
        self._next += 1
        return word

    # What they are made with.

    @property
    def _word(self) -> Word:
        return self._words[self._next]

    def _takes(self, text: str) -> bool:
        """Go past the next word if it is this one."""
        is_it = self._word.name == text
        self._next += is_it
        return is_it

    def _unexpected(self, expected: str) -> Misspelt:
        return Misspelt(self._word.at, expected, self._word.shown)

    def _unknown(self, word: Word, choices: Collection[str]) -> Misspelt:
        return Misspelt(word.at, "a field", word.shown, word.name, choices)

    def _no_test(self, expected: str) -> NoReturn:
        raise self._unexpected(expected)


def _joined(parts: list[Condition], join: type[Every | Some]) -> Condition:
    return parts[0] if len(parts) == 1 else join(tuple(parts))


def _check(field: str, value: Word) -> None:
    """Refuse a value that no card can have."""
    if field == vocabulary.KIND and value.text not in vocabulary.KINDS:
        kinds = " or ".join(f'"{kind}"' for kind in vocabulary.KINDS)
        raise Misspelt(value.at, kinds, value.shown, value.text, vocabulary.KINDS)
    if field == vocabulary.TEL and not digits_of(value.text):
        raise Misspelt(value.at, "a telephone number", value.shown)
