"""Cards that resemble each other, as the versions of one do, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from dirserver.model.vcard import parse_card

_LINES = (
    "FN:Anna", "FN:Anna M.", "N:Müller;Anna;;;", "N:Vogt;Anna;;;",
    "TEL;TYPE=cell:0171 1", "TEL;TYPE=cell:0171 2", "tel;type=CELL,voice:0171 1",
    "TEL;TYPE=work:030 1", "TEL:030 1", "EMAIL;TYPE=home:a@example.org",
    "EMAIL;TYPE=home;PREF=1:a@example.org", "NOTE:short", r"NOTE:two\nlines\, yes", "NOTE:",
    "ORG:Example;Sales", "BDAY:2001-01-01", "REV:2026-01-01", "REV:2026-01-02", "PRODID:x",
    "PHOTO;ENCODING=b;TYPE=JPEG:" + "QUJD" * 40, "PHOTO;ENCODING=b;TYPE=JPEG:" + "REVG" * 40,
    "item1.TEL:1", "item1.X-ABLabel:_$!<Mobile>!$_", "item2.TEL:1", "item2.X-ABLABEL:own",
    "item1.EMAIL:b@example.org", "ITEM2.ADR:;;Street 1;Town;;1;DE", "item2.X-ABADR:de",
    "home.URL:https://example.org", "home.X-ABLabel:page", "X-FOO;X-BAR=Baz:1", "X-ABLabel:lost",
    "CATEGORIES:a,b", "X-UMLAUT:" + "äöü€" * 30,
)  # fmt: skip
_UIDS = ("", "UID:one", "UID;X-P=1:one", "item3.UID:two")
_ENDS = ("\r\n", "\n")


def _folded(line: str, width: int, end: str) -> str:
    if not width:
        return line
    return f"{end} ".join(line[at : at + width] for at in range(0, len(line), width))


@st.composite
def cards(draw: st.DrawFn) -> bytes:
    """Draw a card that may be stored."""
    end = draw(st.sampled_from(_ENDS))
    lines = draw(st.lists(st.sampled_from(_LINES), max_size=9))
    uid = draw(st.sampled_from(_UIDS))
    at = draw(st.integers(0, len(lines)))
    lines[at:at] = [uid] if uid else draw(st.sampled_from([[], [""]]))
    version = draw(st.sampled_from(["3.0", "4.0"]))
    width = draw(st.sampled_from([0, 0, 7, 40, 74]))
    text = [f"VERSION:{version}", *lines]
    if draw(st.booleans()):
        text = [*lines, f"VERSION:{version}"]
    whole = ["BEGIN:VCARD", *(_folded(line, width, end) for line in text), "END:VCARD"]
    body = (end.join(whole) + draw(st.sampled_from(["", end, end * 2]))).encode()
    parse_card(body)
    return body
