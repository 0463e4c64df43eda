"""What all tables have in common: how constraints are named, kinds of columns and of indexes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, MetaData, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import DDLCompiler

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
    """Return an index of those rows only of which ``where`` holds.

    SQLAlchemy would have to be told once for each engine, and load all that it has for both.
    """
    return Index(name, *columns, unique=unique, info={"where": where})


@compiles(CreateIndex)
def _create_index(create: CreateIndex, compiler: DDLCompiler, **options: Any) -> str:
    words: str = compiler.visit_create_index(create, **options)  # type: ignore[no-untyped-call]  # it has no annotations
    where = create.element.info.get("where")
    return f"{words} WHERE {where}" if where else words
