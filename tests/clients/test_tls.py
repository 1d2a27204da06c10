"""boto3 over TLS: the certificate is checked, the address told is https, and idle connections don't hold up the end."""

from __future__ import annotations

import datetime
import ipaddress
import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import SSLError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.clients.gateway import ONCE
from tests.support.processes import PASSWORD, USER, Process, clean_environment, data_folder, url_in


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the loopback address, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    files[1].chmod(0o600)
    return files


def test_boto3_over_tls(tmp_path: Path) -> None:
    data = data_folder(tmp_path, "gateway")
    public, private = certificate(tmp_path)
    engine = Process(["engine", "--port", "0"])
    try:
        provider = url_in(engine.ready())
        made = subprocess.run(
            [sys.executable, "-m", "deltaic", "keys", "create", "-u", USER, "--password-stdin", "--json"],
            input=PASSWORD,
            env=clean_environment() | {"DELTAIC_DATA": data, "API_PROVIDER": provider},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        key = json.loads(made.stdout)
        tls = ["-s", "-C", str(public), "-k", str(private)]
        serve = Process(["serve", "-P", provider, "-p", "0", "--data", data, *tls])
        try:
            url = f"{url_in(serve.ready())}/"
            assert url.startswith("https://127.0.0.1:")
            session = boto3.Session(key["access_key"], key["secret_key"], region_name="us-east-1")
            ec2 = session.client("ec2", endpoint_url=url, verify=str(public), config=ONCE)
            regions = {each["RegionName"]: each["Endpoint"] for each in ec2.describe_regions()["Regions"]}
            assert regions == dict.fromkeys(("Default", "barcelona"), url.rstrip("/"))
            with pytest.raises(SSLError):
                session.client("ec2", endpoint_url=url, config=ONCE).describe_regions()
        finally:
            code = serve.stop()
        assert code == 0
        assert "timeout graceful shutdown exceeded" not in serve.output
    finally:
        engine.stop()
