"""Whatever is sent, the answer is a credential, nothing, or a SignatureError with a short text."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from deltaic.protocols.aws.signature import Basic, RequestParts, SignatureError, verify

from .builders import NOW, SECRET, identified, parts

ATOMS = [
    b"AWS4-HMAC-SHA256", b" Credential=", b"AKIDEXAMPLE/20150830/us-east-1/ec2/aws4_request", b", SignedHeaders=",
    b"host;x-amz-date", b", Signature=", b"0" * 64, b"Basic ", b"YTpi", b"X-Amz-Algorithm=", b"&X-Amz-Credential=",
    b"&X-Amz-Date=", b"20150830T123600Z", b"&X-Amz-Expires=", b"60", b"&X-Amz-SignedHeaders=", b"&X-Amz-Signature=",
    b"AWSAccessKeyId=", b"&SignatureVersion=2", b"&SignatureMethod=HmacSHA256", b"&Timestamp=", b"&Expires=",
    b"2015-08-30T12:36:00Z", b"&Signature=", b"%", b"%00", b"%zz", b"=", b"&", b";", b"/", b",", b"\xff", b"\0",
    b"\r\n", b"99999999T999999Z", b"00000000T000000Z", b"9" * 400, b"STREAMING-X", b"UNSIGNED-PAYLOAD", b"../", b"+",
]  # fmt: skip
soup = st.lists(st.sampled_from(ATOMS) | st.binary(max_size=5), max_size=14).map(b"".join)
names = st.sampled_from([
    b"authorization", b"host", b"x-amz-date", b"date", b"x-amz-content-sha256", b"content-type",
    b"x-amz-security-token",
])  # fmt: skip


@settings(max_examples=500)
@given(
    method=st.text(max_size=5),
    path=soup,
    query=soup,
    headers=st.lists(st.tuples(names, soup), max_size=6),
    body=soup,
)
@example("GET", b"/", b"", [(b"authorization", b"AWS4-HMAC-SHA256"), (b"authorization", b"AWS4-HMAC-SHA256")], b"")
def test_only_signature_errors_come_out(
    method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    request = parts(method, path.replace(b"?", b"") + b"?" + query, headers, body)
    refused = refusal(request)
    if refused is not None:
        assert 400 <= refused.status < 500
        assert len(refused.message) < 400
        assert refused.message.isprintable()


def refusal(request: RequestParts) -> SignatureError | None:
    try:
        credential = identified(request)
        if credential is not None and not isinstance(credential, Basic):
            verify(credential, request, SECRET, NOW)
    except SignatureError as refused:
        return refused
    return None


@given(text=st.text(st.sampled_from("SunJa ,:0123456789+-GMTZ()"), max_size=40))
def test_any_date_header(text: str) -> None:
    claim = f"AWS4-HMAC-SHA256 Credential={ATOMS[2].decode()}, SignedHeaders=date;host, Signature={'0' * 64}"
    headers = [(b"Host", b"h"), (b"Date", f"Sun, {text}".encode()), (b"Authorization", claim.encode())]
    refused = refusal(parts(headers=headers))
    assert refused is not None
    assert refused.code in ("IncompleteSignature", "SignatureDoesNotMatch")
