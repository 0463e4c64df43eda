"""A configuration is written, loaded and, mostly, refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dirserver.config import Config, load
from dirserver.errors import ConfigError

ORGANISATION = """
[organisation]
name = "Example GmbH"
domain = "example.org"
country = "DE"
"""


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Config]:
    """Load a file of this text; an organisation is added unless there is one."""
    monkeypatch.chdir(tmp_path)

    def read(text: str) -> Config:
        if "[organi" not in text:
            # At the end, so that keys before the first table stay there.
            text = f"{text}\n{ORGANISATION}"
        Path("dirserver.toml").write_text(text, "utf-8")
        return load(Path("dirserver.toml"))

    return read


@pytest.fixture
def faults(read: Callable[[str], Config]) -> Callable[[str], list[str]]:
    """Load a file of this text and return what is wrong with it, without the file's name."""

    def faults(text: str) -> list[str]:
        with pytest.raises(ConfigError) as refusal:
            read(text)
        assert all(fault.startswith("dirserver.toml: ") for fault in refusal.value.faults)
        return [fault.removeprefix("dirserver.toml: ") for fault in refusal.value.faults]

    return faults
