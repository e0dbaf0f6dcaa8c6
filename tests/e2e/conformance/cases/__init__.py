"""All cases. Their names are unique."""

from conformance.cases import (chunks, conditions, connections, expectations, fields, framing, hosts, limits, methods,
                               ranges, request_line, uris)

GROUPS = {
    "Request line": request_line.CASES,
    "Fields": fields.CASES,
    "Host and target forms": hosts.CASES,
    "Content-Length and Transfer-Encoding": framing.CASES,
    "Chunks": chunks.CASES,
    "Expect": expectations.CASES,
    "Connections": connections.CASES,
    "Methods": methods.CASES,
    "URIs": uris.CASES,
    "Conditions": conditions.CASES,
    "Ranges": ranges.CASES,
    "Limits": limits.CASES,
}
CASES = [case for cases in GROUPS.values() for case in cases]
assert len({case.id for case in CASES}) == len(CASES), "two cases of one name"
