"""What Schemathesis has to be told: the bodies of tus are plain bytes, and what cursors and checksums look like."""

import base64

import schemathesis
from hypothesis import strategies


def cursor(id) -> str:
    return base64.urlsafe_b64encode(f"1:{id.hex}".encode()).rstrip(b"=").decode()


def checksum(digest: bytes) -> str:
    return f"sha256 {base64.b64encode(digest).decode()}"


schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
schemathesis.openapi.format("cursor", strategies.uuids().map(cursor))
schemathesis.openapi.format("checksum", strategies.binary(min_size=32, max_size=32).map(checksum))


@schemathesis.hook
def filter_case(context, case) -> bool:
    """Headers that nobody knows are to be ignored, says HTTP; Schemathesis expects them to be refused."""
    return not any(name.lower().startswith("x-schemathesis-unknown") for name in case.headers or {})
