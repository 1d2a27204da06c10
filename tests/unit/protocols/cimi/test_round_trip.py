"""Whatever the table allows survives being written and read, in both formats, and is valid."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deltaic.protocols.cimi.json_reader import read_collection_json, read_json
from deltaic.protocols.cimi.json_writer import write_collection_json, write_json
from deltaic.protocols.cimi.table import RESOURCES
from deltaic.protocols.cimi.xml_reader import read_collection_xml, read_xml
from deltaic.protocols.cimi.xml_writer import write_collection_xml, write_xml
from tests.unit.protocols.cimi.schema import assert_valid
from tests.unit.protocols.cimi.strategies import collections, documents

SLOWLY = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
COLLECTED = sorted(name for name, resource in RESOURCES.items() if resource.plural)


@pytest.mark.parametrize("name", sorted(RESOURCES))
@SLOWLY
@given(data=st.data())
def test_a_resource_survives_both_formats(name: str, data: st.DataObject) -> None:
    document = data.draw(documents(name))
    body = write_xml(name, document)
    assert_valid(body)
    assert read_xml(body, name, strict=True) == document
    assert read_json(write_json(name, document), name, strict=True) == document


@pytest.mark.parametrize("name", COLLECTED)
@SLOWLY
@given(data=st.data())
def test_a_collection_survives_both_formats(name: str, data: st.DataObject) -> None:
    document = data.draw(collections(name))
    body = write_collection_xml(name, document)
    assert_valid(body)
    assert read_collection_xml(body, name) == document
    assert read_collection_json(write_collection_json(name, document), name) == document
