"""Searches that are answered in one go, as telephones and mail programs ask all day long.

Who asks the same again, with nothing written in between, is answered without a look at the
database: it is known which habit it is when they ask that way, and what was found.
"""

from __future__ import annotations

from typing import TypeAlias
from weakref import WeakValueDictionary

from dirserver.directory import DirectoryReader
from dirserver.ldap.codec.ber import without_id
from dirserver.ldap.codec.messages import Message, SearchRequest
from dirserver.ldap.dit.dn import Location
from dirserver.ldap.dit.tree import Tree
from dirserver.ldap.search.answers import Short
from dirserver.ldap.search.habits import Frame, Habit, frame_of, habit_of
from dirserver.ldap.settings import LDAPSettings
from dirserver.model.principal import Client, Principal

# So many telephones may ask in a way or two before others of them are looked at again.
_MOST_REGULARS = 1000
# None sends more. What of it is no words, is kept for each.
_LONGEST = 512

_Asked: TypeAlias = tuple[Principal, str, Frame]
# Which habit it is, and the tree as it was seen.
_Known: TypeAlias = tuple[Habit, Tree]


class _Regulars:
    """Who asks in which way, and what is known of it: at one moment, by one config. For one thread.

    It depends on who asks, from where, the config, and what is in the database; on nothing else.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._moment: object | None = None
        self._settings: LDAPSettings | None = None
        # A habit is kept with its answers, or by those who have it, and for nobody else.
        self._habits = WeakValueDictionary[_Asked, Habit]()
        self._trees: dict[_Asked, Tree] = {}

    def known(self, settings: LDAPSettings, asked: _Asked) -> _Known | None:
        """Return what has been learnt, at whatever moment that was."""
        if settings is not self._settings:
            return None
        habit = self._habits.get(asked)
        return None if habit is None else (habit, self._trees[asked])

    def learn(
        self, moment: object | None, settings: LDAPSettings, asked: _Asked, known: _Known
    ) -> None:
        """Remember what is known, unless it is not known which moment it is of."""
        if moment is None:
            return
        if moment is not self._moment or settings is not self._settings:
            self._habits.clear()
            self._trees.clear()
            self._moment, self._settings = moment, settings
        elif len(self._trees) >= _MOST_REGULARS and asked not in self._trees:
            first = next(iter(self._trees))
            del self._trees[first]
            self._habits.pop(first, None)
        self._habits[asked], self._trees[asked] = known


_regulars = _Regulars()


def short_answer(
    directory: DirectoryReader,
    settings: LDAPSettings,
    principal: Principal,
    client: Client,
    location: Location,
    message: Message,
    request: SearchRequest,
) -> Short | None:
    """Return what ``request``, which is in ``message``, finds at ``location``.

    None where that is more than a few cards, or no habit. Raises NotAtOnce where there would be
    something to wait for, and AccessDenied.
    """
    asked = principal, client.address, frame_of(request)
    said = without_id(message.octets)
    known = _regulars.known(settings, asked)
    if known is not None:
        habit, tree = known
        moment = tree.reading.moment
        answer = habit.answer_again(said, moment)
        if answer is not None and directory.moment_for(principal, client) is moment:
            return answer
        with directory.in_turn():
            if directory.moment_for(principal, client) is moment:
                return habit.answer(said, message.id, request, tree)
    with directory.reading(principal, client, of_turn=True) as reading:
        tree = Tree(reading, settings, counts_subordinates=False)
        target = tree.target(location, request.scope)
        if target is None:
            return None
        profile = settings.profile_for(client.address)
        found = habit_of(request, tree, target, settings, profile)
        if found is None:
            return None
        if len(said) <= _LONGEST:
            _regulars.learn(reading.moment, settings, asked, (found, tree))
        # Others may have asked the same.
        answer = found.answer_again(said, reading.moment)
        return found.answer(said, message.id, request, tree) if answer is None else answer
