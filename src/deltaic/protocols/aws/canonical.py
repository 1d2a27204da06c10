"""Canonical forms of paths, queries and headers that AWS signatures are computed over.

Everything here works on bytes as received and takes time linear in their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote_to_bytes

from deltaic.protocols.aws.credentials import Pairs, SignatureError, incomplete

MAX_PARAMETERS = 20_000
UNRESERVED = "-_.~"
_BLANKS = re.compile(r"[ \t\r\n]+")


def split_pairs(raw: bytes) -> list[tuple[bytes, bytes]]:
    """Split a query string or form body into its undecoded pairs; a name without `=` has an empty value.

    Raises SignatureError (MalformedQueryString, 400) above `MAX_PARAMETERS`.
    """
    if raw.count(b"&") >= MAX_PARAMETERS:
        raise SignatureError("MalformedQueryString", f"More than {MAX_PARAMETERS} parameters", 400)
    pairs = []
    for piece in raw.split(b"&"):
        if piece:
            name, _, value = piece.partition(b"=")
            pairs.append((name, value))
    return pairs


def decode_pairs(raw: bytes) -> Pairs:
    """Split and percent-decode a query string or form body; `+` is a space, as form parsers read it."""
    if b"%" not in raw and b"+" not in raw:
        return split_pairs(raw)
    return [(_decode(name), _decode(value)) for name, value in split_pairs(raw)]


def _decode(piece: bytes) -> bytes:
    return unquote_to_bytes(piece.replace(b"+", b" "))


def encode_pairs(pairs: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """Percent-encode decoded pairs by RFC 3986 into `name=value`, in their order."""
    return [f"{quote(name, safe=UNRESERVED)}={quote(value, safe=UNRESERVED)}" for name, value in pairs]


def canonical_query(raw: bytes, without: bytes | None = None) -> str:
    """Decode, encode anew and sort a query string, leaving out the parameter named `without`."""
    if not raw:
        return ""
    encoded = [
        (quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED))
        for name, value in decode_pairs(raw)
        if name != without
    ]
    encoded.sort()
    return "&".join(f"{name}={value}" for name, value in encoded)


def raw_query(raw: bytes, without: bytes | None = None) -> str:
    """Sort a query string as it was sent, without encoding it anew: what curl and botocore sign for a URL."""
    pairs = sorted(pair for pair in split_pairs(raw) if pair[0] != without)
    return "&".join(f"{name.decode('latin-1')}={value.decode('latin-1')}" for name, value in pairs)


def query_candidates(raw: bytes, without: bytes | None = None) -> tuple[str, ...]:
    """All texts a client may have signed for this query string, the usual one first."""
    usual = canonical_query(raw, without)
    as_sent = raw_query(raw, without)
    return (usual,) if usual == as_sent else (usual, as_sent)


def normalize_path(path: bytes) -> bytes:
    """Resolve `.` and `..` and collapse slashes, keeping one at the end: EC2's paths are signed like this."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    end = b"/" if kept and path.endswith(b"/") else b""
    return b"/" + b"/".join(kept) + end


def path_candidates(raw_path: bytes) -> tuple[str, ...]:
    """All texts a client may have signed for this path, the usual one (normalized, encoded twice) first.

    The path as sent is the second. It is left out where it holds `%25`: there the text could be the
    usual form of a different path.
    """
    usual = quote(normalize_path(raw_path), safe="/" + UNRESERVED)
    as_sent = raw_path.decode("latin-1") or "/"
    return (usual,) if as_sent == usual or "%25" in as_sent else (usual, as_sent)


def fold_headers(raw_headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Turn a server's header list into the mapping signatures need.

    Names become lower case, values keep their bytes (as latin-1) without surrounding blanks,
    repeated headers are joined with a comma in the order received.
    """
    folded: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name = raw_name.decode("latin-1").lower()
        value = raw_value.decode("latin-1").strip(" \t\r\n")
        folded[name] = f"{folded[name]},{value}" if name in folded else value
    return folded


def canonical_headers(headers: Mapping[str, str], names: Iterable[str]) -> str:
    """Write the named headers as `name:value` lines, sorted, with runs of blanks collapsed.

    Raises SignatureError (IncompleteSignature, 400) for a header that is named but was not received.
    """
    lines = []
    for name in sorted(names):
        value = headers.get(name)
        if value is None:
            raise incomplete("A header named in SignedHeaders is not in the request")
        lines.append(f"{name}:{_BLANKS.sub(' ', value).strip(' ')}\n")
    return "".join(lines)


def header_bytes(text: str) -> bytes:
    """Encode text made of header values the way it was on the wire; beyond latin-1 it was UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")
