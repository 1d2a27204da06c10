"""Write the part of AWS's service models that the gateway serves: `protocols/aws/model/<service>.json`.

Reads botocore's data files as data (botocore is never imported), takes the actions listed in
`deltaic.protocols.aws.actions` and everything their shapes refer to, and drops documentation. The output
depends only on botocore's version and that list. Run `python tools/generate_aws_model.py` after changing
either; a test compares the committed files with a fresh run.

A file holds `service`, `version`, `actions` (name -> input, output, page: the member that is paged) and
`shapes`. Scalars without limits are named by their type in lower case, so only structures, lists and
limited integers are entries. A member is `[shape, name in answers, name in requests]`; the third is left
out when it is the second capitalised, the second when it is the member's own name.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path
from typing import Any

from deltaic.protocols.aws.actions import SERVED

TARGET = Path(__file__).resolve().parent.parent / "src/deltaic/protocols/aws/model"
API_VERSIONS = {"ec2": "2016-11-15", "sts": "2011-06-15"}
LIMITED = ("integer", "long")

Json = dict[str, Any]


def botocore_data() -> Path:
    """The folder with botocore's data files."""
    spec = importlib.util.find_spec("botocore")
    if spec is None or spec.origin is None:
        raise SystemExit("botocore is not installed: its data files are the source of the model")
    return Path(spec.origin).parent / "data"


def load(service: str, name: str) -> Json:
    """One data file of a service; an absent one is empty."""
    path = botocore_data() / service / API_VERSIONS[service] / name
    packed = path.with_suffix(".json.gz")
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


class Closure:
    """The shapes that the served actions need, in compact form."""

    def __init__(self, shapes: Json) -> None:
        self.source = shapes
        self.shapes: Json = {}

    def add(self, name: str) -> str:
        """Take in a shape and all it refers to; return the name to refer to it by."""
        source = self.source[name]
        kind = source["type"]
        if kind not in ("structure", "list"):
            limits = {key: source[key] for key in ("min", "max") if key in source and kind in LIMITED}
            if not limits:
                return kind
            self.shapes[name] = {"type": kind, **limits}
        elif name not in self.shapes:
            compact: Json = {"type": kind}
            self.shapes[name] = compact  # before its members: shapes may refer to themselves
            if kind == "structure":
                self._structure(source, compact)
            else:
                item = source["member"]
                compact["item"] = [self.add(item["shape"]), item.get("locationName", "member")]
        return name

    def _structure(self, source: Json, compact: Json) -> None:
        compact["members"] = {name: self._member(name, member) for name, member in source.get("members", {}).items()}
        if source.get("required"):
            compact["required"] = source["required"]

    def _member(self, name: str, member: Json) -> list[str]:
        answer = member.get("locationName", name)
        request = member.get("queryName", capitalised(answer))
        entry = [self.add(member["shape"])]
        if answer != name or request != capitalised(answer):
            entry.append(answer)
        if request != capitalised(answer):
            entry.append(request)
        return entry


def capitalised(name: str) -> str:
    """The request form of an answer's element name."""
    return name[0].upper() + name[1:]


def build(service: str) -> Json:
    """The compact model of one service."""
    source = load(service, "service-2.json")
    pages = load(service, "paginators-1.json").get("pagination", {})
    closure = Closure(source["shapes"])
    actions: Json = {}
    for action in sorted(SERVED[service]):
        operation = source["operations"][action]
        entry: Json = {}
        for side in ("input", "output"):
            if side in operation:
                entry[side] = closure.add(operation[side]["shape"])
        if action in pages and isinstance(pages[action]["result_key"], str):
            entry["page"] = pages[action]["result_key"]
        actions[action] = entry
    return {
        "service": service,
        "version": API_VERSIONS[service],
        "actions": actions,
        "shapes": dict(sorted(closure.shapes.items())),
    }


def render(model: Json) -> str:
    """The file's text: one action or shape per line, so that changes show in a diff."""
    lines = ["{"]
    for key, value in model.items():
        if isinstance(value, dict):
            rows = [f"{json.dumps(name)}:{json.dumps(row, separators=(',', ':'))}" for name, row in value.items()]
            lines.append(f"{json.dumps(key)}:{{\n" + ",\n".join(rows) + "\n},")
        else:
            lines.append(f"{json.dumps(key)}:{json.dumps(value)},")
    return "\n".join(lines)[:-1] + "\n}\n"


def main() -> None:
    """Write every service's file."""
    for service in SERVED:
        (TARGET / f"{service}.json").write_text(render(build(service)), "utf-8")


if __name__ == "__main__":
    main()
