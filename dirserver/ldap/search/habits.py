"""What clients ask all day long: the same of the same books, with ever other words.

A telephone asks anew with every key that is pressed. Whatever of that does not depend on what was
typed is found out once, and then the answer, which is short, is made in one go. All else is for
``searching``, which finds the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from dirserver.directory.finding import Finder
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.codec.messages import Scope, SearchRequest
from dirserver.ldap.dit.containers import Container
from dirserver.ldap.dit.tree import Target, Tree
from dirserver.ldap.entry.asked import may_ask_for_numbers
from dirserver.ldap.entry.looks import Looks, compares, looks
from dirserver.ldap.entry.presenting import Presenter
from dirserver.ldap.schema.attributes import OBJECT_CLASS, lookup
from dirserver.ldap.schema.syntaxes import DISTINGUISHED_NAME
from dirserver.ldap.search.answers import KeptAnswers, Short
from dirserver.ldap.search.filters import compile as compile_filter
from dirserver.ldap.search.limits import MOST_OCTETS, most_entries
from dirserver.ldap.search.matching import known, matches_container
from dirserver.ldap.settings import ClientProfile, LDAPSettings
from dirserver.model.grant import Privilege
from dirserver.model.hits import Hits
from dirserver.model.identical import Followed
from dirserver.model.policy import VisibleBook

# More than this no telephone shows, and no mail program while somebody types.
_FEW = 200
# Clients of a few kinds come from one network.
_MOST_KEPT = 32

# So much a habit takes by itself, and for each book: a look of its own.
_BESIDE_HABIT, _BESIDE_BOOK = 2000, 500

# All of a search that words do not change.
Frame: TypeAlias = tuple[str, Scope, int, bool, tuple[str, ...], tuple[str, ...] | None]


def frame_of(request: SearchRequest) -> Frame:
    """Return all of ``request`` but its words."""
    return (
        request.base,
        request.scope,
        request.size_limit,
        request.types_only,
        request.attributes,
        request.about,
    )


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Habit:
    """A search whose words are still to come. It is for ``most`` cards.

    Beyond these ``may_be_more`` that would have to be sent. ``beside`` are entries that are no
    cards, but may be found as well.
    """

    most: int
    may_be_more: bool
    beside: tuple[Container, ...]
    looks: Looks
    finder: Finder

    def answer(
        self, said: bytes, message_id: int, request: SearchRequest, tree: Tree
    ) -> Short | None:
        """Return what ``request`` finds, or None where that is not a few cards.

        It is what is ``said``, a message but for its id. The tree is as it was seen when this
        became a habit. Raises NotAtOnce, TimeIsUp.
        """
        found = self._found(message_id, request, tree)
        if found is not None:
            _answers.put(tree.reading.moment, (self, said), found)
        return found

    def answer_again(self, said: bytes, moment: object | None) -> Short | None:
        """Return what was answered at this ``moment`` to the same, or None where nothing was."""
        return _answers.get(moment, (self, said))

    def _found(self, message_id: int, request: SearchRequest, tree: Tree) -> Short | None:
        asked = request.filter
        if self.beside and any(matches_container(asked, one.attributes) for one in self.beside):
            return None
        found = tree.reading.found(self.finder, compile_filter(asked))
        rows = [row for some in found for row in some.rows]
        if not rows:
            return _NOTHING
        is_all = len(rows) <= self.most
        hits = Hits(rows).first(self.most)
        if (self.may_be_more and not is_all) or not hits.are_one_piece(_FEW, MOST_OCTETS):
            return None
        presenter = Presenter(request, message_id, self.looks, tree)
        code = ResultCode.SUCCESS if is_all else ResultCode.SIZE_LIMIT_EXCEEDED
        return Short(presenter.entries(hits), code)


def _size_of(habit: Habit) -> int:
    """Return about how much memory a habit takes, which is kept as long as its answers are."""
    return _BESIDE_BOOK * len(habit.looks.of) + _BESIDE_HABIT


_NOTHING = Short((), ResultCode.SUCCESS)
_answers = KeptAnswers(8 * 1024 * 1024, _size_of)


def habit_of(
    request: SearchRequest,
    tree: Tree,
    target: Target,
    settings: LDAPSettings,
    profile: ClientProfile,
) -> Habit | None:
    """Return the habit that ``request`` to ``target`` is, or None where it is none."""
    key = frame_of(request), profile
    kept = _kept(target.views)
    known = kept.get(key)
    # Who sees these books may see other ones as well, whose entries are beside the cards, or in
    # which members of groups are.
    if known is not None and known[0] == target.containers and known[1] is tree.views:
        return known[2]
    found = _made(request, tree, target, settings, profile)
    if known is None and len(kept) >= _MOST_KEPT:
        del kept[next(iter(kept))]
    kept[key] = target.containers, tree.views, found
    return found


def _made(
    request: SearchRequest,
    tree: Tree,
    target: Target,
    settings: LDAPSettings,
    profile: ClientProfile,
) -> Habit | None:
    views, about = target.views, request.about
    if not views or target.key or about is None or not all(map(_is_said_by_cards, about)):
        return None
    if compares(request, profile) and may_ask_for_numbers(about):
        # What is shown depends on the words.
        return None
    limit = most_entries(request, profile)
    looked_up = [view.access < Privilege.READ for view in views]
    if any(looked_up):
        if not all(looked_up):
            # Of some books, not all that is found may be sent.
            return None
        limit = settings.max_hits if limit is None else min(limit, settings.max_hits)
    most = _FEW if limit is None else min(limit, _FEW)
    names = known(about)
    beside = tuple(one for one in target.containers if not names.isdisjoint(one.attributes))
    shown = looks(views, request, settings, profile, few=True)
    # Nobody goes on behind what is sent.
    details = replace(shown.details, placed=False)
    finder = tree.reading.finder(views, most, 1, details=details)
    return Habit(most, most != limit, beside, shown, finder)


def _is_said_by_cards(name: str) -> bool:
    """Say whether a test of an attribute is of what cards say, and not of where they are."""
    one = lookup(name)
    if one is None or one.only_named or one is OBJECT_CLASS:
        return True
    return bool(one.fields) and one.syntax is not DISTINGUISHED_NAME


# To other readers, or by another policy, the books are other ones.
_Key: TypeAlias = tuple[Frame, ClientProfile]
_Kept: TypeAlias = dict[_Key, tuple[tuple[Container, ...], tuple[VisibleBook, ...], Habit | None]]
_kept = Followed[tuple[VisibleBook, ...], _Kept](lambda _views: {})
