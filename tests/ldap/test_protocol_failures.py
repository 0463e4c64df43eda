"""What goes wrong inside: the client gets a result code, the log gets the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from dirserver.assembly import Services
from dirserver.directory import DirectoryReader, Reading
from dirserver.ldap.session import Context
from dirserver.model.principal import Client, Principal
from tests.ldap.serving import Serving, eventually

Serve = Callable[..., Serving]

BIND = 'bind dn=alice password="correct horse"'
STAFF = "search base=ou=staff,dc=example,dc=org scope=base attributes=1.1"
DN = "ou=staff,dc=example,dc=org"


class Buggy(DirectoryReader):
    """A directory with a bug that tells a secret."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.store, services.deriver)

    @contextmanager
    def reading(
        self,
        principal: Principal,
        client: Client,
        *,
        at_once: bool = False,
        of_turn: bool = False,
    ) -> Iterator[Reading]:
        """Fail as soon as somebody looks."""
        with super().reading(principal, client, at_once=at_once, of_turn=of_turn):
            raise KeyError("/srv/secret/table")
            yield


def test_a_database_that_is_gone_is_unavailable_and_no_traceback(
    serve: Serve, context: Context, services: Services
) -> None:
    line = serve(
        replace(context, directory=services.directory, authenticator=services.authenticator)
    ).connect()
    assert line.say([BIND]) == ["BindResponse success"]
    with services.store.writing() as connection:
        connection.execute(text("ALTER TABLE setting RENAME TO gone"))
    with capture_logs() as logs:
        assert line.say([STAFF]) == ["SearchResultDone unavailable"]
        assert line.say([f"compare dn={DN} attribute=ou value=x"]) == [
            "CompareResponse unavailable"
        ]
        assert line.say([BIND]) == ["BindResponse unavailable"]
        assert line.say(["search scope=base attributes=1.1"])[-1] == "SearchResultDone success"
    assert [one for one in logs if one["log_level"] == "error"] == []
    with services.store.writing() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO setting"))
    assert line.say([BIND]) == ["BindResponse success"]
    assert line.say([STAFF])[-1] == "SearchResultDone success"


@pytest.mark.parametrize(
    ("request_", "response"),
    [(STAFF, "SearchResultDone"), (f"compare dn={DN} attribute=ou value=x", "CompareResponse")],
)
def test_a_bug_is_answered_with_other_and_nothing_of_its_text(
    serve: Serve, context: Context, organisation: Services, request_: str, response: str
) -> None:
    serving = serve(replace(context, directory=Buggy(organisation)))
    line = serving.connect()
    with capture_logs() as logs:
        assert line.say([request_]) == [f"{response} other"]
        # The session goes on.
        assert line.say(["search scope=base attributes=1.1"])[-1] == "SearchResultDone success"
    (entry,) = [one for one in logs if one["log_level"] == "error"]
    assert entry["message_id"] == 1
    assert entry["address"] == "127.0.0.1"
    assert "KeyError" in entry["error"]
    assert eventually(lambda: serving.told[0][1] == "other")
    assert eventually(lambda: organisation.store.connections_in_use == 0)


def test_somebody_who_is_no_longer_a_user_may_do_nothing(
    serve: Serve, context: Context, services: Services
) -> None:
    line = serve(
        replace(context, directory=services.directory, authenticator=services.authenticator)
    ).connect()
    assert line.say([BIND]) == ["BindResponse success"]
    with services.store.writing() as connection:
        connection.execute(text("UPDATE principal SET active = 0 WHERE name = 'alice'"))
        connection.execute(text("UPDATE setting SET value = value + 1 WHERE name = 'policy_epoch'"))
    assert line.say([STAFF]) == ["SearchResultDone insufficientAccessRights"]
    assert line.say([BIND]) == ["BindResponse invalidCredentials"]


def test_no_password_and_no_search_is_in_the_log(serve: Serve) -> None:
    serving = serve()
    line = serving.connect()
    with capture_logs() as logs:
        line.say(['bind dn=alice password="Wr0ng-Swordfish-47"'])
        line.say([BIND])
        line.say(["search base=dc=example,dc=org filter=(cn=Zwetschgenkuchen)"])
        line.send(b"\x30\x0cSwordfish-47")
        line.drain()
    said = str(logs)
    for secret in ("Swordfish", "correct horse", "Zwetschgenkuchen"):
        assert secret not in said
