"""What all tables are made of: their types, the names of their constraints, partial indexes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, MetaData, Text, text

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


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index of those rows only of which ``where`` holds."""
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
