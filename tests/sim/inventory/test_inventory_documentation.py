"""The page about inventory files: its example loads, its table is the records' own."""

import re
from pathlib import Path

import msgspec

from ovirt_engine_sim import records
from ovirt_engine_sim.inventory import Inventory, load_inventory

PAGE = Path(__file__).parents[3] / "docs" / "inventory-files.md"
COMMON = ("id", "name", "description", "comment")


def keys(record: type[msgspec.Struct]) -> str:
    """The keys of a record beyond the common ones, required ones in bold."""
    names = [
        f"**{field.name}**" if field.required else field.name
        for field in msgspec.structs.fields(record)
        if field.name not in COMMON
    ]
    return ", ".join(names) or "-"


def table() -> str:
    """The table as the page shows it."""
    lines = [
        "| collection | keys beside `id`, `name`, `description`, `comment` (bold: required, as is `name`) |",
        "|---|---|",
    ]
    for field in msgspec.structs.fields(Inventory):
        record = msgspec.inspect.type_info(field.type)
        assert isinstance(record, msgspec.inspect.ListType)
        assert isinstance(record.item_type, msgspec.inspect.StructType)
        lines.append(f"| `{field.name}` | {keys(record.item_type.cls)} |")
    lines += [
        f"| `disks` of templates and VMs | {keys(records.Disk)} |",
        f"| `nics` of templates and VMs | {keys(records.Nic)} |",
        f"| `initialization` | {keys(records.Initialization)} |",
        f"| `nic_configurations` | {keys(records.NicConfiguration)} |",
    ]
    return "\n".join(lines)


def test_the_table_lists_every_key() -> None:
    shown = re.search(r"<!-- keys: begin -->\n(.*)\n<!-- keys: end -->", PAGE.read_text(), re.DOTALL)
    assert shown is not None
    assert shown.group(1) == table()


def test_the_example_loads(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example is not None
    path = tmp_path / "paris.toml"
    path.write_text(example.group(1))
    inventory = load_inventory(path)
    assert [(vm.name, vm.template == inventory.templates[-1].id) for vm in inventory.vms] == [("one", True)]
    assert inventory.vms[0].disks[0].storage_domain == inventory.storage_domains[0].id
