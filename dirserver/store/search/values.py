"""Tests of what cards say, as probes of the search index.

``card_value`` has what a card says, folded, and numbers as digits; ``card_beginning`` has what
follows the beginnings of the words of names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from dirserver.model.fields import NAMES, PHONES, Field
from dirserver.model.fold import fold_part, forms, one_line, part_forms
from dirserver.model.number import DialPlan, asked_forms, asked_prefixes, indexed_forms
from dirserver.model.number_reading import digits_of
from dirserver.model.query import Anywhere, AtLeast, AtMost, Below, Equals, Keyed, Substring
from dirserver.model.spelling import is_ideographic, name_forms
from dirserver.store.index import trigram
from dirserver.store.index.beginnings import KEYPAD, head_of
from dirserver.store.index.pieces import LEAST, LONGEST, beginning_of, pieces_of
from dirserver.store.search.kinds import Kind, asked_of, by_kind, looked_up_in
from dirserver.store.search.probes import (
    Comparison,
    Op,
    Probe,
    Source,
)
from dirserver.store.storable import is_storable

# Folding makes of a character, or of two, more than the trigram index needs.
_LONGEST_SHORT = 2 * trigram.SHORTEST

# These are shown as lines, or are so long that nobody asks for all of one.
_OF_LINES = frozenset({Field.WORK_ADDRESS, Field.HOME_ADDRESS, Field.NOTE})
_BOUNDS = {AtLeast: Op.AT_LEAST, AtMost: Op.AT_MOST, Below: Op.BELOW}
_FROM_DIGITS = Comparison(Op.AT_LEAST, ("0",))
_FROM_BEGINNING = Comparison(Op.AT_LEAST, (LEAST,))


# Of one field.
_Single: TypeAlias = Equals | Substring | AtLeast | AtMost | Below | Keyed
Test: TypeAlias = _Single | Anywhere


def indexed_values(field: Field, value: str, plan: DialPlan) -> tuple[str, ...]:
    """Return what the index holds for one value of ``field``."""
    if field is Field.ANY_PHONE:
        return ()
    if field in PHONES:
        # What is no number is there all the same, and nothing that is asked for.
        return tuple(sorted(indexed_forms(value, plan))) or ("",)
    spellings = name_forms(value) if field in NAMES else forms(value)
    if "\n" in value and field not in _OF_LINES:
        # Whoever is shown it in one line may ask for just that.
        spellings = tuple(dict.fromkeys((*spellings, *forms(one_line(value)))))
    # All that most values are.
    if len(spellings) == 1 and 0 < len(spellings[0]) <= LONGEST:
        return spellings
    if field in NAMES:
        # They are looked for by their words.
        return tuple(beginning_of(form) for form in spellings if form)
    return tuple(piece for form in spellings if form for piece in pieces_of(form))


def probes(tests: Sequence[Test], plan: DialPlan) -> list[Probe]:
    """Return what finds the cards of which any of ``tests`` is true.

    What is asked of several fields in the same words is asked once.
    """
    alone, others = apart(tests)
    return [
        probe
        for some in (*([one] for one in alone), others)
        if some
        for probe in _of_tests(some, plan)
    ]


def apart(tests: Sequence[Test]) -> tuple[Sequence[Test], Sequence[Test]]:
    """Return the tests that have nothing in common with others, and those that may have.

    Who asks for a part of several fields has put them together already.
    """
    if len(tests) == 1:
        return tests, ()
    alone = [one for one in tests if isinstance(one, Anywhere | Keyed)]
    return alone, [one for one in tests if not isinstance(one, Anywhere | Keyed)]


def _of_tests(tests: Sequence[Test], plan: DialPlan) -> list[Probe]:
    found: dict[object, tuple[Kind, _Single, tuple[Field, ...]]] = {}
    for one in tests:
        fields, test = (one.fields, one.test) if isinstance(one, Anywhere) else ((one.field,), one)
        # Nearly always there is one, and so none with the same words.
        words = _words(test) if len(tests) > 1 else None
        is_of_words = isinstance(test, Substring) and may_begin_word(test)
        for kind, some in by_kind(fields, is_of_words):
            _, _, before = found.get((kind, words), (kind, test, ()))
            found[kind, words] = kind, test, before + some
    return _joined(
        [
            one
            for kind, test, asked_of in found.values()
            for one in (
                _of_numbers(test, asked_of, plan)
                if kind is Kind.NUMBER
                else _of_texts(test, asked_of, kind)
            )
        ]
    )


def _joined(found: list[Probe]) -> list[Probe]:
    """Join those that look for the same part in several fields: the trigrams are looked up once."""
    if len(found) < 2:
        return found
    joined: dict[object, Probe] = {}
    for one in found:
        like = (one.comparisons, looked_up_in(one.fields[0])) if one.is_of_part else one
        if like in joined:
            one = Probe(one.source, joined[like].fields + one.fields, one.comparisons)
        joined[like] = one
    return list(joined.values())


def _words(test: _Single) -> object:
    """Return what is asked, whatever it is asked of."""
    match test:
        case Substring():
            return test.initial, test.any, test.final, test.at_word
        case Keyed():
            return Keyed, test.digits
        case _:
            return type(test), test.value


def _in_values(fields: tuple[Field, ...], *comparisons: Comparison) -> list[Probe]:
    """Return the probes for some fields: those that are kept in order are asked by themselves."""
    asked = asked_of(fields, tuple([one.op for one in comparisons]))
    return [Probe(Source.VALUES, some, comparisons) for some in asked]


def _in_beginnings(names: Iterable[str], parts: Substring) -> Probe:
    head = Comparison(Op.HEAD, (head_of(parts.initial),))
    return Probe(Source.BEGINNINGS, tuple(map(str, names)), (head, *_begins(parts)))


def _of_numbers(test: _Single, fields: tuple[Field, ...], plan: DialPlan) -> list[Probe]:
    wanted: Sequence[tuple[Comparison, ...]]
    match test:
        case Equals(_, asked):
            wanted = [(one,) for one in _any_of(asked_forms(asked, plan))]
        case AtLeast(_, asked) | AtMost(_, asked) | Below(_, asked):
            # Without a digit it is no number, and no number is before or after it.
            bound = digits_of(asked)
            wanted = [(_FROM_DIGITS, _bound(test, bound))] if bound else []
        case Substring():
            wanted = [_substring(one) for one in _number_parts(test, plan)]
        case Keyed():
            wanted = []
    return [one for comparisons in wanted for one in _in_values(fields, *comparisons)]


def _of_texts(test: _Single, fields: tuple[Field, ...], kind: Kind) -> list[Probe]:
    match test:
        case Equals(_, asked):
            return [probe for one in _any_of(forms(asked)) for probe in _in_values(fields, one)]
        case AtLeast(_, asked) | AtMost(_, asked) | Below(_, asked):
            bound = forms(asked)[0]
            if not is_storable(bound):
                return []
            # In this order: the other way round, the two would be a beginning to be looked up.
            return _in_values(fields, _bound(test, bound), *_from_beginning(test))
        case Keyed(digits):
            return [_in_beginnings([KEYPAD], Substring(Field.FULL_NAME, digits))]
        case Substring():
            found = []
            for parts in filter(_can_be, _text_parts(test)):
                if kind is Kind.WORDS and _is_short(parts):
                    parts = replace(parts, initial=parts.any[0], any=(), at_word=True)
                if kind is Kind.WORDS and parts.at_word and parts.initial:
                    found.append(_in_beginnings(fields, parts))
                else:
                    found += _in_values(fields, *_substring(parts))
            return found


def _from_beginning(test: AtLeast | AtMost | Below) -> tuple[Comparison, ...]:
    """Return what keeps a test from what a long text goes on with, which is less than any text."""
    return () if isinstance(test, AtLeast) else (_FROM_BEGINNING,)


def _any_of(wanted: Sequence[str]) -> list[Comparison]:
    values = [beginning_of(form) for form in wanted if form and is_storable(form)]
    return [Comparison(Op.ONE_OF, tuple(values))] if values else []


def _bound(test: AtLeast | AtMost | Below, bound: str) -> Comparison:
    return Comparison(_BOUNDS[type(test)], (bound,))


def _text_parts(test: Substring) -> list[Substring]:
    """Return the spellings of ``test`` to look for: the plain one, and that with digraphs."""
    said = (test.initial.lstrip(), *test.any, test.final.rstrip())
    if all(map(str.isascii, said)):
        initial, *middle, final = map(fold_part, said)
        return [Substring(test.field, initial, tuple(middle), final, test.at_word)]
    spellings = dict.fromkeys(zip(*map(part_forms, said), strict=True))
    return [
        Substring(test.field, initial, tuple(middle), final, test.at_word)
        for initial, *middle, final in spellings
    ]


def _number_parts(test: Substring, plan: DialPlan) -> list[Substring]:
    """Return ``test`` in digits, once for each way in which its first part may be dialled.

    A part without a digit says nothing about a number; without any digit it matches none.
    """
    final = digits_of(test.final)
    middle = tuple(part for part in test.any if digits_of(part))
    # A phone that looks for a number anywhere still sends all of it, with what it dials before.
    first = next((part for part in (test.initial, *middle, test.final) if digits_of(part)), "")
    if not first:
        return []
    ways = asked_prefixes(first, plan)
    rest = tuple(map(digits_of, middle))
    if digits_of(test.initial):
        found = [replace(test, initial=way, any=rest, final=final) for way in ways]
    elif middle:
        found = [
            replace(test, initial="", any=(way, *rest[1:]), final=final)
            for way in dialled(first, plan)
        ]
    else:
        found = [replace(test, initial="", any=(), final=way) for way in ways]
    return list(filter(_can_be, found))


def dialled(part: str, plan: DialPlan) -> tuple[str, ...]:
    """Return the digits for a part of a number, once for each way in which it may be dialled."""
    ways = asked_prefixes(part, plan)
    if len(ways) < 2:
        return ways
    # What contains the longer contains the shorter.
    return tuple([way for way in ways if not any(one in way and one != way for one in ways)])


def _can_be(parts: Substring) -> bool:
    return can_be_kept("".join((parts.initial, *parts.any, parts.final)))


def can_be_kept(text: str) -> bool:
    """Say whether there may be such a value; SQLite would take a long one for an error."""
    return len(text) <= LONGEST and is_storable(text)


def _is_short(parts: Substring) -> bool:
    """Say whether this is one part, too short for the trigram index, that may begin a word."""
    return (
        not parts.initial
        and not parts.final
        and len(parts.any) == 1
        and len(parts.any[0]) < trigram.SHORTEST
        and is_ideographic(parts.any[0])
    )


def may_begin_word(test: Substring) -> bool:
    """Say whether a name is looked at in another way than any text is."""
    return test.at_word or (len(test.any) == 1 and len(test.any[0]) <= _LONGEST_SHORT)


def _substring(parts: Substring) -> tuple[Comparison, ...]:
    if _is_short(parts):
        # There are many ideographs, and so few cards with any one of them.
        return (Comparison(Op.CONTAINS_SHORT, parts.any),)
    inner = [part for part in (*parts.any, parts.final) if part]
    longest = max(inner, key=len, default="")
    if len(longest) < trigram.SHORTEST:
        return _begins(parts)
    found = Comparison(Op.CONTAINS, (longest,))
    alone = len(inner) == 1 and not parts.final and not parts.initial
    return (found,) if alone else (*_begins(parts), found)


def _begins(parts: Substring) -> tuple[Comparison, ...]:
    comparisons: list[Comparison] = []
    if parts.initial:
        comparisons.append(Comparison(Op.AT_LEAST, (parts.initial,)))
        comparisons.append(Comparison(Op.BELOW, (parts.initial + trigram.LAST,)))
    if any(parts.any) or parts.final or not parts.initial:
        comparisons.append(Comparison(Op.LIKE, (_pattern(parts),)))
    return tuple(comparisons)


def _pattern(parts: Substring) -> str:
    middle = "".join(f"{_escaped(part)}%" for part in parts.any if part)
    return f"{_escaped(parts.initial)}%{middle}{_escaped(parts.final)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
