"""Cinder's fake volumes, which images can be made of and the other way round."""

import io

from cinder.tests.fake_driver import FakeLoggingVolumeDriver

EMPTY_DISK = bytes(65536)


class LabVolume(FakeLoggingVolumeDriver):
    """Volumes that hold no data."""

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        """Say that the image is on the volume: fetching it would need tools and a disk."""
        return {}, True

    def copy_volume_to_image(self, context, volume, image_service, image_meta):
        """Upload an empty disk."""
        image_service.update(context, image_meta["id"], {}, io.BytesIO(EMPTY_DISK))
