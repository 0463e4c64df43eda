"""What a source could not do; never is a part of an answer taken for all of it."""

from __future__ import annotations


class SourceUnavailable(Exception):
    """The source cannot be had, or not all of it; the text says why and what to do.

    It has no password in it, and follows "the source staff: ".
    """
