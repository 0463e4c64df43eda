"""Radicale changes the signatures of plugins in minor releases: here is what we rely on."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
import radicale
from radicale.app import Application as RadicaleApplication
from radicale.auth import BaseAuth
from radicale.item import Item
from radicale.rights import BaseRights
from radicale.storage import BaseCollection, BaseStorage

from dirserver_radicale.application import Application
from dirserver_radicale.auth import Auth
from dirserver_radicale.methods.books import BookMethods
from dirserver_radicale.methods.cards import CardMethods
from dirserver_radicale.methods.transfer import TransferMethods
from dirserver_radicale.nostorage import NoStorage
from dirserver_radicale.rights import Rights
from dirserver_radicale.stock.books import BookCollection
from dirserver_radicale.stock.items import CardItem
from dirserver_radicale.stock.listings import HomeCollection, Listing, RootCollection
from dirserver_radicale.storage import Storage

OURS: list[tuple[type, type]] = [
    (Auth, BaseAuth),
    (Rights, BaseRights),
    (Storage, BaseStorage),
    (NoStorage, BaseStorage),
    (BookCollection, BaseCollection),
    (Listing, BaseCollection),
    (RootCollection, BaseCollection),
    (HomeCollection, BaseCollection),
    (CardItem, Item),
    (Application, RadicaleApplication),
    (CardMethods, RadicaleApplication),
    (BookMethods, RadicaleApplication),
    (TransferMethods, RadicaleApplication),
]
# Radicale makes none of these itself.
CONSTRUCTED_BY_US = {BookCollection, Listing, RootCollection, HomeCollection, CardItem, Application}


def overridden() -> Iterator[tuple[type, type, str]]:
    """Yield what our classes define that Radicale's define too."""
    for ours, theirs in OURS:
        for name in vars(ours):
            if name == "__init__" and ours in CONSTRUCTED_BY_US:
                continue
            if hasattr(theirs, name) and not hasattr(object, name):
                yield ours, theirs, name


def parameters(function: object) -> list[tuple[str, bool]]:
    """Return the names of the parameters, and whether each must be given."""
    assert callable(function)
    return [
        (each.name, each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD)
        for each in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize(("ours", "theirs", "name"), list(overridden()))
def test_what_we_override_is_called_as_radicale_calls_it(
    ours: type, theirs: type, name: str
) -> None:
    mine, base = inspect.getattr_static(ours, name), inspect.getattr_static(theirs, name)
    if mine is None or not (inspect.isroutine(mine) or isinstance(mine, property)):
        # A method that there is not, or a flag.
        assert name.startswith(("do_", "_supports_", "_is_", "__"))
        return
    assert isinstance(mine, property) == isinstance(base, property)
    if isinstance(mine, property):
        return
    expected, found = parameters(base), parameters(mine)
    assert [each for each, _ in found[: len(expected)]] == [each for each, _ in expected]
    # What Radicale may leave out, we must not ask for; nor for anything more.
    for (_, required), (_, asked) in zip(expected, found, strict=False):
        assert required or not asked
    assert not [each for each, asked in found[len(expected) :] if asked]


@pytest.mark.parametrize(
    ("ours", "names"),
    [
        (Auth, ["get_external_login", "_login_ext_with_groups", "_sleep_for_constant_exec_time"]),
        (Rights, ["authorization"]),
        (Storage, ["acquire_lock", "discover", "move", "create_collection", "verify"]),
        (NoStorage, ["acquire_lock", "discover", "verify"]),
        (
            BookCollection,
            ["path", "etag", "tag", "last_modified", "owner", "get_meta", "set_meta", "serialize"],
        ),
        (
            BookCollection,
            ["sync", "get_multi", "get_all", "get_filtered", "has_uid", "upload", "delete"],
        ),
        (CardItem, ["serialize", "vobject_item"]),
        (Application, ["__call__", "_handle_request", "do_PROPFIND", "do_REPORT", "do_OPTIONS"]),
        (BookMethods, ["do_PROPPATCH", "do_MKCOL"]),
        (CardMethods, ["do_GET", "do_PUT", "do_DELETE"]),
        (TransferMethods, ["do_MOVE"]),
    ],
)
def test_what_we_override_is_there_to_be_overridden(ours: type, names: list[str]) -> None:
    """A hook that Radicale renames would be one that nobody calls, and pass unnoticed."""
    theirs = dict(OURS)[ours]
    for name in names:
        assert name in vars(ours)
        assert hasattr(theirs, name)


def test_radicale_is_of_the_release_that_this_was_read_in() -> None:
    assert radicale.VERSION.startswith("3.9.")


def test_every_method_of_radicales_is_ours_or_said_to_be_absent() -> None:
    methods = {name for name in dir(RadicaleApplication) if name.startswith("do_")}
    # Radicale has no COPY, but would call one.
    assert {name for name in dir(Application) if name.startswith("do_")} == {*methods, "do_COPY"}
    # HEAD is Radicale's, and nothing but GET without its body.
    parts = (Application, CardMethods, TransferMethods, BookMethods)
    ours = {name for part in parts for name in vars(part)}
    inherited = {name for name in methods if name not in ours}
    assert inherited == {"do_HEAD"}
