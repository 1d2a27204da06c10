"""The EC2 API in front of the services.

`registry` holds the dispatch table, one module per family of resources fills it (`instances_*`, `images`,
`volumes` ...), `render_*` modules turn model objects into dicts with AWS's member names, `filters_*` modules are
the filter tables, `form` knows today's and the classic way of writing an answer.
"""

from __future__ import annotations

from deltaic.frontends.ec2.frontend import Ec2Frontend

__all__ = ["Ec2Frontend"]
