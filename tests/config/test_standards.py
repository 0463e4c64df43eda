"""Standards for a book: what the file may say, and what it cannot mean."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Faults = Callable[[str], list[str]]

AT = "[books.staff.standards]"
POLICY = "[books.staff.standards.policy]"
HANDLINGS = 'expected "report", "repair", "quarantine" or "reject"'
REFUSED = {
    "requird = []": f'{AT} requird: there is no such key; did you mean "required"?',
    "required = []": f"{AT} required = []: expected at least one; or leave the rule out",
    'required = ["UID"]': (
        f'{AT} required (1st) = "UID": the server sees to this property; leave it out'
    ),
    'required = ["EMIAL"]': (
        f'{AT} required (1st) = "EMIAL": vCards have no property of this name; did you mean'
        ' "EMAIL"?'
    ),
    'phones = "E.164"': (
        f'{AT} phones = "E.164": expected "e164" or "national"; did you mean "e164"?'
    ),
    "emails = 1": f"{AT} emails = 1: expected true or false, without quotes; found a whole number",
    'categories = ["VIP", "vip"]': (
        f'{AT} categories (2nd) = "vip": this is "VIP" in another spelling'
    ),
    'categories = ["A, B"]': f'{AT} categories (1st) = "A, B": a comma parts two categories',
    'countries = "Deutsch"': (
        f'{AT} countries = "Deutsch": expected the language in which countries are named, such as'
        ' "en" or "de"'
    ),
    "photo_kb = 5000": f"{AT} photo_kb = 5000: expected a whole number from 1 to 4096",
    f'{POLICY}\nphones = "repair"': (
        f'{POLICY} phones = "repair": {AT} has no rule phones; add it, or take this out'
    ),
    f'emails = true\n{POLICY}\nemails = "warn"': f'{POLICY} emails = "warn": {HANDLINGS}',
    f'required = ["TEL"]\n{POLICY}\nrequired = "repair"': (
        f'{POLICY} required = "repair": what is missing cannot be made up; expected "report",'
        ' "quarantine" or "reject"'
    ),
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_meant_is_refused(faults: Faults, text: str) -> None:
    assert faults(f'[books.staff]\nname = "Staff"\n{AT}\n{text}') == [REFUSED[text]]


def test_all_faults_are_told_at_once(faults: Faults) -> None:
    text = f'phones = "abc"\ncountries = "xx"\n{POLICY}\nphones = "repair"\nnames = "reject"'
    assert len(faults(f'[books.staff]\nname = "Staff"\n{AT}\n{text}')) == 3


def test_nobody_can_log_in_as_who_repairs(faults: Faults) -> None:
    (fault,) = faults('[users.standards]\nname = "S"')
    assert "take another login" in fault
