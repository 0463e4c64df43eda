"""People around a person: RELATED (RFC 6350 section 6.6.6) and AGENT (RFC 2426 section 3.5.4).

Apple has X-ABRELATEDNAMES, with an X-ABLabel in its group for what they are; Evolution, and KDE
with it, has a property for each of three relations. 3.0 gets both, and 4.0 one for the two. A
label that says more than any type of RELATED stays beside it.
"""

from __future__ import annotations

from dirserver.model.contentline import ContentLine, unescape
from dirserver.model.conversion.parameters import omitting, types_of, value_type, with_types
from dirserver.model.conversion.source import Source
from dirserver.model.conversion.texts import text_for_four, text_for_three, uri

# The types that RFC 6350 knows and Apple has no label for; they are their own labels.
_UNLABELLED = (
    "acquaintance",
    "co-resident",
    "co-worker",
    "contact",
    "crush",
    "date",
    "emergency",
    "kin",
    "me",
    "met",
    "muse",
    "neighbor",
    "sweetheart",
)
_LABELS = {
    "child": "_$!<Child>!$_",
    "colleague": "_$!<Colleague>!$_",
    "friend": "_$!<Friend>!$_",
    "parent": "_$!<Parent>!$_",
    "sibling": "_$!<Sibling>!$_",
    "spouse": "_$!<Spouse>!$_",
    **{kind: kind for kind in _UNLABELLED},
}
_TYPES = {label: kind for kind, label in _LABELS.items()}
_MANAGER, _ASSISTANT = "_$!<Manager>!$_", "_$!<Assistant>!$_"
_BROADER_TYPES = {
    _ASSISTANT: "co-worker",
    "_$!<Brother>!$_": "sibling",
    "_$!<Daughter>!$_": "child",
    "_$!<Father>!$_": "parent",
    "_$!<Husband>!$_": "spouse",
    _MANAGER: "co-worker",
    "_$!<Mother>!$_": "parent",
    "_$!<Sister>!$_": "sibling",
    "_$!<Son>!$_": "child",
    "_$!<Wife>!$_": "spouse",
}
_EVOLUTION = {
    _ASSISTANT: "X-EVOLUTION-ASSISTANT",
    _MANAGER: "X-EVOLUTION-MANAGER",
    _LABELS["spouse"]: "X-EVOLUTION-SPOUSE",
}
_LABEL_OF_NAME = {
    **{name: label for label, name in _EVOLUTION.items()},
    "X-ASSISTANT": _ASSISTANT,
    "X-KADDRESSBOOK-X-ASSISTANTSNAME": _ASSISTANT,
    "X-KADDRESSBOOK-X-MANAGERSNAME": _MANAGER,
    "X-KADDRESSBOOK-X-SPOUSESNAME": _LABELS["spouse"],
    "X-MANAGER": _MANAGER,
    "X-SPOUSE": _LABELS["spouse"],
}
NAMES_OF_RELATIONS = tuple(_LABEL_OF_NAME)


def apple_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """X-ABRELATEDNAMES as RELATED with what type the label tells."""
    label = source.label(line)
    types = types_of(line.params)
    kind = _TYPES.get(label) or _BROADER_TYPES.get(label)
    if kind and kind not in (word.lower() for word in types):
        types.append(kind)
    is_alone = len(source.group(line)) == 1
    group = "" if is_alone or is_told_by_type(line, source) else line.group
    return (_text_relation(line, group, types),)


def is_told_by_type(line: ContentLine, source: Source) -> bool:
    """Say whether an X-ABRELATEDNAMES needs neither its label nor its group in 4.0."""
    return source.label(line) in _TYPES and len(source.group(line)) == 2


def named_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """X-EVOLUTION-SPOUSE and its like as RELATED, unless the card says the same already."""
    label = _LABEL_OF_NAME[line.name]
    text = unescape(line.value).strip()
    if not text:
        return (line,)
    if (label, text) in source.once(_labelled) or not source.is_first((label, text)):
        return ()
    if label in _TYPES:
        group = "" if len(source.group(line)) == 1 else line.group
        return (_text_relation(line, group, [*types_of(line.params), _TYPES[label]]),)
    group = source.new_group()
    relation = _text_relation(line, group, [*types_of(line.params), _BROADER_TYPES[label]])
    return (relation, ContentLine(group, "X-ABLabel", (), label))


def agent_for_four(line: ContentLine) -> ContentLine:
    """AGENT as RELATED;TYPE=agent; a card within the card stays a text."""
    if value_type(line) == "uri":
        params = with_types(omitting(line.params, "VALUE"), ["agent"])
        return ContentLine(line.group, "RELATED", params, uri(line.value))
    return _text_relation(line, line.group, [*types_of(line.params), "agent"])


def for_three(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """RELATED with a text as Apple and Evolution have it, or as an AGENT.

    A RELATED with a URI names nobody: it stays, but for that of an AGENT.
    """
    is_uri = (value_type(line) or ("uri" if ":" in line.value else "text")) == "uri"
    types = [word for word in types_of(line.params) if word.lower() != "pref"]
    if [word.lower() for word in types] == ["agent"]:
        return (_agent_for_three(line, is_uri),)
    if is_uri:
        return (line,)
    label, group = source.label(line), line.group
    made: list[ContentLine] = []
    if label:
        types = [word for word in types if word.lower() != _BROADER_TYPES.get(label)]
    elif label := next((_LABELS[w.lower()] for w in types if w.lower() in _LABELS), ""):
        types = types if len(types) > 1 else []
        group = source.new_group()
        made.append(ContentLine(group, "X-ABLabel", (), label))
    value = text_for_three(line.value)
    params = with_types(omitting(line.params, "VALUE"), [*types, *_preference(line)])
    made.insert(0, ContentLine(group, "X-ABRELATEDNAMES", params, value))
    name = _EVOLUTION.get(label)
    if name and name not in source.names and source.is_first(name):
        made.append(ContentLine("", name, (), value))
    return tuple(made)


def _agent_for_three(line: ContentLine, is_uri: bool) -> ContentLine:
    params = with_types(omitting(line.params, "VALUE"), _preference(line))
    if is_uri:
        return ContentLine(line.group, "AGENT", (*params, ("VALUE", ("uri",))), line.value)
    return ContentLine(line.group, "AGENT", params, text_for_three(line.value))


def _preference(line: ContentLine) -> list[str]:
    return [word for word in types_of(line.params) if word.lower() == "pref"]


def _labelled(source: Source) -> frozenset[tuple[str, str]]:
    return frozenset(
        (source.label(line), unescape(line.value).strip())
        for line in source.all("X-ABRELATEDNAMES")
    )


def _text_relation(line: ContentLine, group: str, types: list[str]) -> ContentLine:
    params = with_types((*omitting(line.params, "VALUE"), ("VALUE", ("text",))), types)
    return ContentLine(group, "RELATED", params, text_for_four(line.value))
