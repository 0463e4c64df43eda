"""Requests out of octets."""

from __future__ import annotations

import random
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.ldap.codec.decode import MAX_ATTRIBUTES, MAX_CONTROLS, decode_message
from dirserver.ldap.codec.decode_filter import MAX_FILTER_DEPTH, MAX_FILTER_ITEMS
from dirserver.ldap.codec.messages import (
    AbandonRequest,
    ApproxMatch,
    BindRequest,
    CompareRequest,
    Control,
    DerefAliases,
    Envelope,
    EqualityMatch,
    ExtendedRequest,
    ExtensibleMatch,
    Filter,
    FilterAnd,
    FilterNot,
    FilterOr,
    GreaterOrEqual,
    LessOrEqual,
    MalformedMessage,
    Message,
    Operation,
    PresentFilter,
    RefusedRequest,
    Request,
    SASLAuthentication,
    Scope,
    SearchRequest,
    SimpleAuthentication,
    Substrings,
    UnbindRequest,
    UnknownAuthentication,
    render,
)
from dirserver.ldap.search.matching import matches_container
from tests.ldap import wire

_ids = st.integers(1, 2**31 - 1)
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_descriptions = st.from_regex(r"[a-zA-Z][a-zA-Z0-9-]{0,12}(;[a-z-]{1,5})?", fullmatch=True)
_some = st.binary(min_size=1, max_size=12)
_leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(EqualityMatch, _descriptions, _some | _texts.map(str.encode)),
    st.builds(GreaterOrEqual, _descriptions, st.binary(max_size=12)),
    st.builds(LessOrEqual, _descriptions, st.binary(max_size=12)),
    st.builds(ApproxMatch, _descriptions, st.binary(max_size=12)),
    st.builds(PresentFilter, _descriptions),
    st.builds(
        Substrings,
        _descriptions,
        st.none() | _some,
        st.lists(_some, max_size=3).map(tuple),
        st.none() | _some,
    ).filter(lambda one: one.initial is not None or one.final is not None or one.any != ()),
    st.builds(
        ExtensibleMatch,
        st.none() | _descriptions.filter(lambda name: name != "dn"),
        _descriptions,
        st.binary(max_size=12),
        st.booleans(),
    ),
)
_filters = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(FilterAnd, st.lists(inner, max_size=3).map(tuple)),
        st.builds(FilterOr, st.lists(inner, max_size=3).map(tuple)),
        st.builds(FilterNot, inner),
    ),
    max_leaves=12,
)


def _op(data: bytes) -> Request:
    return decode_message(wire.message(1, data)).op


def _refused(data: bytes) -> MalformedMessage:
    with pytest.raises(MalformedMessage) as refusal:
        decode_message(data)
    return refusal.value


@given(
    _ids,
    _texts,
    st.sampled_from(Scope),
    st.sampled_from(DerefAliases),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**31 - 1),
    st.booleans(),
    _filters,
    st.lists(_texts, max_size=4),
)
def test_a_search_is_read_as_it_was_sent(
    message_id: int,
    base: str,
    scope: Scope,
    deref: DerefAliases,
    size_limit: int,
    time_limit: int,
    types_only: bool,
    filter_: Filter,
    attributes: list[str],
) -> None:
    data = wire.search(
        base,
        render(filter_),
        scope=scope.value,
        deref=deref.value,
        size_limit=size_limit,
        time_limit=time_limit,
        types_only=types_only,
        attributes=attributes,
    )
    assert decode_message(wire.message(message_id, data)) == Message(
        message_id,
        SearchRequest(
            base,
            scope,
            deref,
            size_limit,
            time_limit,
            types_only,
            filter_,
            tuple(attributes),
            _about(filter_),
        ),
    )


def _about(filter_: Filter) -> tuple[str, ...] | None:
    """Return what a filter is about, written anew here."""
    match filter_:
        case FilterNot() | ExtensibleMatch() | FilterAnd(()):
            return None
        case FilterAnd(parts) | FilterOr(parts):
            found = [_about(part) for part in parts]
            known = [one for one in found if one is not None]
            return tuple(chain.from_iterable(known)) if len(known) == len(found) else None
    return (filter_.attribute,)


_names = st.sampled_from(("cn", "mail", "ou", "nothing", "objectClass"))
_of_names = st.recursive(
    st.builds(EqualityMatch, _names, st.just(b"a")) | st.builds(Substrings, _names, st.just(b"a")),
    lambda inner: st.one_of(
        st.builds(FilterAnd, st.lists(inner, max_size=3).map(tuple)),
        st.builds(FilterOr, st.lists(inner, max_size=3).map(tuple)),
        st.builds(FilterNot, inner),
    ),
    max_leaves=5,
)


@given(_of_names, st.dictionaries(_names, st.just(("abc", "a"))))
def test_nothing_is_found_that_has_nothing_of_what_a_filter_is_about(
    filter_: Filter, attributes: dict[str, tuple[str, ...]]
) -> None:
    request = _op(wire.search("", render(filter_)))
    assert isinstance(request, SearchRequest)
    if request.about is not None and attributes.keys().isdisjoint(request.about):
        assert not matches_container(filter_, attributes)


@given(_ids, st.integers(1, 127), _texts, st.binary(max_size=40))
def test_a_bind_is_read_as_it_was_sent(
    message_id: int, version: int, name: str, password: bytes
) -> None:
    data = wire.message(message_id, wire.bind(name, password, version=version))
    request = BindRequest(version, name, SimpleAuthentication(password))
    assert decode_message(data) == Message(message_id, request)


@given(_texts, _texts, st.none() | st.binary(max_size=40))
def test_a_sasl_bind_is_read_as_it_was_sent(
    name: str, mechanism: str, credentials: bytes | None
) -> None:
    assert _op(wire.sasl_bind(name, mechanism, credentials)) == BindRequest(
        3, name, SASLAuthentication(mechanism, credentials)
    )


def test_a_way_to_authenticate_that_nobody_has_defined_is_told_apart() -> None:
    data = wire.tlv(0x60, wire.integer(3) + wire.string("") + wire.string(b"ntlm", 0x8A))
    assert _op(data) == BindRequest(3, "", UnknownAuthentication(0x8A))


def test_a_password_is_not_in_the_text_of_its_request() -> None:
    assert "hunter2" not in repr(decode_message(wire.message(1, wire.bind("a", "hunter2"))))
    assert "hunter2" not in repr(_op(wire.sasl_bind("a", "PLAIN", b"\0a\0hunter2")))


@given(_texts, _texts, st.binary(max_size=40))
def test_a_compare_is_read_as_it_was_sent(entry: str, attribute: str, value: bytes) -> None:
    assert _op(wire.compare(entry, attribute, value)) == CompareRequest(entry, attribute, value)


@given(_texts, st.none() | st.binary(max_size=40))
def test_an_extended_request_is_read_as_it_was_sent(name: str, value: bytes | None) -> None:
    assert _op(wire.extended(name, value)) == ExtendedRequest(name, value)


def test_abandon_and_unbind_are_read() -> None:
    assert _op(wire.abandon(77)) == AbandonRequest(77)
    assert _op(wire.unbind()) == UnbindRequest()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (wire.modify("cn=a", "sn", "b"), Operation.MODIFY_REQUEST),
        (wire.add("cn=a", "sn", "b"), Operation.ADD_REQUEST),
        (wire.delete("cn=a"), Operation.DELETE_REQUEST),
        (wire.modify_dn("cn=a", "cn=b"), Operation.MODIFY_DN_REQUEST),
    ],
)
def test_of_a_write_only_its_kind_is_read(data: bytes, kind: Operation) -> None:
    assert _op(data) == RefusedRequest(kind)


@given(st.lists(st.tuples(_texts, st.booleans(), st.none() | st.binary(max_size=9)), max_size=4))
def test_controls_are_read_as_they_were_sent(
    controls: list[tuple[str, bool, bytes | None]],
) -> None:
    spelled = [wire.control(oid, critical=yes, value=value) for oid, yes, value in controls]
    data = wire.message(1, wire.unbind(), spelled)
    assert decode_message(data).controls == tuple(Control(*one) for one in controls)


def test_a_criticality_that_says_the_default_is_read_too() -> None:
    spelled = wire.tlv(0x30, wire.string("1.2.3") + wire.boolean(False) + wire.string(b"x"))
    data = wire.message(1, wire.unbind(), [spelled])
    assert decode_message(data).controls == (Control("1.2.3", False, b"x"),)


def test_outlooks_long_lengths_are_read() -> None:
    bind = wire.tlv(
        0x60,
        wire.tlv(0x02, b"\x03", octets=4)
        + wire.tlv(0x04, b"admin", octets=4)
        + wire.tlv(0x80, b"secret", octets=4),
        octets=4,
    )
    data = wire.tlv(0x30, wire.tlv(0x02, b"\x0a", octets=4) + bind, octets=4)
    request = BindRequest(3, "admin", SimpleAuthentication(b"secret"))
    assert decode_message(data) == Message(10, request)


def test_any_octet_but_zero_is_true_in_types_only() -> None:
    data = wire.search("", "(cn=*)", types_only=True).replace(b"\x01\x01\xff", b"\x01\x01\x01")
    request = _op(data)
    assert isinstance(request, SearchRequest)
    assert request.types_only


def test_trailing_components_nobody_knows_are_ignored_rfc_4511_section_4() -> None:
    extra = wire.string(b"from the future", 0x8F)
    data = wire.tlv(0x30, wire.integer(1) + wire.unbind() + extra)
    assert decode_message(data) == Message(1, UnbindRequest())
    data = wire.tlv(0x77, wire.string("1.2", 0x80) + extra)
    assert _op(data) == ExtendedRequest("1.2", None)


# What is wrong below the surface: the session is over (RFC 4511 section 4.1.1).
_UNREADABLE = {
    "nothing": b"",
    "another tag": b"\x31\x05\x02\x01\x01\x42\x00",
    "octets after the message": wire.message(1, wire.unbind()) + b"\x00",
    "octets after the operation": wire.tlv(0x30, wire.integer(1) + wire.unbind() + b"\xa0"),
    "no operation": wire.tlv(0x30, wire.integer(1)),
    "no id": wire.tlv(0x30, wire.unbind()),
    "an id of zero": wire.message(0, wire.unbind()),
    "a negative id": wire.message(-1, wire.unbind()),
    "too large an id": wire.message(2**31, wire.unbind()),
    "an empty id": wire.tlv(0x30, b"\x02\x00" + wire.unbind()),
    "a response": wire.message(1, wire.tlv(0x61, b"\x0a\x01\x00\x04\x00\x04\x00")),
    "an unknown operation": wire.message(1, wire.tlv(0x7E, b"")),
    "an unbind with contents": wire.message(1, wire.tlv(0x42, b"x")),
    "an inner length past the outer one": b"\x30\x08\x02\x01\x01\x60\x40\x02\x01\x03",
    "an indefinite inner length": b"\x30\x07\x02\x01\x01\x60\x80\x00\x00",
    "a version that is a string": wire.message(1, wire.tlv(0x60, wire.string("3"))),
    "a constructed string": wire.message(1, wire.tlv(0x77, wire.tlv(0xA0, wire.string("1.2")))),
    "controls that are no sequences": wire.message(1, wire.unbind(), [wire.string("1.2.3")]),
    "a control without a name": wire.message(1, wire.unbind(), [wire.tlv(0x30, b"")]),
    "a negation of two": wire.message(
        1,
        wire.search("", "(cn=*)").replace(
            wire.search_filter("(cn=*)"),
            wire.tlv(0xA2, wire.search_filter("(cn=*)") * 2),
        ),
    ),
}


@pytest.mark.parametrize("data", _UNREADABLE.values(), ids=_UNREADABLE.keys())
def test_octets_that_are_no_request_end_the_session(data: bytes) -> None:
    assert _refused(data).envelope is None


def _search_with(spelled_filter: bytes) -> bytes:
    return wire.tlv(
        0x63,
        wire.string("")
        + wire.integer(2, 0x0A)
        + wire.integer(0, 0x0A)
        + wire.integer(0) * 2
        + wire.boolean(False)
        + spelled_filter
        + wire.tlv(0x30, b""),
    )


def _substrings(*parts: bytes) -> bytes:
    return _search_with(wire.tlv(0xA4, wire.string("cn") + wire.tlv(0x30, b"".join(parts))))


_SEARCH, _BIND = Operation.SEARCH_REQUEST, Operation.BIND_REQUEST
# What is well-formed and may not be said: the request is answered with protocolError.
_UNACCEPTABLE = {
    "a base that is not UTF-8": (wire.search(b"\xff"), _SEARCH),
    "an attribute that is not UTF-8": (wire.search(attributes=[b"\xc3"]), _SEARCH),
    "a filter attribute that is not UTF-8": (
        _search_with(wire.string(b"\xff", 0x87)),
        _SEARCH,
    ),
    "a bind name that is not UTF-8": (wire.bind(b"\xfc"), _BIND),
    "version 0": (wire.bind("", version=0), _BIND),
    "version 128": (wire.bind("", version=128), _BIND),
    "an unknown scope": (wire.search(scope=4), _SEARCH),
    "a negative scope": (wire.search(scope=-1), _SEARCH),
    "an unknown way with aliases": (wire.search(deref=4), _SEARCH),
    "a negative limit": (wire.search(size_limit=-1), _SEARCH),
    "a limit past maxInt": (wire.search(time_limit=2**31), _SEARCH),
    "an unknown kind of filter": (_search_with(wire.string("cn", 0x8C)), _SEARCH),
    "two beginnings": (_substrings(wire.string("a", 0x80) * 2), _SEARCH),
    "a beginning that is not first": (
        _substrings(wire.string("a", 0x81), wire.string("b", 0x80)),
        _SEARCH,
    ),
    "an end that is not last": (
        _substrings(wire.string("a", 0x82), wire.string("b", 0x81)),
        _SEARCH,
    ),
    "an unknown part": (_substrings(wire.string("a", 0x83)), _SEARCH),
    "an extensible match of nothing": (
        _search_with(wire.tlv(0xA9, wire.string("x", 0x83))),
        _SEARCH,
    ),
    "an extensible match without a value": (
        _search_with(wire.tlv(0xA9, wire.string("cn", 0x82))),
        _SEARCH,
    ),
    "an abandoned id past maxInt": (wire.abandon(2**31), Operation.ABANDON_REQUEST),
}
# What a request may say, but not so much of it.
_TOO_MUCH = {
    "too many attributes": (wire.search(attributes=["cn"] * (MAX_ATTRIBUTES + 1)), _SEARCH),
    "too many filter items": (
        wire.search("", f"(|{'(cn=a)' * MAX_FILTER_ITEMS})"),
        _SEARCH,
    ),
    "too many parts of a substring": (
        wire.search("", f"(cn={'*a' * MAX_FILTER_ITEMS}*)"),
        _SEARCH,
    ),
}


@pytest.mark.parametrize(("data", "kind"), _UNACCEPTABLE.values(), ids=_UNACCEPTABLE.keys())
def test_a_request_that_says_what_none_may_is_refused_by_its_id(
    data: bytes, kind: Operation
) -> None:
    assert _refused(wire.message(42, data)).envelope == Envelope(42, kind)


@pytest.mark.parametrize(("data", "kind"), _TOO_MUCH.values(), ids=_TOO_MUCH.keys())
def test_a_request_that_asks_too_much_is_refused_by_its_id(data: bytes, kind: Operation) -> None:
    envelope = Envelope(42, kind, asks_too_much=True)
    assert _refused(wire.message(42, data)).envelope == envelope


def test_a_rule_for_all_attributes_counts_as_many_items() -> None:
    one = "(:caseIgnoreMatch:=x)"
    _op(wire.search("", f"(|{one * 9})"))
    data = wire.message(1, wire.search("", f"(|{one * 10})"))
    assert _refused(data).envelope == Envelope(1, _SEARCH, asks_too_much=True)


def test_a_request_with_too_many_controls_is_refused_by_its_id() -> None:
    data = wire.message(3, wire.search(), [wire.control("1.2.3")] * (MAX_CONTROLS + 1))
    assert _refused(data).envelope == Envelope(3, _SEARCH, asks_too_much=True)


@pytest.mark.parametrize("around", [("(!", ")"), ("(&", ")"), ("(|", ")")])
def test_a_filter_may_be_nested_as_deeply_as_the_limit_and_no_deeper(
    around: tuple[str, str],
) -> None:
    before, after = around
    depth = MAX_FILTER_DEPTH - 1
    _op(wire.search("", before * depth + "(cn=a)" + after * depth))
    data = wire.message(1, wire.search("", before * (depth + 1) + "(cn=a)" + after * (depth + 1)))
    assert _refused(data).envelope == Envelope(1, _SEARCH, asks_too_much=True)


def test_a_filter_may_have_as_many_items_as_the_limit() -> None:
    _op(wire.search("", f"(|{'(cn=a)' * (MAX_FILTER_ITEMS - 1)})"))


def test_a_substring_of_no_parts_is_read_as_it_is() -> None:
    request = _op(_substrings())
    assert isinstance(request, SearchRequest)
    assert request.filter == Substrings("cn")
    assert render(request.filter) == "(cn=*)"


@given(st.binary(max_size=60))
def test_noise_is_never_more_than_malformed(noise: bytes) -> None:
    for data in (noise, wire.tlv(0x30, noise), wire.tlv(0x30, wire.integer(1) + noise)):
        try:
            decode_message(data)
        except MalformedMessage:
            continue


_SAMPLES = [
    wire.message(
        7,
        wire.search(
            "dc=example,dc=org",
            "(&(objectClass=person)(|(cn=*mü*ll*)(sn=a*)(!(mail=*z)))(cn:dn:2.5.13.2:=x)(l>=b))",
            attributes=["cn", "mail"],
        ),
        [wire.control("1.2.840.113556.1.4.319", critical=True, value=b"\x30\x00")],
    ),
    wire.message(1, wire.bind("uid=alice", "secret")),
    wire.message(1, wire.sasl_bind("", "PLAIN", b"\0a\0b")),
    wire.message(2**31 - 1, wire.compare("cn=a", "sn", "b")),
    wire.message(9, wire.extended("1.3.6.1.4.1.1466.20037", b"x")),
    wire.message(9, wire.abandon(3)),
]


@settings(max_examples=500)
@given(st.sampled_from(_SAMPLES), st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_damaged_request_is_never_more_than_malformed(
    sample: bytes, chance: random.Random, times: int
) -> None:
    data = bytearray(sample)
    for _ in range(times):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                del data[at : at + chance.randrange(1, 4)]
            case _:
                data[at:at] = chance.randbytes(chance.randrange(1, 4))
        if not data:
            return
    try:
        message_id = decode_message(bytes(data)).id
    except MalformedMessage as refusal:
        if refusal.envelope is None:
            return
        message_id = refusal.envelope.id
    assert 0 < message_id < 2**31


@pytest.mark.parametrize("sample", _SAMPLES)
def test_every_cut_of_a_request_is_malformed(sample: bytes) -> None:
    for cut in range(len(sample)):
        assert _refused(sample[:cut]).envelope is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(cn=a\\2ab\\28\\29\\5c)", "(cn=a\\2ab\\28\\29\\5c)"),
        ("(cn=M\\c3\\bcller)", "(cn=Müller)"),
        ("(cn=\\ff\\0a)", "(cn=\\ff\\0a)"),
        ("(&)", "(&)"),
        ("(:dn:2.5.13.2:=x)", "(:dn:2.5.13.2:=x)"),
    ],
)
def test_a_filter_is_rendered_as_rfc_4515_writes_it(text: str, shown: str) -> None:
    request = _op(wire.search("", text))
    assert isinstance(request, SearchRequest)
    assert render(request.filter) == shown


@given(_texts, _texts.map(str.encode) | st.binary(max_size=20))
def test_a_rendered_filter_is_one_printable_line(name: str, value: bytes) -> None:
    assert render(EqualityMatch(name, value)).isprintable()
