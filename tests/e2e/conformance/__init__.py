"""HTTP/1.1 to the letter: a table of requests and the answers that RFC 9110 and RFC 9112 allow.

    case.py    what a case is, and the little language the tables are written in
    cases/     the tables, by subject
    site.py    the files that every server under test serves
    wire.py    sends many requests at once, whole or in pieces, and reads what comes back
    judge.py   holds the answers against the case

tests/e2e/test_conformance.py runs all of it against Pollux; scripts/conformance runs what
does not depend on Pollux against other servers as well.
"""
