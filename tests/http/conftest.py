"""Servers for the tests of the HTTP face."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from wsgiref.types import WSGIApplication

import pytest

from dirserver.http import BridgeOptions
from dirserver.tls import ServerTLS
from tests.http.serving import ANYWHERE, Echo, Serving, start
from tests.reactor import ReactorThread, reactor_thread

__all__ = ["reactor_thread"]

Serve = Callable[..., Serving]


@pytest.fixture
def serve(reactor_thread: ReactorThread) -> Iterator[Serve]:
    """A function that serves an application with options until the test ends."""
    servings: list[Serving] = []

    def serve_application(
        application: WSGIApplication,
        options: BridgeOptions = BridgeOptions(plaintext=ANYWHERE),  # noqa: B008  # frozen
        tls: ServerTLS | None = None,
    ) -> Serving:
        serving = start(reactor_thread, application, options, tls)
        serving.factory.options = replace(options, access_log=serving.records.append)
        servings.append(serving)
        return serving

    yield serve_application
    for serving in servings:
        serving.close()


@pytest.fixture
def echo() -> Echo:
    """An application that answers with what it is sent, and keeps it."""
    return Echo()
