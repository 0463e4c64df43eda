"""What all tables have in common: how their constraints are named, and kinds of columns."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData, Text

from dirserver.store.utctime import UTCTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite gives rowids only to a column whose type is exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
# Ranges of folded text must follow code points, not a locale.
Plain = Text().with_variant(Text(collation="C"), "postgresql")
Time = UTCTime()
