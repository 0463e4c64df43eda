"""The compare operation (RFC 4511 section 4.10): is this value among those of the attribute?"""

from __future__ import annotations

from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.codec.messages import CompareRequest, EqualityMatch, PresentFilter
from dirserver.ldap.dit.containers import Container
from dirserver.ldap.dit.tree import Target, Tree
from dirserver.ldap.schema.attributes import lookup
from dirserver.ldap.search.filters import compile_assertion
from dirserver.ldap.search.matching import compared
from dirserver.model.query import UNDEFINED, And, KeyIs, Query


def compare_container(request: CompareRequest, container: Container) -> ResultCode:
    """Compare with an entry that is no card."""
    equal, present = _assertion(request)
    found = compared(equal, container.attributes)
    return _answer(
        request,
        is_equal=found is True,
        is_present=bool(compared(present, container.attributes)),
        is_defined=found is not None,
    )


def compare_card(request: CompareRequest, tree: Tree, target: Target) -> ResultCode:
    """Compare with the card ``target``, which need not exist.

    A property that is hidden from the principal is one that the card does not have.
    """

    def has(query: Query) -> bool:
        of_card = And((KeyIs(target.key), query))
        return next(tree.reading.search(of_card, target.views, 1), None) is not None

    equal, present = _assertion(request)
    asked = compile_assertion(equal, tree.naming(target.views))
    is_equal = has(asked)
    if not is_equal and not tree.has_card(target.views, target.key):
        return ResultCode.NO_SUCH_OBJECT
    return _answer(
        request,
        is_equal=is_equal,
        is_present=is_equal or has(compile_assertion(present)),
        is_defined=asked != UNDEFINED,
    )


def _assertion(request: CompareRequest) -> tuple[EqualityMatch, PresentFilter]:
    return EqualityMatch(request.attribute, request.value), PresentFilter(request.attribute)


def _answer(
    request: CompareRequest, *, is_equal: bool, is_present: bool, is_defined: bool
) -> ResultCode:
    if lookup(request.attribute) is None:
        return ResultCode.UNDEFINED_ATTRIBUTE_TYPE
    if is_equal:
        return ResultCode.COMPARE_TRUE
    if not is_present:
        return ResultCode.NO_SUCH_ATTRIBUTE
    return ResultCode.COMPARE_FALSE if is_defined else ResultCode.INAPPROPRIATE_MATCHING
