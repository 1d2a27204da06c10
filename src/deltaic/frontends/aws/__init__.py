"""The HTTP endpoint that EC2 and STS share: one port, one path, the service chosen per request.

`AwsEndpoint(services, [Ec2Frontend(...), StsFrontend(...)], settings)` is an ASGI application that may be
mounted under any path prefix. It takes a request through the steps of `handlers.CHAIN` and renders whatever
they raise in the form of the service that was asked.
"""

from __future__ import annotations

from deltaic.frontends.aws.call import Call, ServiceFrontend
from deltaic.frontends.aws.endpoint import AwsEndpoint
from deltaic.frontends.aws.settings import EndpointSettings

__all__ = ["AwsEndpoint", "Call", "EndpointSettings", "ServiceFrontend"]
