"""Every link that the engine shows leads somewhere, in both representations."""

from collections import deque

from tests.sim.core.support import Api

PREFIX = "/ovirt-engine/api/"


def hrefs(document: object) -> set[str]:
    """All hrefs below a decoded answer, relative to the API."""
    found: set[str] = set()
    todo = [document]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            # Hrefs of actions take POST, and those with a query are templates.
            todo += [value for name, value in one.items() if name != "actions"]
            href = one.get("href")
            if isinstance(href, str) and "{" not in href:
                assert href.startswith(PREFIX), href
                found.add(href.removeprefix(PREFIX))
        elif isinstance(one, list):
            todo += one
    return found


async def test_every_href_answers(api: Api) -> None:
    todo, seen, broken = deque([""]), {""}, []
    kinds: set[tuple[str, ...]] = set()
    templates = {template.id for template in api.engine.all("template")}
    while todo:
        path = todo.popleft()
        answer = await api.get(path)
        # Recorded engines write a template's id as the VM of its disk attachments.
        if answer.status != 200 and path.removeprefix("vms/") not in templates:
            broken.append((path, answer.status))
        if answer.status != 200:
            continue
        for href in hrefs(answer.json) - seen:
            seen.add(href)
            # One object of each kind of path is enough below the second level.
            shape = tuple(part for place, part in enumerate(href.split("/")) if place % 2 == 0 or place > 3)
            if len(href.split("/")) > 3 and shape in kinds:
                continue
            kinds.add(shape)
            todo.append(href)
    assert broken == []
    assert len(seen) > 300


async def test_every_collection_of_the_root_answers_in_xml(api: Api) -> None:
    root = await api.read("")
    for link in root["link"]:
        if "{" in link["href"]:
            continue
        path = link["href"].removeprefix(PREFIX)
        answer = await api.xml("GET", path)
        assert (path, answer.status) == (path, 200)
        assert answer.xml.tag is not None
