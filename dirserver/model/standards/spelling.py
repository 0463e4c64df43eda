"""Standards as a text that the store keeps, and as the lines in which changes are told."""

from __future__ import annotations

import json

from dirserver.model.standards.rules import Handling, NameForm, PhoneForm, Rule, Standards


def spelled(standards: Standards | None) -> str:
    """Return the text that ``read`` reads; empty where there are none."""
    if standards is None:
        return ""
    values = {rule.value: getattr(standards, rule.value) for rule in standards.rules}
    return json.dumps({**values, "policy": dict(standards.handling)}, ensure_ascii=False)


def read(text: str) -> Standards | None:
    """Return the standards that ``spelled`` spelled so."""
    if not text:
        return None
    values = json.loads(text)
    phones, names = values.get("phones"), values.get("names")
    return Standards(
        tuple(values.get("required", ())),
        PhoneForm(phones) if phones else None,
        values.get("emails", False),
        tuple(values.get("categories", ())),
        NameForm(names) if names else None,
        values.get("countries", ""),
        values.get("photo_kb", 0),
        tuple((Rule(rule), Handling(how)) for rule, how in values["policy"].items()),
    )


def told(standards: Standards | None) -> dict[str, str]:
    """Return what is said of each rule in a plan: its value, and what becomes of what breaks it."""
    if standards is None:
        return {}
    return {
        f"standards {rule.value}": (
            f"{_value(getattr(standards, rule.value))} ({standards.handling_of(rule).value})"
        )
        for rule in standards.rules
    }


def _value(value: object) -> str:
    match value:
        case tuple():
            return " ".join(map(str, value))
        case bool():
            return "checked"
        case _:
            return str(value)
