"""Properties of the search language over arbitrary text."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ovirt_engine_sim.search import COLLECTIONS, EmptyResult, SearchSyntaxError, compile_search

_QUOTABLE = st.text(st.characters(exclude_characters="'\";*\\", exclude_categories=["Cs"]), min_size=1)
_PIECES = (
    'name name= = != < > "a b" " and or AND sortby page asc desc 1 22 hosts. Host .name status=up memory>3 '
    "creationdate<1/1/24 * \\ % _ tag=x storage id= quota= creation_date null ' ; template"
)
_WORDS = st.sampled_from(_PIECES.split(" "))


@settings(max_examples=300, deadline=None)
@given(_QUOTABLE)
@example("null")
@example("50% _x")
@example("İ")
def test_a_quoted_value_finds_exactly_the_row_that_has_it(value: str) -> None:
    rows = [value, f"{value}x", f"x{value}"]
    search = compile_search("vms", f'name="{value}"', case_sensitive=True)
    found = search.apply(rows, lambda row, field: [row] if field == "name" else [])
    assert found == [value]


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(sorted(COLLECTIONS)), st.one_of(st.text(), st.lists(_WORDS).map(" ".join)))
@example("vms", "page \u0662")
@example("vms", "uptime>99999999999999999999")
@example("vms", 'creationdate>"Jan 999999999, 9999"')
@example("disks", "size>1e99")
@example("hosts", "load>1e99")
def test_any_text_compiles_or_raises_one_of_the_two_errors(collection: str, text: str) -> None:
    try:
        search = compile_search(collection, text)
    except (SearchSyntaxError, EmptyResult):
        return
    rows: list[dict[str, object]] = [{"name": "a"}, {"name": None, "memory": "x", "status": "?", "id": "no"}]
    found = search.apply(rows, lambda row, field: [row.get(field)])  # type: ignore[list-item]
    assert {row["name"] for row in found} <= {"a", None}
    assert search.page is None or search.page >= 1


def test_a_long_hostile_text_is_read_in_one_pass() -> None:
    text = "name=" + "*a" * 50_000
    search = compile_search("vms", text)
    assert search.apply(["a" * 100_000, "a"], lambda row, field: [row]) == ["a" * 100_000]
    many = compile_search("vms", " or ".join(f"name=X{number}" for number in range(5_000)))
    reads: list[str] = []
    found = many.apply(["x4999", "y"], lambda row, field: reads.append(field) or [row])
    assert (found, len(reads)) == (["x4999"], 3)
