"""Images under their ids: one that was promised keeps the id of its promise when the cloud has made it.

A running machine's image has no id of its own before its disks are frozen; until then, and for ever after, the id is
made of its marker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deltaic.frontends.ec2.request import Ec2Request
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image
from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.kinds import missing_ids
from deltaic.services.views import InstanceView

PREFIX = "ami"


async def all_images(request: Ec2Request) -> Sequence[Image]:
    """The images of the scope and those that the caller is still to get, and their ids learned."""
    images = await request.services.captures.list(request.context)
    request.promises.learn(images)
    request.learn(PREFIX, (image.id for image in images))
    return images


async def one_image(request: Ec2Request, native: str) -> Image:
    """The image of a native id or marker. Errors: as `missing_images` tells."""
    images = await all_images(request)
    native = made_meanwhile(request, [native])[0]
    found = next((image for image in images if image.id == native), None)
    if found is None:
        raise missing_images(request, [native])
    return found


def made_meanwhile(request: Ec2Request, natives: Sequence[str]) -> list[str]:
    """The native ids of images, one of which the cloud may have made since they were looked up."""
    for native in natives:
        request.written.setdefault(request.promises.native(native), request.written.get(native, native))
    return [request.promises.native(native) for native in natives]


def missing_images(request: Ec2Request, natives: Iterable[str]) -> AwsError:
    """The error for images that are not there: those that once were have been deregistered, as AWS remembers too."""
    missing = sorted(natives, key=lambda native: (request.met(PREFIX, native), native))
    texts = [request.written.get(native, native) for native in missing]
    if request.met(PREFIX, missing[0]):
        return AwsError("InvalidAMIID.Unavailable", f"The image ID '{texts[0]}' is no longer available")
    return missing_ids("image", texts)


def check_made(request: Ec2Request, native: str) -> None:
    """Refuse an image that the cloud is still to make."""
    if request.promises.is_pending(native):
        raise AwsError("InvalidAMIID.Unavailable", f"The image ID '{request.written.get(native, '')}' is not available")


async def know_images(request: Ec2Request, views: Iterable[InstanceView]) -> None:
    """Have at hand under which ids the images of these machines are shown. Costs a listing when one was never met."""
    wanted = {view.instance.image_id for view in views if view.instance.image_id}
    missing = [native for native in wanted if not request.met(PREFIX, native)]
    if not missing or request.form.classic:
        return
    try:
        await all_images(request)
    except Error as error:
        # Whoever may not see images sees machines all the same.
        if error.kind not in (ErrorKind.FORBIDDEN, ErrorKind.UNSUPPORTED):
            raise
    # Those that are gone have no other id.
    request.learn(PREFIX, missing)
