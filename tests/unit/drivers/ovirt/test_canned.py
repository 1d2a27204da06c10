"""Engines that can't be trusted: their certificates and their answers."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from deltaic.driver import DriverConfig
from deltaic.drivers import registry
from deltaic.drivers.ovirt.client import AUTHORITY
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from tests.unit.drivers.ovirt.canned import TOKEN, Answer, Authority, canned

TYPES = "/ovirt-engine/api/instancetypes"
CA = "/ovirt-engine" + AUTHORITY.partition("?")[0]
GOOD = Answer(b'{"instance_type":[{"id":"t","name":"Tiny","memory":"536870912"}]}')


def context() -> Context:
    principal = Principal("user:ann", "ann@internal", Secret("swordfish"))
    return Context(principal, Scope(), "r-1", time.monotonic() + 5.0)


async def types(url: str, **config: Any) -> list[str]:
    driver = registry.create("ovirt", DriverConfig(provider=url, **config))
    try:
        return [one.name for one in await driver.instance_types.list(context())]
    finally:
        await driver.close()


class TestTls:
    @pytest.fixture
    def authority(self, tmp_path: Path) -> Authority:
        return Authority(tmp_path)

    def answers(self, authority: Authority) -> dict[str, Answer]:
        return {TYPES: GOOD, CA: Answer(authority.pem, content_type="application/x-x509-ca-cert")}

    async def test_an_unknown_authority_is_refused(self, authority: Authority) -> None:
        async with canned(self.answers(authority), authority.context) as url:
            with pytest.raises(Error, match="certificate can't be verified") as caught:
                await types(url)
        assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, False)

    @pytest.mark.parametrize("insecure", [False, True])
    async def test_https_where_plain_http_is_spoken(self, insecure: bool) -> None:
        async with canned({TYPES: GOOD}) as url:
            with pytest.raises(Error, match="does not speak TLS") as caught:
                await types(url.replace("http:", "https:"), insecure=insecure)
        assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, False)

    async def test_a_ca_file(self, authority: Authority) -> None:
        async with canned(self.answers(authority), authority.context) as url:
            assert await types(url, ca_file=str(authority.file)) == ["Tiny"]

    async def test_the_engines_own_ca_by_fingerprint(self, authority: Authority) -> None:
        async with canned(self.answers(authority), authority.context) as url:
            assert await types(url, ca_fingerprint=authority.fingerprint.upper()) == ["Tiny"]

    async def test_another_fingerprint_is_refused(self, authority: Authority) -> None:
        async with canned(self.answers(authority), authority.context) as url:
            with pytest.raises(Error, match="another fingerprint") as caught:
                await types(url, ca_fingerprint="ab" * 32)
        assert caught.value.kind is ErrorKind.UNAVAILABLE

    async def test_a_ca_that_did_not_sign_the_server_is_refused(self, authority: Authority, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        other = Authority(tmp_path / "other")
        answers = {TYPES: GOOD, CA: Answer(other.pem)}
        async with canned(answers, authority.context) as url:
            with pytest.raises(Error, match="can't be verified"):
                await types(url, ca_fingerprint=other.fingerprint)

    async def test_no_verification_is_loud(self, authority: Authority) -> None:
        async with canned(self.answers(authority), authority.context) as url:
            with capture_logs() as logs:
                assert await types(url, insecure=True) == ["Tiny"]
        assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["tls_verification_is_off"]

    @pytest.mark.parametrize("content", [None, "not a certificate"])
    async def test_a_wrong_ca_file(self, authority: Authority, tmp_path: Path, content: str | None) -> None:
        file = tmp_path / "wrong.pem"
        if content is not None:
            file.write_text(content)
        async with canned({}, authority.context) as url:
            with pytest.raises(Error) as caught:
                await types(url, ca_file=str(file))
        assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "ca_file")


class TestAnswers:
    @pytest.mark.parametrize(
        "answer",
        [
            Answer(b""),
            Answer(b"<html>proxy</html>", content_type="text/html"),
            Answer(b'{"instance_type":'),
            Answer(b'{"instance_type":{}}'),
            Answer(b'{"instance_type":[{"id":"t","memory":"much"}]}'),
            Answer(b'{"instance_type":[{"name":"no id"}]}'),
            Answer(b'{"instance_type":[null]}'),
            Answer(b'{"instance_type":[{"id":"\xff"}]}'),
            Answer(b"[" * 100_000),
            Answer(b"\x00garbage", headers={"Content-Encoding": "gzip"}),
            Answer(gzip.compress(b" " * 100)[:-20], headers={"Content-Encoding": "gzip"}),
            Answer(b"", 500),
            Answer(b"", 302, headers={"Location": "http://127.0.0.2/"}),
        ],
    )
    async def test_nonsense(self, answer: Answer) -> None:
        async with canned({TYPES: answer}) as url:
            with pytest.raises(Error) as caught:
                await types(url)
        assert caught.value.kind is ErrorKind.UNAVAILABLE

    @pytest.mark.parametrize("path", [TYPES, TOKEN])
    @pytest.mark.parametrize(("status", "kind"), [(429, ErrorKind.RATE_LIMITED), (503, ErrorKind.UNAVAILABLE)])
    async def test_a_pause_that_is_asked_for(self, path: str, status: int, kind: ErrorKind) -> None:
        async with canned({path: Answer(b"", status, "text/html", {"Retry-After": "8"})}) as url:
            with pytest.raises(Error) as caught:
                await types(url)
        assert (caught.value.kind, caught.value.retryable, caught.value.retry_after) == (kind, True, 8)

    @pytest.mark.parametrize("memory", [b'"536870912"', b"536870912"])
    async def test_both_forms_of_numbers(self, memory: bytes) -> None:
        body = b'{"instance_type":[{"id":"t","name":"n","memory":%s}]}' % memory
        async with canned({TYPES: Answer(body)}) as url:
            assert await types(url) == ["n"]

    async def test_nothing_is_an_empty_list(self) -> None:
        async with canned({TYPES: Answer(b"{}")}) as url:
            assert await types(url) == []

    async def test_gzip(self) -> None:
        zipped = Answer(gzip.compress(GOOD.body), headers={"Content-Encoding": "gzip"})
        async with canned({TYPES: zipped}) as url:
            assert await types(url) == ["Tiny"]


class TestLogins:
    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (Answer(b'{"error_code":"access_denied","error":"Cannot authenticate"}', 400), ErrorKind.UNAUTHENTICATED),
            (Answer(b'{"error":"invalid_grant","error_description":"x"}', 400), ErrorKind.UNAUTHENTICATED),
            (Answer(b'{"error_code":"server_error","error":"x"}', 400), ErrorKind.UNAVAILABLE),
            (Answer(b"<html>", 503, "text/html"), ErrorKind.UNAVAILABLE),
            (Answer(b"<html>", 404, "text/html"), ErrorKind.UNAVAILABLE),
            (Answer(b'{"access_token":""}'), ErrorKind.UNAVAILABLE),
            (Answer(b'{"access_token":"a\\r\\nX: y"}'), ErrorKind.UNAVAILABLE),
            (Answer(b"[]"), ErrorKind.UNAVAILABLE),
        ],
    )
    async def test_answers(self, answer: Answer, kind: ErrorKind) -> None:
        async with canned({TYPES: GOOD, TOKEN: answer}) as url:
            with pytest.raises(Error) as caught:
                await types(url)
        assert caught.value.kind is kind
        assert "swordfish" not in repr(caught.value) + caught.value.message + str(caught.value.context)

    async def test_no_secret_in_the_log(self) -> None:
        async with canned({TYPES: GOOD}) as url:
            with capture_logs() as logs:
                await types(url)
        shown = str(logs)
        assert "instancetypes" in shown
        assert "swordfish" not in shown
        assert "canned-token" not in shown


class TestDepth:
    """JSON nested without end must be an error like any other nonsense, wherever it stands."""

    DEEP = b'{"instance_type": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"

    async def test_an_answer(self) -> None:
        async with canned({TYPES: Answer(self.DEEP)}) as url:
            with pytest.raises(Error) as caught:
                await types(url)
        assert caught.value.kind is ErrorKind.UNAVAILABLE

    async def test_a_fault(self) -> None:
        async with canned({TYPES: Answer(self.DEEP, 409)}) as url:
            with pytest.raises(Error) as caught:
                await types(url)
        assert caught.value.kind is ErrorKind.CONFLICT

    async def test_a_login(self) -> None:
        async with canned({TYPES: GOOD, TOKEN: Answer(b"[" * 200_000)}) as url:
            with pytest.raises(Error) as caught:
                await types(url)
        assert caught.value.kind is ErrorKind.UNAVAILABLE
