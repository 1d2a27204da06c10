"""What a handler of an EC2 action gets: the call, its form, and the services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from deltaic.frontends.aws.call import Call
from deltaic.frontends.ec2.book import IdBook
from deltaic.frontends.ec2.cache import FragmentCache
from deltaic.frontends.ec2.form import form_of
from deltaic.model.address import Address
from deltaic.model.context import Context, Scope
from deltaic.model.volume import Volume
from deltaic.protocols.aws.errors import AwsError, dry_run, missing_parameter
from deltaic.protocols.aws.filters import FilterTable, Matcher
from deltaic.protocols.aws.paging import Page, Pager
from deltaic.services import Services
from deltaic.services.recent import Recent

T = TypeVar("T")
#: Volumes by id, of a caller and scope.
RecentVolumes = Recent[tuple[str, Scope], Mapping[str, Volume]]
#: Names of security groups by id, of a caller and scope.
RecentGroups = Recent[tuple[str, Scope], Mapping[str, str]]


class Ec2Request:
    """One EC2 request with everything that serves it.

    `parameters` are the decoded ones by the model's member names; `written` remembers how the client wrote the
    ids it sent, so that errors name them the same way. `rule_names` are what changed rules of security groups are
    called, by native id. `volumes`, names of security groups and public addresses (by IP)
    are those at hand that machines of the answer have.
    """

    def __init__(
        self,
        call: Call,
        services: Services,
        book: IdBook,
        cache: FragmentCache,
        pager: Pager,
        recent_volumes: RecentVolumes,
        recent_groups: RecentGroups,
    ) -> None:
        self.call = call
        self.services = services
        self.book = book
        self.cache = cache
        self.pager = pager
        self.recent_volumes = recent_volumes
        #: The images that the caller was promised.
        self.promises = book.promises(call.context.scope.provider, call.context.owner)
        self.volumes: Mapping[str, Volume] = {}
        self.recent_groups = recent_groups
        self.groups: Mapping[str, str] = {}
        self.rule_names: Mapping[str, str] = {}
        self.addresses: Mapping[str, Address] = {}
        self.context: Context = call.context
        #: The caller's 12-digit account.
        self.account = call.context.principal.account
        self.parameters: dict[str, Any] = call.request.parameters
        self.form = form_of(call.request.version)
        self.written: dict[str, str] = {}

    @property
    def dry_run(self) -> bool:
        """Whether the caller only wants to know if the request would succeed."""
        return bool(self.parameters.get("DryRun"))

    def before_acting(self) -> None:
        """Stop here when the caller asked for a dry run: everything was validated, nothing was done."""
        if self.dry_run:
            raise dry_run()

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter, or the default when it was not sent."""
        return self.parameters.get(name, default)

    def require(self, name: str, wire: str = "") -> Any:
        """A parameter that must be there; MissingParameter names it as clients write it."""
        value = self.parameters.get(name)
        if value is None:
            raise missing_parameter(wire or name)
        return value

    def id(self, prefix: str, native: str) -> str:
        """The id under which the client sees an object."""
        if self.form.classic:
            return native
        return self.book.id_of(self.context.scope.provider, prefix, self._shown(prefix, native))

    def learn(self, prefix: str, natives: Iterable[str]) -> None:
        """Remember the objects of a listing for ids that clients will send."""
        self.book.learn(self.context.scope.provider, prefix, (self._shown(prefix, native) for native in natives))

    def known(self, prefix: str, text: str) -> str | None:
        """The native id behind what a client wrote, None when it was never met. Errors: `Invalid...Malformed`."""
        found = self.book.resolve(self.context.scope.provider, prefix, text)
        return self.promises.native(found) if found is not None and prefix == "ami" else found

    def met(self, prefix: str, native: str) -> bool:
        """Whether an object was ever met."""
        return self.book.knows(self.context.scope.provider, prefix, self._shown(prefix, native))

    def _shown(self, prefix: str, native: str) -> str:
        return self.promises.shown(native) if prefix == "ami" else native

    def matcher(self, table: FilterTable) -> Matcher:
        """The test that the request's filters make."""
        return table.compile(self.parameters.get("Filters"))

    def page(self, rows: Iterable[T], key: Callable[[T], str], minimum: int = 5, maximum: int = 1000) -> Page[T]:
        """The page that the request asks for; all rows in their own order when it asks for none."""
        if "MaxResults" not in self.parameters and "NextToken" not in self.parameters:
            return Page(list(rows), None)
        return self.pager.page(self.call.request, rows, key, self.context.principal.id, minimum, maximum)

    def listing(
        self, member: str, rows: Iterable[Mapping[str, Any]], matches: Matcher, key: str, minimum: int = 5
    ) -> dict[str, Any]:
        """The answer of a describe action: the rendered rows that match, cut into pages by the member `key`.

        Members that begin with an underscore are there for filters and not shown.
        """
        page = self.page((row for row in rows if matches(row)), lambda row: str(row[key]), minimum)
        answer: dict[str, Any] = {member: [shown(row) for row in page.items]}
        if page.next_token is not None:
            answer["NextToken"] = page.next_token
        return answer


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A rendered object without what only filters look at."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def unsupported(parameter: str, reason: str) -> AwsError:
    """The refusal of a parameter that the cloud can't honour."""
    return AwsError("UnsupportedOperation", f"The parameter {parameter} is not supported: {reason}")


def invalid_value(parameter: str, value: object, reason: str) -> AwsError:
    """The refusal of a parameter's value."""
    return AwsError(
        "InvalidParameterValue", f"Value ({str(value)[:128]}) for parameter {parameter} is invalid. {reason}"
    )
