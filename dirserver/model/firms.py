"""What tells the name of a firm from that of a person."""

from __future__ import annotations

_LEGAL_WORDS = """
gmbh mbh ag kg kgaa ohg ug gbr ev e.v. eg ltd limited llc llp inc corp plc sarl sas bv nv aps oy
oyj sro s.r.o. spa s.p.a. srl
"""
# Words at the end of a firm's name, in lower case; what stands after a full stop goes without.
LEGAL_FORMS = frozenset(_LEGAL_WORDS.split())
# What stands between the name of a firm and its legal form.
JOINING = frozenset({"&", "+", "co"})
