"""Where backups go at night, and when that is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest

from dirserver.config import Backup, Config

Read = Callable[[str], Config]
Faults = Callable[[str], list[str]]


def test_without_a_table_there_are_no_backups(read: Read) -> None:
    assert read("").backup == Backup(None, 14, time(2, 30))


def test_a_directory_begins_beside_the_file_and_need_not_be_there(
    read: Read, tmp_path: Path
) -> None:
    backup = read('[backup]\ndirectory = "copies"\nkeep = 3\nat = "23:05"').backup
    assert backup == Backup(tmp_path.resolve() / "copies", 3, time(23, 5))


def test_a_file_is_no_directory(faults: Faults, tmp_path: Path) -> None:
    (tmp_path / "copies").write_text("")
    (said,) = faults('[backup]\ndirectory = "copies"')
    assert said.startswith('[backup] directory = "copies": expected a directory, and ')


@pytest.mark.parametrize("text", ["2:30", "24:00", "12:60", "02:30:00", "half past two", ""])
def test_what_is_no_time_of_the_day_is_refused(faults: Faults, text: str) -> None:
    assert faults(f'[backup]\nat = "{text}"') == [
        f'[backup] at = "{text}": expected a time of the day from "00:00" to "23:59"'
    ]


def test_a_time_without_quotes_is_told_about_them(faults: Faults) -> None:
    (said,) = faults("[backup]\nat = 02:30:00")
    assert said.endswith('expected a time in quotes, such as "02:30"')


def test_none_is_not_a_number_to_keep(faults: Faults) -> None:
    assert faults("[backup]\nkeep = 0") == [
        "[backup] keep = 0: expected a whole number from 1 to 2147483647"
    ]
