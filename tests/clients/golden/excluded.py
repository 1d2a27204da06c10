"""Recordings that nothing here is compared with, each with its reason."""

from __future__ import annotations

from typing import Final

#: By the name without its format, a trailing `*` for any more of it.
EXCLUDED: Final[dict[str, str]] = {
    "addresses_*": "the oVirt driver has no addresses of its own: 412, as the firewalls below",
    "buckets_*": "oVirt has no object store: 412, as the firewalls below",
    "blobs_*": "oVirt has no object store",
    "error_403_bucket_not_empty": "oVirt has no object store",
    "error_404_bucket_destroy": "oVirt has no object store",
    "error_404_blob": "oVirt has no object store",
    "error_500_realm": "the mock driver raises it for a realm of that name",
    "error_501_realm": "the mock driver raises it for a realm of that name",
    "error_502_realm": "the mock driver raises it for a realm of that name",
    "error_504_realm": "the mock driver raises it for a realm of that name",
    "api_root_matrix_driver_ec2": "another driver, which is not installed; the unknown driver is compared below",
    "hardware_profiles_show_opaque": "every size of oVirt has figures",
    "root_index": "the address above the API is EC2's here",
    "docs": "documentation is no part of the API",
    "instances_new_form": "a form of the console, which is a new one",
    "keys_new_form": "a form of the console, which is a new one",
    "storage_volumes_new_form": "a form of the console, which is a new one",
    "instances_create_html": "a form of the console, which is a new one",
}


def reason(act: str) -> str:
    """Why a recording is left out, empty when it is not."""
    return next((why for name, why in EXCLUDED.items() if act == name or _begins(act, name)), "")


def _begins(act: str, name: str) -> bool:
    return name.endswith("*") and act.startswith(name.rstrip("*"))
