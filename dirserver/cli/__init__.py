"""The command line: ``dirserver -c FILE COMMAND``."""

from dirserver.cli.running import main

__all__ = ["main"]
