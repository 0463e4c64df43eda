"""``python -m dirserver`` is the command line."""

import sys

from dirserver.cli import main

sys.exit(main())
