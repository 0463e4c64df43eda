"""What is said of each cause for which a client found nothing, and what helps."""

from __future__ import annotations

from dirserver.ldap.diagnosis.reasons import Cause

# Why, and what to do; LOGIN is who was answered.
REMEDIES: dict[Cause, tuple[str, str]] = {
    Cause.FOUND: ("this went well", "If the phone shows nothing, compare its display settings."),
    Cause.NOTHING_ASKED: (
        "it connected and asked for nothing",
        "A port check does that; a phone may want TLS on this port.",
    ),
    Cause.TLS_ON_PLAIN_PORT: (
        "it speaks TLS on a port without",
        "Set the phone to the ldaps port, or to StartTLS.",
    ),
    Cause.PLAIN_ON_TLS_PORT: (
        "it speaks no TLS on the ldaps port; a phone that is set to StartTLS does that",
        "Set the phone to LDAPS on this port, or to StartTLS on the plain port.",
    ),
    Cause.TLS_REFUSED: (
        "it broke TLS off; most likely it does not trust the certificate",
        "Load the authority's certificate into the phone, and name the server as it does.",
    ),
    Cause.TLS_TOO_OLD: (
        "its TLS is older than what the server takes",
        "Update the phone's firmware; else let its network into plaintext_bind.",
    ),
    Cause.NOT_LDAP: ("what it sent is not LDAP", "Correct the port in the phone."),
    Cause.VERSION: ("it speaks LDAP version 2", "Set the phone to version 3."),
    Cause.MECHANISM: (
        "it wants to log in in a way that is not offered",
        "Set the phone to simple authentication, or to TLS, over which PLAIN is offered.",
    ),
    Cause.PLAINTEXT_BIND: (
        "a password without TLS is not taken from this address",
        "Use ldaps or StartTLS, or add the phone's network to plaintext_bind in [ldap].",
    ),
    Cause.NO_PASSWORD: (
        "it sent a name without a password",
        "Type the password into the phone; for an anonymous phone, leave the name empty, too.",
    ),
    Cause.WRONG_PASSWORD: (
        "the password is wrong",
        "Type it again, or make one for the phone: dirserver device add LOGIN NAME --only ldap",
    ),
    Cause.UNKNOWN_LOGIN: (
        "nobody has this login",
        "Use the login or the mail address of a user in the config; see `dirserver audit`.",
    ),
    Cause.DEVICE: (
        "the password is a device's that is not good here, or one's own where devices are wanted",
        "See what it is good for: dirserver device list",
    ),
    Cause.BLOCKED: (
        "so many logins failed that the address has to wait",
        "Correct the password in the phone, and wait up to five minutes.",
    ),
    Cause.NO_BIND: (
        "it searched without logging in, and [ldap] anonymous is off",
        "Give the phone a login and a password, or set anonymous = true and a grant to anonymous.",
    ),
    Cause.NO_GRANT: (
        "there are such cards, or such a book, but no grant lets LOGIN search them from there",
        "Ask: dirserver why LOGIN search BOOK --from ADDRESS",
    ),
    Cause.HIDDEN: (
        "it asks for what is hidden from LOGIN",
        "Search by another field, or change hide in the grant, or ldap_shows of the book.",
    ),
    Cause.BASE: (
        "the base is not there, or what was asked for is not below it",
        "Set the base to the suffix, SUFFIX, or to that of a book.",
    ),
    Cause.SCOPE: (
        "the scope does not reach the cards",
        "Set the scope to subtree.",
    ),
    Cause.ENTRY_GONE: (
        "the entry was there when the phone made its list, or may be seen no more",
        "Search again on the phone.",
    ),
    Cause.OBJECT_CLASS: (
        "the filter wants an object class that the entries do not have",
        "Ask for (objectClass=person) or inetOrgPerson, or leave that part out.",
    ),
    Cause.PLACEHOLDER: (
        "the filter still has its placeholder: the phone has put nothing in its place",
        "Use the placeholder of this phone: % for most, $VALUE for Cisco, # for Akuvox.",
    ),
    Cause.ATTRIBUTE: (
        "none of the attributes in the filter is known",
        "Search cn, sn, givenName, telephoneNumber, mobile, homePhone.",
    ),
    Cause.UNKNOWN_PART: (
        "the filter depends on an attribute that is not known here",
        "Leave that part out; (objectCategory=person) and the like are for Active Directory.",
    ),
    Cause.NUMBER_AS_NAME: (
        "a number was looked for among names",
        "Put (|(telephoneNumber=%)(mobile=%)(homePhone=%)) into the phone's number filter.",
    ),
    Cause.NO_DIGITS: (
        "a number is asked for and what was typed has no digits",
        "Search names too: the name filter is for letters, the number filter for digits.",
    ),
    Cause.NO_WILDCARD: (
        "only values that are equal are asked for; with wildcards there are some",
        "Write (cn=%*) or (telephoneNumber=*%*) for (cn=%) and (telephoneNumber=%), as snom needs.",
    ),
    Cause.ANSWER_ATTRIBUTES: (
        "it was given entries, but asks for no attribute that they have",
        "Name attributes: cn sn givenName; number attributes: telephoneNumber mobile homePhone.",
    ),
    Cause.SIZE_LIMIT: (
        "there are more than it was given: its own limit, or max_hits, cut the list",
        "Type more letters; raise the most hits in the phone, or max_hits in [ldap].",
    ),
    Cause.TIME_LIMIT: (
        "the search took longer than the phone wants to wait",
        "Search by beginnings rather than by parts, and raise the phone's time limit.",
    ),
    Cause.MALFORMED: (
        "the request does not follow the standard, or asks for too much at once",
        "Look for a missing bracket in the phone's filters; Grandstream's manual has one.",
    ),
    Cause.CONTROL: (
        "it insists on a control, or a use of one, that is not to be had",
        "Switch off server-side sorting or virtual lists in the phone; the server sorts anyway.",
    ),
    Cause.WRITE: ("it tries to write", "The directory is changed over CardDAV."),
    Cause.BUSY: ("the database could not be used", "See the log; run `dirserver doctor`."),
    Cause.NOBODY: (
        "nobody like that is in the books",
        "Look with `dirserver search`, and whether the number is in the card.",
    ),
    Cause.CHANGED: (
        "it would find somebody now",
        "Search again; the card, the grant or the login came since.",
    ),
    Cause.BUG: ("the server failed", "See the log, and report it."),
}
