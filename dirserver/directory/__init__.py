"""The one door: both faces, and every command, reach data through here and nowhere else.

``DirectoryReader`` is all that the LDAP face is given; it cannot write. ``Directory`` adds
writing. Each act decides, acts and audits in one transaction.
"""

from dirserver.directory.access.identity import Authenticator
from dirserver.directory.derivation import Deriver
from dirserver.directory.directory import Directory, DirectoryReader
from dirserver.directory.lookups import Detail
from dirserver.directory.reading import Reading
from dirserver.directory.writing import Writing
from dirserver.model.addressbook import label_of
from dirserver.store.cards import BookState
from dirserver.store.trail.audit import AuditFilter
from dirserver.store.trail.chain import Head as AuditHead
from dirserver.store.trail.chain import Verdict as AuditVerdict

__all__ = [
    "AuditFilter",
    "AuditHead",
    "AuditVerdict",
    "Authenticator",
    "BookState",
    "Deriver",
    "Detail",
    "Directory",
    "DirectoryReader",
    "Reading",
    "Writing",
    "label_of",
]
