"""The table from the directory's errors to HTTP is complete, and tells nothing internal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dirserver import errors
from dirserver_radicale.answers import STATUS, error_answer, need_privileges, status_of

INTERNAL = "SELECT the-inside FROM /var/lib"


def kinds(base: type[errors.DirectoryError]) -> Iterator[type[errors.DirectoryError]]:
    """Yield every error below ``base``."""
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def example(kind: type[errors.DirectoryError]) -> errors.DirectoryError:
    """Return an error with internal text in all that is not public."""
    if issubclass(kind, errors.CardTooLarge):
        return kind(7)
    if issubclass(kind, errors.UIDConflict):
        return kind("other.vcf")
    if issubclass(kind, errors.InvalidCard):
        return kind("line 1: no colon")
    if issubclass(kind, errors.ErasedPerson):
        return kind("case-abc")
    if issubclass(kind, errors.OwnedBySource):
        return kind("hr")
    if issubclass(kind, errors.BreaksStandards):
        return kind([INTERNAL], ["there is no name"])
    if issubclass(kind, errors.ConfigError):
        return kind([INTERNAL])
    return kind(INTERNAL)


@pytest.mark.parametrize("kind", list(dict.fromkeys(kinds(errors.DirectoryError))))
def test_every_error_has_a_status_and_tells_nothing_internal(
    kind: type[errors.DirectoryError],
) -> None:
    error = example(kind)
    status, headers, body, _ = error_answer(error, "/alice/customers/x.vcf", "write-content")
    assert status == status_of(error) == STATUS[kind]
    assert headers["Content-Type"].startswith("text/")
    text = body.decode() if isinstance(body, bytes) else str(body)
    assert text
    assert "the-inside" not in text


def test_a_special_error_comes_before_its_base() -> None:
    seen: list[type[errors.DirectoryError]] = []
    for kind in STATUS:
        assert not [base for base in seen if issubclass(kind, base)]
        seen.append(kind)


def test_a_path_cannot_break_out_of_an_answer() -> None:
    _, _, body, _ = need_privileges("/a/</href>&'\"/x", "read")
    assert isinstance(body, bytes)
    assert b"/a/%3C/href%3E%26%27%22/x</href>" in body
