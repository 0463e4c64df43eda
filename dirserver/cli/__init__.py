"""The command line: ``dirserver -c FILE COMMAND``."""

import signal
import sys

if "serve" in sys.argv:
    # Before all that takes its time to import: whoever asks a server for a reload while it is
    # only starting has what they want already, and must not end it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

from dirserver.cli.running import main

__all__ = ["main"]
