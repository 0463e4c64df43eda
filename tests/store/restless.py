"""A process that writes cards until it is killed: ``python -m tests.store.restless CONFIG START``.

It says what it is about to do before each act, and that it is done after it, on lines of their own.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path

from dirserver import config
from dirserver.assembly import open_services
from tests.organisation import ALICE, HERE, vcard


def body_of(href: str, number: int) -> bytes:
    """Return the card that act ``number`` puts at ``href``."""
    return vcard(href, f"Name {number}", f"TEL:+49 30 {number:06}", "NOTE:" + f"{number} " * 400)


def main(path: str, start: int) -> None:
    """Put cards, change every third and delete every fifth of them."""
    services = open_services(config.load(Path(path)))
    for number in count(start):
        done = number - number % 3
        what, href = ("put", f"{number}.vcf")
        if number % 3 == 2:
            href = f"{done}.vcf"
        elif number % 5 == 4 and number % 3:
            what, href = ("delete", f"{done}.vcf")
        os.write(1, f"try {what} {href} {number}\n".encode())
        with services.directory.writing(ALICE, HERE) as writing:
            if what == "put":
                writing.put_card("customers", href, body_of(href, number))
            else:
                writing.delete_card("customers", href)
        os.write(1, b"done\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
