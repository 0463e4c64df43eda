"""From the bytes of files to text: byte order marks, CHARSET, and what is neither.

Nothing here fails: what cannot be read becomes U+FFFD, and a remark says so.
"""

from __future__ import annotations

import codecs
import re

BYTE_ORDER_MARKS = (
    # UTF-32LE begins as UTF-16LE does.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The encodings that phones and mail programs were sold with. Python knows more, and some of
# those take a time that is not linear.
_KNOWN_CHARSET = re.compile(
    r"utf-?8|us-ascii|ascii|iso-?8859-\d{1,2}|latin-?\d|(?:windows-?|cp)(?:125[0-8]|874|932|949|950)"
    r"|koi8-[ru]|shift[_-]?jis|sjis|euc-(?:jp|kr)|iso-2022-jp|gb2312|gbk|gb18030|big5|macintosh"
)
# Files that say ISO-8859-1 are written on Windows; the octets in which the two differ are
# control characters in the one and letters and quotes in the other.
_MEANT = {"iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252"}
# What neither XML nor a content line can hold.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def decode(raw: bytes, charset: str = "") -> tuple[str, str]:
    """The text that ``raw`` is meant to be, and a remark if that had to be guessed.

    ``charset`` is what the file says of it. Next is UTF-8, then Windows-1252.
    """
    charset = charset.strip().lower()
    charset = _MEANT.get(charset, charset)
    if charset and _KNOWN_CHARSET.fullmatch(charset):
        try:
            return raw.decode(charset), ""
        except (UnicodeDecodeError, LookupError):
            pass
    try:
        return raw.decode(), ""
    except UnicodeDecodeError:
        text = raw.decode(errors="replace")
    broken = text.count("\ufffd")
    not_ascii = len(text) - len(text.encode("ascii", "ignore"))
    if not_ascii > 2 * broken:
        return text, "bytes that are not UTF-8 were replaced by \ufffd"
    text = raw.decode("cp1252", "replace")
    if "\ufffd" in text:
        return text, "bytes of no known encoding were replaced by \ufffd"
    return text, "this is not UTF-8 and was read as Windows-1252"


def without_controls(text: str) -> tuple[str, str]:
    """``text`` without characters that no card can hold, and a remark if there were any."""
    cleaned = _UNWANTED.sub("", text)
    return cleaned, "" if cleaned == text else "control characters were removed"
