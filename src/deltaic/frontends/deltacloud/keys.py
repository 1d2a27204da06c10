"""Keys: public SSH keys under a name, per user."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.links import Links
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.key_pair import KeyPair
from deltaic.protocols.deltacloud.families.access import Key
from deltaic.protocols.deltacloud.parameters import required


async def index(call: Call) -> Sequence[Key]:
    """The caller's keys by name; `id` chooses among them."""
    pairs = await call.services.key_pairs.list(call.context)
    return [key(call.links, pair) for pair in pairs if call.get("id") in ("", pair.name)]


async def show(call: Call, wanted: str) -> Key:
    """One key by its name."""
    try:
        return key(call.links, await call.services.key_pairs.get(call.context, wanted))
    except Error as error:
        raise (not_found("key", wanted) if error.kind is ErrorKind.NOT_FOUND else error) from None


async def create(call: Call) -> Key:
    """Make a key pair, of which the private half is told this once; or keep a `public_key`."""
    name = required(call.parameters, "name").strip()
    public = call.get("public_key")
    if public:
        return key(call.links, await call.services.key_pairs.import_(call.context, name, public.encode()))
    pair, private = await call.services.key_pairs.generate(call.context, name)
    return key(call.links, pair, private.reveal())


async def destroy(call: Call, wanted: str) -> None:
    """Forget a key."""
    if await call.services.key_pairs.delete(call.context, wanted) is None:
        raise not_found("key", wanted)


def key(links: Links, pair: KeyPair, pem: str = "") -> Key:
    """A key."""
    actions = (links.destroy("keys", pair.name),)
    return Key(pair.name, links.to("keys", pair.name), pair.name, pair.fingerprint, pem=pem, actions=actions)
