"""What the tests tell the server in confidence, and what must therefore not be in its log."""

from __future__ import annotations

import base64

from tests.organisation import PASSWORD, password_hash

# Used for every failing login, so that it can be looked for.
WRONG_PASSWORD = "Wr0ng-Swordfish-47"
# Stands in some property of every card that these tests make.
CARD_TEXT = "Quillfeather"
# What people look for; a search is their own affair.
SEARCH_TEXT = "Zwetschgenkuchen"


def basic(login: str, password: str) -> str:
    """Return the value of an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def assert_nothing_secret(log: str) -> None:
    """Fail when ``log`` has a password, the text of a card, or what somebody looked for."""
    logins = ("alice", "bob", "carol", "dave", "erin", "frank")
    headers = {
        basic(login, password).removeprefix("Basic ").rstrip("=")
        for login in logins
        for password in (PASSWORD, WRONG_PASSWORD)
    }
    secret = {PASSWORD, WRONG_PASSWORD, CARD_TEXT, SEARCH_TEXT, password_hash(), *headers}
    told = [
        (text, line) for line in log.splitlines() for text in secret if text.lower() in line.lower()
    ]
    assert not told, f"the log tells: {told}"
