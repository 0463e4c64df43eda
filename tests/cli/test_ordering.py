"""What was typed, before Typer reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from dirserver.cli.app import app
from dirserver.cli.invocation import ENVIRONMENT, Invocation
from dirserver.cli.ordering import read_serve, reordered


def read_by_typer(words: list[str]) -> Invocation:
    """What Typer makes of the options before the command."""
    with typer.main.get_command(app).make_context("dirserver", list(words)) as context:
        file, verbose = context.params["config"], context.params["verbose"]
    return Invocation(file, verbose)


@pytest.mark.parametrize("environment", ["", "other.toml"])
@pytest.mark.parametrize(
    "typed",
    [
        "serve",
        "-c a.toml serve",
        "serve -c a.toml",
        "-ca.toml serve",
        "serve -ca.toml --verbose",
        "serve -c=a.toml",
        "serve --config a.toml",
        "--verbose serve --config=a=b.toml",
        "-c serve serve",
        "-c a.toml serve --config b.toml --verbose --verbose",
        "-c --verbose serve",
    ],
)
def test_serve_is_read_as_typer_reads_it(
    typed: str, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, environment)
    words = reordered(typed.split())
    assert read_serve(words) == read_by_typer(words)


def test_the_last_word_about_the_config_file_counts() -> None:
    assert read_serve(["-c", "a.toml", "-cb.toml", "serve"]) == Invocation(Path("b.toml"))


@pytest.mark.parametrize(
    "typed",
    [
        *("", "plan", "serve --help", "serve now", "--version serve", "-v serve", "-h"),
        *("-c serve", "serve -c", "-c= serve --x", "--config= serve", "-- serve"),
    ],
)
def test_what_is_more_than_serve_or_less_is_left_to_typer(typed: str) -> None:
    assert read_serve(reordered(typed.split())) is None
