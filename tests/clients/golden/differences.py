"""What is otherwise than in the original on purpose, each with its reason."""

from __future__ import annotations

import re
from typing import Final

from tests.clients.golden.differences_things import THINGS

#: Recordings (`*` stands for anything), the reason, and what ours lacks (`-`) or has more (`+`).
GROUPS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    # --- HTTP
    ("*", "name and release are the original's own", ("- header server",)),
    ("*", "by it an error is found in the log", ("+ header x-request-id",)),
    ("*", "answers depend on format and user, which caches must know", ("+ header vary",)),
    ("*_head.xml", "HEAD tells what GET tells", ("+ header cache-control", "+ header etag")),
    ("*_options.xml", "HEAD is offered where GET is", ("+ header allow HEAD",)),
    ("*_options.xml", "methods of this very address; items are removed at theirs", ("- header allow DELETE",)),
    ("*_options.xml", "an empty answer has no type", ("- type text/html",)),
    ("api_root_post_*", "an empty answer has no type", ("- type text/html",)),
    (
        "api_root_options.xml",
        "the original listed classes of its source; nothing is kept of an answer without a body",
        (
            "- header allow Deltacloud::Rabbit::*",
            "+ header allow GET",
            "+ header allow OPTIONS",
            "+ header allow POST",
            "- header cache-control",
            "- header etag",
        ),
    ),
    ("*", "the time is told of everything that the cloud is asked for", ("+ header x-backend-runtime",)),
    ("neg_png_on_realms_406.out", "refused before the cloud is asked", ("- header x-backend-runtime",)),
    ("*_bad*", "who was refused is asked again", ("+ header www-authenticate=Basic",)),
    ("neg_*_406.out", "told whenever it is known", ("+ header x-deltacloud-driver",)),
    ("neg_format_unknown.out", "told whenever it is known", ("+ header x-deltacloud-driver",)),
    # --- errors
    *(
        (where, "errors are documents in the format that was asked for, never plain text or nothing", what)
        for where, what in (
            ("*.xml", ("- type text/html", "+ type application/xml", "+ error")),
            ("*.json", ("- type text/html", "+ type application/json", "+ $.code", "+ $.error", "+ $.message")),
            ("neg_*406.out", ("+ type application/xml", "+ error")),
            ("neg_png*", ("- type text/html",)),
            ("neg_format_unknown.out", ("+ type application/xml", "+ error")),
        )
    ),
    ("error_*", "the parameter at fault is named by itself, too", ("+ $.parameter", "+ error/parameter")),
    ("instances_run_missing_cmd.*", "the parameter at fault is named by itself, too", ("+ $.parameter",)),
    (
        "error_403_action_unknown_instance.*",
        "what does not exist is not found, whatever is to be done with it",
        (
            "- status 403",
            "+ status 404",
            "- error@status=403",
            "+ error@status=404",
            "- error/code#text=403",
            "+ error/code#text=404",
            "- $.error=*Forbidden*",
            "+ $.error=*ObjectNotFound",
        ),
    ),
    (
        "error_destroy_unknown_key.*",
        "a defect of the mock driver",
        (
            "- status 500",
            "+ status 404",
            "- error@status=500",
            "+ error@status=404",
            "- error/code#text=500",
            "+ error/code#text=404",
            "- $.error=NoMethodError",
            "+ $.error=*ObjectNotFound",
        ),
    ),
    (
        "error_driver_header_unknown.*",
        "it is the client's fault, and its words are not repeated in a header",
        (
            "- status 500",
            "+ status 400",
            "- error@status=500",
            "+ error@status=400",
            "- error/code#text=500",
            "+ error/code#text=400",
            "- $.error=RuntimeError",
            "+ $.error=*ValidationFailure",
            "- header x-deltacloud-driver",
        ),
    ),
    (
        "error_put_on_collection.*",
        "the address is there, and says which methods it has",
        ("- status 404", "+ status 405", "+ header allow *"),
    ),
    *(
        (
            where,
            "parameters are checked before anything is made",
            (
                "- status 201",
                "+ status 400",
                "- instance",
                "- $.instance",
                "- header location=/instances/ID",
                "- header etag",
                "- header cache-control",
            ),
        )
        for where in ("error_create_instance_bad_image.*", "error_400_create_instance_bad_hwp_value.*")
    ),
    *(
        (where, "there is no such collection, whatever is asked of it", what)
        for where, what in (
            ("load_balancers_options.xml", ("- status 200", "+ status 412", "+ header expect", "- header allow *")),
        )
    ),
    # --- formats
    (
        "neg_*.out",
        "a page of the console, which says about itself what pages say",
        ("- header x-deltacloud-driver", "- header etag", "- header x-backend-runtime"),
    ),
    (
        "instance_states_index.png",
        "the picture is a drawing that scales",
        ("- type image/png", "+ type image/svg+xml"),
    ),
    (
        "instance_states_index.gv",
        "it works, and has GraphViz's own type",
        (
            "- status 500",
            "+ status 200",
            "- type application/ghostscript",
            "+ type text/vnd.graphviz",
            "+ header etag",
            "+ header cache-control",
        ),
    ),
    (
        "instance_states_index.*",
        "the states of oVirt's machines",
        (
            "+ states/state[error]",
            "+ states/state[stopping]",
            "+ states/state[pending]/transition[error]",
            "+ states/state[pending]/transition[stopped]",
            "+ states/state[running]/transition[error]",
            "+ states/state[running]/transition[stopping stop]",
            "+ states/state[stopped]/transition[pending start]",
            "- states/state[running]/transition[stopped stop]",
            "- states/state[stopped]/transition[running start]",
            "+ $[error]",
            "+ $[stopping]",
            "+ $[pending].transitions[error]",
            "+ $[pending].transitions[stopped]",
            "+ $[running].transitions[error]",
            "+ $[running].transitions[stopping stop]",
            "+ $[stopped].transitions[pending start]",
            "- $[running].transitions[stopped stop]",
            "- $[stopped].transitions[running start]",
        ),
    ),
    # --- the entry point
    *(
        ("api_root*", "what oVirt offers and the mock driver (or the original for oVirt) does not", (f"+ {link}",))
        for link in (
            "api/link[images]/feature[image_description]",
            "api/link[images]/feature[image_name]",
            "api/link[instances]/feature[instance_count]",
            "api/link[instances]/feature[authentication_password]",
            "api/link[instances]/feature[first_boot_dev]",
            "$.api.links[instances].features[][first_boot_dev]",
            "$.api.links[instances].features[][authentication_password]",
            "api/link[instances]/feature[user_data]",
            "api/link[instances]/feature[user_name]/constraint[max_length]",
            "api/link[instances]/feature[authentication_key]",
            "api/link[instances]/feature[realm_filter]",
            "api/link[keys]",
            "api/link[keys]/feature[import_key]",
            "api/link[metrics]",
            "api/link[storage_snapshots]",
            "api/link[storage_volumes]/feature[volume_description]",
            "api/link[storage_volumes]/feature[volume_name]",
            "api/link[subnets]",
            "$.api.links[instances].features[][instance_count]",
            "$.api.links[instances].features[][user_data]",
            "$.api.links[instances].features[][user_name].constraints.max_length",
            "$.api.links[keys].features[]",
            "$.api.links[storage_volumes].features[]",
            "$.api.links[images].features[]",
        )
    ),
    *(
        ("api_root*", "what the mock driver has and oVirt has not", (f"- {link}",))
        for link in (
            "api/link[addresses]",
            "api/link[buckets]",
            "api/link[instances]/feature[metrics]",
            "$.api.links[addresses]",
            "$.api.links[buckets]",
            "$.api.links[instances].features[][metrics]",
        )
    ),
)

TABLE: Final = tuple((where, what, why) for where, why, facts in (*GROUPS, *THINGS) for what in facts)


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says; only `*` means anything else than itself."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text) is not None
