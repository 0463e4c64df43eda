"""Reading the configuration file itself, and the files that it names."""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from pathlib import Path

from dirserver.config.faults import Refused
from dirserver.config.values import text
from dirserver.errors import ConfigError

_TOML_ERROR = re.compile(
    r"(?P<sentence>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)",
    re.DOTALL,
)
_HINTS = {
    "Invalid value": "text stands in quotes, true and false in small letters",
    "Cannot overwrite a value": "the same key stands there twice",
}


def read_document(path: Path) -> dict[str, object]:
    """Return the TOML document in the file. Raises ConfigError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        advice = "name another with -c, or begin with a copy of dirserver.example.toml"
        raise ConfigError([f"{path}: there is no such file; {advice}"]) from error
    except OSError as error:
        advice = "it must be a file that the user who runs dirserver may read"
        raise ConfigError([f"{path}: {_reason(error)}; {advice}"]) from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ConfigError([f"{path}: the file is in UTF-16; save it as UTF-8"])
    try:
        # TOML has no byte order mark, but some editors put one.
        document: dict[str, object] = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}: line {line} is not UTF-8; save the file as UTF-8"]) from error
    except RecursionError as error:
        raise ConfigError([f"{path}: lists and tables are nested too deeply"]) from error
    except ValueError as error:
        # Not only TOMLDecodeError: Python refuses a number of some thousand digits itself.
        raise ConfigError([f"{path}: {_not_toml(str(error))}"]) from error
    return document


def readable_file(value: object, directory: Path) -> Path:
    """Return the absolute path of a file that can be read. Raises Refused."""
    path = Path(os.path.realpath(directory / text(value)))
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise Refused(f"{path} cannot be read: {_reason(error)}") from error


def file_to_come(value: object, base: Path) -> Path:
    """Return the absolute path of a file that others write, some time. Raises Refused."""
    path = Path(os.path.realpath(base / text(value)))
    if path.is_dir():
        raise Refused(f"expected a file, and {path} is a directory")
    return path


def directory_path(value: object, base: Path) -> Path:
    """Return the absolute path of a directory, which need not be there yet. Raises Refused.

    What is not mounted now is no reason not to serve.
    """
    path = Path(os.path.realpath(base / text(value)))
    if path.exists() and not path.is_dir():
        raise Refused(f"expected a directory, and {path} is a file")
    return path


def read_secret(path: Path) -> str:
    """Return the only line of the file. Raises Refused."""
    try:
        secret = path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("the file cannot be read as UTF-8 text") from error
    if not secret or not secret.isprintable():
        raise Refused("expected a file whose only line is the password")
    return secret


def _reason(error: OSError) -> str:
    return (error.strerror or "it cannot be read").lower()


def _not_toml(message: str) -> str:
    match = _TOML_ERROR.fullmatch(message)
    if match is None:
        return f"this is not TOML: {message}"
    sentence, line, column = match["sentence"], match["line"], match["column"]
    where = f"line {line}, column {column}" if line else "at the end"
    hint = f"; {_HINTS[sentence]}" if sentence in _HINTS else ""
    return f"{where}: this is not TOML: {sentence}{hint}"
