"""How annotations are changed."""

from __future__ import annotations

from collections.abc import Callable

from deltaic.model.annotation import Annotation

#: How an annotation is changed: a pure function from the old to the new one.
Edit = Callable[[Annotation], Annotation]
