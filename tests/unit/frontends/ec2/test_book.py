"""Ids between the wire and the cloud, and kept renderings."""

from __future__ import annotations

from deltaic.frontends.ec2.book import IdBook
from deltaic.frontends.ec2.cache import FragmentCache
from deltaic.protocols.aws.xml import Fragment

FIRST = "84623036-49fe-4f22-ac6f-ff526e8b82be"
TWIN = "84623036-49fe-4f22-aaaa-aaaaaaaaaaaa"


def test_of_two_with_equal_digits_the_later_has_all_of_them() -> None:
    book = IdBook()
    book.learn("cloud", "i", [FIRST, TWIN])
    assert book.id_of("cloud", "i", FIRST) == "i-8462303649fe4f22a"
    assert book.id_of("cloud", "i", TWIN) == "i-8462303649fe4f22aaaaaaaaaaaaaaaa"
    assert book.resolve("cloud", "i", "i-8462303649fe4f22a") == FIRST
    assert book.resolve("cloud", "i", "i-8462303649fe4f22aaaaaaaaaaaaaaaa") == TWIN


def test_clouds_and_kinds_are_apart() -> None:
    book = IdBook()
    book.learn("cloud", "i", [FIRST])
    assert book.resolve("other", "i", "i-8462303649fe4f22a") is None
    assert book.resolve("cloud", "vol", "vol-8462303649fe4f22a") is None


def test_the_book_forgets_rather_than_grow() -> None:
    book = IdBook(limit=2)
    book.learn("cloud", "i", [FIRST])
    book.learn("cloud", "i", ["11111111-49fe-4f22-ac6f-ff526e8b82be", "22222222-49fe-4f22-ac6f-ff526e8b82be"])
    assert book.resolve("cloud", "i", "i-8462303649fe4f22a") is None
    assert book.resolve("cloud", "i", "i-2222222249fe4f22a") == "22222222-49fe-4f22-ac6f-ff526e8b82be"


def test_a_fragment_is_rendered_again_when_its_source_changed() -> None:
    cache = FragmentCache()
    rendered: list[int] = []

    def get(source: int) -> str:
        def render() -> Fragment:
            rendered.append(source)
            return Fragment(str(source))

        return cache.get(("a",), source, render)

    assert [get(1), get(1), get(2), get(2)] == ["1", "1", "2", "2"]
    assert rendered == [1, 2]


def test_the_least_used_fragment_goes_first() -> None:
    cache = FragmentCache(limit=2)
    for key in ("a", "b", "a", "c"):
        cache.get((key,), key, lambda: Fragment("x"))
    rendered: list[str] = []
    for key in ("a", "b"):
        cache.get((key,), key, lambda key=key: Fragment(rendered.append(key) or key))  # type: ignore[misc]
    assert rendered == ["b"]
    assert len(cache) == 2
