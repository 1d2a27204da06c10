"""Images that one caller was promised under a marker: from then on that is what their id is made of.

Each caller's own view decides. Whoever may edit an image can give it the marker of another one; in a view that shows
both, neither has the promised id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from deltaic.model.image import Image

#: The images that one caller makes out of running machines, in the time of one process.
LIMIT = 10_000


def is_promised(image: Image) -> bool:
    """Whether the cloud does not have the image yet."""
    return bool(image.id) and image.id == image.annotation.launch


class Promises:
    """Both ways between the native ids of such images and the markers that they are shown under."""

    def __init__(self) -> None:
        self._markers: dict[str, str] = {}
        self._natives: dict[str, str] = {}
        self._pending: frozenset[str] = frozenset()

    def learn(self, images: Iterable[Image]) -> None:
        """Take in a complete listing."""
        seen = [image for image in images if image.annotation.promised]
        self._pending = frozenset(image.id for image in seen if is_promised(image))
        made = [image for image in seen if image.id not in self._pending]
        claims = Counter(image.annotation.launch for image in made)
        for image in made:
            marker = image.annotation.launch
            # Who had it first keeps it.
            if claims[marker] == 1 and self._natives.get(marker, image.id) == image.id and len(self._natives) < LIMIT:
                self._markers[image.id] = marker
                self._natives[marker] = image.id

    def expect(self, image: Image) -> None:
        """Remember an image that was just asked for."""
        if is_promised(image):
            self._pending |= {image.id}

    def shown(self, native: str) -> str:
        """What the id of an image is made of."""
        return self._markers.get(native, native)

    def native(self, shown: str) -> str:
        """The image that is meant by what an id is made of."""
        return self._natives.get(shown, shown)

    def is_pending(self, native: str) -> bool:
        """Whether an image was still to be made in the last listing."""
        return native in self._pending
