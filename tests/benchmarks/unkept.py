"""A server that keeps no answer: whatever it is asked over LDAP, it is as if for the first time."""

from __future__ import annotations

import sys

from dirserver.cli import main
from dirserver.ldap.entry.runs import KeptRuns
from dirserver.ldap.search import copying, habits, public
from dirserver.ldap.search.answers import KeptAnswers

if __name__ == "__main__":
    for one in (habits, public):
        vars(one)["_answers"] = KeptAnswers(0)
    vars(copying)["_kept"] = KeptRuns(0)
    sys.exit(main())
