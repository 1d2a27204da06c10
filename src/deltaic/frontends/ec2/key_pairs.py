"""Key pairs."""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, unsupported
from deltaic.frontends.ec2.resolve import native_id, native_ids
from deltaic.frontends.ec2.tagging import specified_tags, tag_set
from deltaic.model.key_pair import KeyPair
from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.filters import FilterTable

KEY_PAIRS = FilterTable(
    {"fingerprint": "KeyFingerprint", "key-name": "KeyName", "key-pair-id": "KeyPairId", "key-type": "KeyType"},
    tags="Tags",
)


@action("DescribeKeyPairs", filters=KEY_PAIRS)
async def describe_key_pairs(request: Ec2Request) -> dict[str, Any]:
    """The caller's key pairs."""
    matches = request.matcher(KEY_PAIRS)
    texts = request.get("KeyPairIds", ())
    ids = await native_ids(request, "key", texts) if texts else ()
    pairs = await request.services.key_pairs.list(request.context, names=request.get("KeyNames", ()), ids=ids)
    request.learn("key", (pair.id for pair in pairs))
    rows = [_key_pair(request, pair, bool(request.get("IncludePublicKey"))) for pair in pairs]
    return {"KeyPairs": [row for row in rows if matches(row)]}


def _identity(request: Ec2Request, pair: KeyPair) -> dict[str, Any]:
    return {
        "KeyPairId": request.id("key", pair.id),
        "KeyName": pair.name,
        "KeyFingerprint": pair.fingerprint,
        "Tags": tag_set(pair.tags),
    }


def _key_pair(request: Ec2Request, pair: KeyPair, public: bool) -> dict[str, Any]:
    found = _identity(request, pair) | {"KeyType": pair.key_type, "CreateTime": pair.created_at}
    return found | {"PublicKey": pair.public_key} if public else found


def _tags(request: Ec2Request) -> dict[str, str]:
    return specified_tags(request.get("TagSpecifications", ()), ("key-pair",)).get("key-pair", {})


async def _refuse_duplicate(request: Ec2Request, name: str) -> None:
    """A dry run finds a taken name too; the creation itself is decided by the store."""
    taken = await request.services.key_pairs.list(request.context)
    if any(pair.name == name for pair in taken):
        raise AwsError("InvalidKeyPair.Duplicate", f"The keypair '{name[:255]}' already exists.")


@action("CreateKeyPair", writes=True, unsupported=("KeyFormat=ppk",))
async def create_key_pair(request: Ec2Request) -> dict[str, Any]:
    """Make a key pair; the private key is in the answer and nowhere else."""
    name, tags = request.require("KeyName"), _tags(request)
    if request.get("KeyFormat", "pem") != "pem":
        raise unsupported("KeyFormat", "private keys are written as pem.")
    await _refuse_duplicate(request, name)
    request.before_acting()
    pair, private = await request.services.key_pairs.generate(
        request.context, name, key_type=request.get("KeyType", "rsa"), tags=tags
    )
    request.learn("key", [pair.id])
    return _identity(request, pair) | {"KeyMaterial": private.reveal()}


@action("ImportKeyPair", writes=True)
async def import_key_pair(request: Ec2Request) -> dict[str, Any]:
    """Keep a public key under a name."""
    name, tags = request.require("KeyName"), _tags(request)
    await _refuse_duplicate(request, name)
    request.before_acting()
    pair = await request.services.key_pairs.import_(
        request.context, name, request.require("PublicKeyMaterial"), tags=tags
    )
    request.learn("key", [pair.id])
    return _identity(request, pair)


@action("DeleteKeyPair", writes=True)
async def delete_key_pair(request: Ec2Request) -> dict[str, Any]:
    """Remove a key pair by name or id; fine when there is none of that name."""
    name, text = request.get("KeyName", ""), request.get("KeyPairId", "")
    if not name and not text:
        raise AwsError("MissingParameter", "The request must contain the parameter KeyName or KeyPairId")
    native = await native_id(request, "key", text) if text else ""
    request.before_acting()
    pair = await request.services.key_pairs.delete(request.context, name=name, key_pair_id=native)
    return {"Return": True} | ({"KeyPairId": request.id("key", pair.id)} if pair else {})
