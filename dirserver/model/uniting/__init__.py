"""One card out of two of one person: what each says, without saying it twice."""

from dirserver.model.uniting.carrying import carried
from dirserver.model.uniting.uniting import UNITS, Conflict, Side, United, unite

__all__ = ["UNITS", "Conflict", "Side", "United", "carried", "unite"]
