"""Public keys that the cloud keeps for its users."""

from __future__ import annotations

from deltaic.conformance.case import Provision, case
from deltaic.conformance.checks import equal, only, refused
from deltaic.conformance.trial import Trial
from deltaic.model.errors import ErrorKind

NEEDS = ("key_pairs_list", "key_pairs_create", "key_pairs_delete")
#: A public key that nobody has the private half of.
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH+E7mYQ1rXyS0S5pG6mJb0jO3gSm5yq1f1z3nT0l5cK ann@example.org"


@case(*NEEDS)
async def life(trial: Trial) -> None:
    """A key pair is kept under its name, once, and forgotten."""
    name = trial.name("key")
    made = await trial.driver.key_pairs.create(trial.context(), name, PUBLIC)
    equal("name", made.name, name)
    listed = await trial.driver.key_pairs.list(trial.context())
    found = only("key pairs of the name", [one for one in listed if one.name == name])
    equal("public key", found.public_key.split()[:2], PUBLIC.split()[:2])
    async with refused("a taken name", ErrorKind.ALREADY_EXISTS):
        await trial.driver.key_pairs.create(trial.context(), name, PUBLIC)
    await trial.driver.key_pairs.delete(trial.context(), name)
    equal("it in the list", [x for x in await trial.driver.key_pairs.list(trial.context()) if x.name == name], [])
    async with refused("a second removal", ErrorKind.NOT_FOUND):
        await trial.driver.key_pairs.delete(trial.context(), name)


@case(*NEEDS)
async def what_is_no_key_is_refused(trial: Trial) -> None:
    """Text that is no public key is INVALID, and nothing is kept."""
    name = trial.name("key")
    for text in ("ssh-ed25519 AAAA!", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", "x" * 100):
        async with refused("no key", ErrorKind.INVALID):
            await trial.driver.key_pairs.create(trial.context(), name, text)
    equal("it in the list", [x for x in await trial.driver.key_pairs.list(trial.context()) if x.name == name], [])


@case(*NEEDS, provisions=(Provision.TWO_USERS,))
async def each_user_has_keys_of_his_own(trial: Trial) -> None:
    """A name may belong to two users, and each sees his own key pair."""
    name = trial.name("key")
    ann, ben = trial.site.apart[:2]
    await trial.driver.key_pairs.create(trial.context(ann), name, PUBLIC)
    equal("seen by another", [x for x in await trial.driver.key_pairs.list(trial.context(ben)) if x.name == name], [])
    await trial.driver.key_pairs.create(trial.context(ben), name, PUBLIC)
    for user in (ann, ben):
        await trial.driver.key_pairs.delete(trial.context(user), name)
