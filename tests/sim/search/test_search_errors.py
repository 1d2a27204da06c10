"""What the engine refuses, and what it answers with an empty list."""

import pytest

from ovirt_engine_sim.search import EmptyResult, SearchSyntaxError, compile_search


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("name='x'", "VMs : name=$'$x'"),
        ("name=a;drop", "VMs : name=$a;$drop"),
        ("status=image_locked ", "VMs : status=$image_locked$ "),
        ("status=image_locked and name=a", "VMs : status=$image_locked$ and name=a"),
        ("status=nonsense", "VMs : status=$nonsens$e"),
        ("memory=lots and name=a", "VMs : memory=$lots$ and name=a"),
        ("memory=99999999999 or name=a", "VMs : memory=$99999999999$ or name=a"),
        ("name>x", "VMs : name$>$x"),
        ("creationdate=2/1/24", "VMs : creationdate$=$2/1/24"),
        ("creationdate>2024-01-01 and name=a", "VMs : creationdate>$2024-01-01$ and name=a"),
        ("hosts.flavour=x", "VMs : hosts.$f$lavour=x"),
        ("host1", "Invalid post cross ref obj"),
        ("template_x and name=a", "VMs : template$_$x and name=a"),
        ("foo bar", "Free text allowed once per obj"),
        ("foo and bar", "Free text allowed once per obj"),
        ("hosts=a hosts=b ", "Free text allowed once per obj"),
        ("sortby colour", "VMs : sortby $col$our"),
        ("sortby name page 2", "VMs : sortby name $p$age 2"),
        ("sortby name upwards", "VMs : sortby name $u$pwards"),
        ("sortby name asc name", "Invalid page feild"),
        ("page two", "VMs : page $t$wo"),
        ("page -1", "VMs : page $-$1"),
        ("page 1  name=a", "VMs : page 1  $n$ame=a"),
        ("page 0", "Invalid page feild"),
        ('name=a"b"', 'VMs : name=$a"$b"'),
        ("next_run_config_exists=yes and name=a", "VMs : next_run_config_exists=$yes$ and name=a"),
        ("uptime>soon and name=a", "VMs : uptime>$soon$ and name=a"),
        ("name=a and namespace=b", "VMs : name=a and name$s$pace=b"),
        ("id=1234", "Invalid condition value"),
    ],
)
def test_refused_with_the_bad_part_marked(text: str, detail: str) -> None:
    with pytest.raises(SearchSyntaxError) as caught:
        compile_search("vms", text)
    assert str(caught.value) == detail


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "name=",
        "name= ",
        'name="open',
        "name=a and",
        "name=a or ",
        "name=a n",
        "name=a sort",
        "sortby",
        "sortby na",
        "page",
        "page ",
        "hosts",
        "hosts.",
        "hosts.name",
        "hosts.name=",
        "name=back\\",
        "creationdate>today",
    ],
)
def test_incomplete_text_is_an_empty_result(text: str) -> None:
    with pytest.raises(EmptyResult):
        compile_search("vms", text)


@pytest.mark.parametrize("collection", ["tags", "vnicprofiles", "macpools", "nics", "snapshots", "", "VMS"])
def test_a_collection_without_search_is_a_lookup_error(collection: str) -> None:
    with pytest.raises(LookupError, match="can not be searched"):
        compile_search(collection, "name=a")


def test_size_that_is_no_number_is_refused() -> None:
    with pytest.raises(SearchSyntaxError, match="Invalid condition value"):
        compile_search("disks", "size>big")


def test_jobs_know_only_the_correlation_id() -> None:
    assert len(compile_search("jobs", "correlation_id=abc").terms) == 1
    with pytest.raises(SearchSyntaxError):
        compile_search("jobs", "correlation_id=abc and status=started owner=me")
