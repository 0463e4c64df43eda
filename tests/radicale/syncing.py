"""A client that keeps what it is told of a book, and syncs it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.radicale.bodies import sync
from tests.radicale.dav_client import DAVClient

AGENT = {"User-Agent": "macOS/15.1 (24B83) AddressBookCore/2695.2"}


@dataclass
class Mac:
    """A client that keeps what it is told, as macOS does: names with etags, and the token."""

    client: DAVClient
    slug: str
    cards: dict[str, str] = field(default_factory=dict)
    token: str = ""
    limit: int | None = None

    @property
    def url(self) -> str:
        return f"/{self.client.login}/{self.slug}/"

    def report(self) -> list[str]:
        """Sync once, and return what was told of, as names and statuses."""
        body = sync(self.token)
        if self.limit is not None:
            limit = f"<limit><nresults>{self.limit}</nresults></limit></sync-collection>"
            body = body.replace(b"</sync-collection>", limit.encode())
        lines = list(self.client.render(self.client.send("REPORT", self.url, AGENT, body)))
        assert lines[0] == "207", lines
        told = []
        for line in lines[1:-1]:
            href, status, *rest = line.split()
            name = href.removeprefix(self.url)
            told.append(f"{name} {status}".strip())
            if status == "404":
                self.cards.pop(name, None)
            elif status == "200":
                self.cards[name] = rest[-1]
        assert len(told) == len(set(told))
        assert len({one.split()[0] for one in told}) == len(told)
        self.token = lines[-1].removeprefix("sync-token = ")
        return told

    def sync(self) -> list[str]:
        """Sync until all is told."""
        told = self.report()
        if told[:1] == ["507"]:
            return told[1:] + self.sync()
        return told

    def fresh(self) -> dict[str, str]:
        """List the book."""
        lines = self.client.say([f"PROPFIND {self.url}", "Depth: 1", "<etag.xml"])
        facts = [line.split() for line in lines[1:]]
        return {href.removeprefix(self.url): rest[-1] for href, *rest in facts if href != self.url}

    def state(self) -> tuple[str, str, str]:
        """Return ctag, token and etag."""
        wanted = '<propfind xmlns="DAV:" xmlns:CS="http://calendarserver.org/ns/"><prop>'
        wanted += "<CS:getctag/><sync-token/><getetag/></prop></propfind>"
        lines = self.client.say([f"PROPFIND {self.url}", "Depth: 0", wanted])
        ctag, token, etag = (line.rpartition(" = ")[2] for line in lines[1:])
        assert ctag.isdigit()
        return ctag, token, etag
