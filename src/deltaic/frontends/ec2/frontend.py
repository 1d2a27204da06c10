"""EC2: dispatch by action, in the form that the request's version asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from deltaic.frontends.aws.call import Call
from deltaic.frontends.ec2.actions import ACTIONS
from deltaic.frontends.ec2.book import IdBook
from deltaic.frontends.ec2.cache import FragmentCache
from deltaic.frontends.ec2.errors import translated
from deltaic.frontends.ec2.form import form_of, is_classic
from deltaic.frontends.ec2.request import Ec2Request, RecentGroups, RecentVolumes
from deltaic.model.context import Scope
from deltaic.model.errors import Error
from deltaic.protocols.aws.errors import dry_run, invalid_action
from deltaic.protocols.aws.paging import Pager
from deltaic.services import Services
from deltaic.services.recent import Recent

#: Callers and scopes whose volumes are remembered for some seconds.
_SCOPES = 64


class Ec2Frontend:
    """Serves the actions of `registry.ACTIONS`.

    `token_secret` seals page tokens: 32 random bytes, the same on every gateway over one store.
    """

    name = "ec2"
    scoped = True

    def __init__(self, services: Services, token_secret: bytes) -> None:
        self._services = services
        self._book = IdBook()
        self._cache = FragmentCache()
        self._pager = Pager(token_secret)
        self._volumes: RecentVolumes = Recent(size=_SCOPES)
        self._groups: RecentGroups = Recent(size=_SCOPES)

    def is_plain(self, version: str | None) -> bool:
        """Classic requests come from curl and browsers."""
        return is_classic(version)

    def namespace_version(self, version: str | None) -> str | None:
        """A classic request's answer has the classic namespace, any other one its own version's."""
        return form_of(version).namespace or version

    def widen(self, version: str | None, scope: Scope) -> Scope:
        """A classic request that chose no data center sees all of them."""
        if is_classic(version) and not scope.chosen:
            return replace(scope, data_center="")
        return scope

    async def answer(self, call: Call) -> Mapping[str, Any]:
        """Serve one call; reads honour DryRun here, writes do it themselves once they have validated."""
        entry = ACTIONS.get(call.request.action)
        if entry is None:
            raise invalid_action(call.request.action, call.request.version)
        request = Ec2Request(call, self._services, self._book, self._cache, self._pager, self._volumes, self._groups)
        try:
            result = await entry.handler(request)
        except Error as error:
            raise translated(request, error) from error
        if request.dry_run:
            raise dry_run()
        return result
