"""Importing others' packages without what they bring along for those who want it.

Twisted has TLS in every connection where there is OpenSSL, and structlog has colours for tracebacks
where there is Rich. Both are made to do without. A server that uses neither would keep 16 MB of
them for as long as it runs; one that has a certificate takes OpenSSL when it loads that.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import cast

_WITHOUT = {"twisted.internet.posixbase": "OpenSSL", "structlog": "rich"}


def import_lean() -> None:
    """Import them so, if nobody has imported them yet. To be called before there are threads."""
    for name, wanted in _WITHOUT.items():
        with _absent(wanted):
            import_module(name)


@contextmanager
def _absent(package: str) -> Iterator[None]:
    """Let ``package`` not be found, unless it is there already."""
    if package in sys.modules:
        yield
        return
    # What the import system takes for a package that is not installed.
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules[package] = None
    try:
        yield
    finally:
        del modules[package]
