"""The tables of linked cards; see ``tables``.

A card is known by its key, so that a link outlives the card's being moved, deleted and brought
back. What of them a search needs is in ``card.link_id``, too.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text

from dirserver.store.metadata import Id, Time, metadata

# That cards are of one person, and what an edit of one does to the others. ``properties`` are
# those that are linked, with commas.
link = Table(
    "link",
    metadata,
    Column("id", Id, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("properties", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("made_by", Text, nullable=False),
)

linked_card = Table(
    "linked_card",
    metadata,
    Column("key", Text, primary_key=True),
    Column("link_id", BigInteger, ForeignKey("link.id", ondelete="CASCADE"), nullable=False),
    Index("ix_linked_card_link_id", "link_id"),
)

# What an act did to links, by the number that takes it back: how each card that it touched was
# linked before, or after it; one that was not has no row. ``tie`` is the same for those that were
# linked with one another.
link_step = Table(
    "link_step",
    metadata,
    Column("batch", BigInteger, primary_key=True),
    Column("after", Boolean, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("tie", BigInteger, nullable=False),
    Column("mode", Text, nullable=False),
    Column("properties", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("actor", Text, nullable=False),
    Column("device", Text, nullable=False),
    Index("ix_link_step_key", "key"),
)

# An edit of the card ``source``, from a version to another, that is for the card ``target`` to
# take over. What it says is in the versions, and goes with them.
link_offer = Table(
    "link_offer",
    metadata,
    Column("target", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("before_id", Id, ForeignKey("card_version.id", ondelete="CASCADE"), nullable=False),
    Column("after_id", Id, ForeignKey("card_version.id", ondelete="CASCADE"), nullable=False),
    Column("at", Time, nullable=False),
    Index("ix_link_offer_source", "source"),
    Index("ix_link_offer_before_id", "before_id"),
    Index("ix_link_offer_after_id", "after_id"),
)
