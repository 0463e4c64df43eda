"""All that somebody may read as one book, for programs that know one book only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dirserver.directory import Writing, merging
from dirserver.directory.same import linking
from dirserver.model.addressbook import MERGED
from dirserver.model.grant import Privilege
from dirserver_radicale.tree import privileges, tokens
from dirserver_radicale.tree.collection import SeveralBooks

if TYPE_CHECKING:
    from dirserver_radicale.tree.resources import Viewer

_SCOPE = tokens.Scope("merged")


class MergedBook(SeveralBooks):
    """All that somebody may read, as one book."""

    title = "All contacts"
    description = ""

    def __init__(self, viewer: Viewer) -> None:
        """Show all that ``viewer`` may read."""
        views = viewer.reading.books(Privilege.READ)
        base = merging.base(viewer.reading, views)
        shown = linking.as_one(viewer.reading, views)
        super().__init__(viewer, MERGED, _SCOPE, shown, base)
        self.owner = viewer.principal.login

    @property
    def privileges(self) -> tuple[str, ...]:
        """The names of the privileges on it: what may be done with some card in it."""
        accesses = [part.book.view.access for part in self.parts]
        makes = self.base is not None and self.base.book.view.access >= Privilege.WRITE
        return privileges.merged_privileges(
            changes=any(access >= Privilege.WRITE for access in accesses), makes=makes
        )

    @property
    def own_properties(self) -> Mapping[str, str]:
        """What whoever asks has set on it for themselves, written."""
        return merging.properties(self.viewer.reading)

    def set_properties(self, writing: Writing, changes: Mapping[str, str | None]) -> None:
        """Set properties for whoever asks alone. Raises QuotaExceeded."""
        merging.change_properties(writing, changes)

    @property
    def why_no_new_card(self) -> str:
        """Why a card cannot be added that has no place in it, for the audit trail."""
        if self.base is None:
            return f"{self.owner} has no book for new cards: set default_book"
        return "there is no such book among those that are shown as one"
