"""XML documents as nodes that still know how an empty element was written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

START_TAG: Final = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")


@dataclass
class Node:
    """One element; `closed` is true for `<a/>`, false for `<a></a>` and for anything with content."""

    tag: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""
    closed: bool = False

    @property
    def empty(self) -> bool:
        return not self.children and not self.text.strip()


def parse(document: bytes) -> Node:
    """Parse a document; raises expat.ExpatError."""
    root = Node("", {})
    stack = [root]
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        found = START_TAG.match(document, parser.CurrentByteIndex)
        node = Node(tag, attributes, closed=found is not None and found.group(1) == b"/")
        stack[-1].children.append(node)
        stack.append(node)

    def end(tag: str) -> None:
        stack.pop()

    def characters(text: str) -> None:
        stack[-1].text += text

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.Parse(document, True)
    return root.children[0]
