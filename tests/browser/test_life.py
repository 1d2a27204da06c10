"""A person's day: an instance from its first breath to its last, and all that goes with it."""

from __future__ import annotations

import base64
import re

import boto3
from playwright.sync_api import expect

from tests.browser.person import PATIENCE, Person
from tests.clients.gateway import ONCE, Gateway

USER_DATA = "#cloud-config\nwrite_files:\n- {path: /etc/motd, content: 'Grüße & <hello>'}\n"


def create(person: Person, name: str, user_data: str = "", start: bool = True) -> str:
    """Make an instance through the form; the id in the address of its page."""
    person.go("/instances")
    person.follow("New instance")
    page = person.page
    page.locator("[name=name]").fill(name)
    page.locator("[name=image_id]").select_option(label="desktop_template")
    page.get_by_label("User data").fill(user_data)
    page.get_by_label("Start it when it is made").set_checked(start)
    person.press("Create")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return page.url.rpartition("/")[2]


def remove(person: Person, made: str) -> None:
    """Delete a stopped instance."""
    person.go(f"/instances/{made}")
    person.confirm("Delete")
    expect(person.page.get_by_role("heading", name="Instances")).to_be_visible()


def test_life_of_an_instance(person: Person, demo: Gateway) -> None:
    page = person.page
    made = create(person, "browser-life", USER_DATA)
    expect(page.locator(".done")).to_have_text("browser-life is being made.")
    page.evaluate("window.untouched = true")
    person.sees("running")
    # Plots grow while somebody looks.
    expect(page.locator("#figures figure").first).to_contain_text("CPU usage")
    expect(page.locator("#figures polyline").first).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("window.untouched") is True, "the page was loaded again"
    kept = demo.client().describe_instance_attribute(
        InstanceId=demo.client().describe_instances(Filters=[{"Name": "tag:Name", "Values": ["browser-life"]}])[
            "Reservations"
        ][0]["Instances"][0]["InstanceId"],
        Attribute="userData",
    )
    assert base64.b64decode(kept["UserData"]["Value"]).decode() == USER_DATA

    person.press("Stop")
    expect(page.locator(".done")).to_have_text("browser-life is asked to shut down.")
    person.sees("stopped")

    page.get_by_text("Take a snapshot").click()
    page.locator("form[action$='/snapshot'] [name=name]").fill("before the storm")
    person.press("Take snapshot")
    line = page.locator("#snapshots li", has_text="before the storm")
    expect(line.get_by_role("link", name="Restore before the storm")).to_be_visible(timeout=PATIENCE)
    line.get_by_role("link", name="Restore before the storm").click()
    person.press("Restore")
    person.sees("stopped")
    page.locator("#snapshots li", has_text="before the storm").get_by_role(
        "link", name="Delete before the storm"
    ).click(timeout=PATIENCE)
    person.press("Delete snapshot")
    expect(page.locator("#snapshots li", has_text="before the storm")).to_have_count(0, timeout=PATIENCE)
    person.sees("stopped")

    person.confirm("Delete")
    expect(page.locator(".done")).to_have_text("browser-life is being deleted.")
    expect(page.locator("#rows")).not_to_contain_text("browser-life", timeout=PATIENCE)
    person.go("/jobs")
    row = page.locator("tr", has_text="browser-life is being deleted.")
    expect(row.locator(".state")).to_have_text("success", timeout=PATIENCE)
    assert made not in {one["id"] for one in demo.engine.machines()}


def test_disks_interfaces_and_volumes(person: Person) -> None:
    page = person.page
    made = create(person, "browser-parts", start=False)
    person.sees("stopped")
    person.go("/storage_volumes")
    page.get_by_text("New volume").click()
    page.locator("form.row [name=name]").fill("browser-data")
    page.get_by_label("Size in GiB").fill("2")
    found = page.locator("[name=storage_domain] option", has_text="barcelona").first.get_attribute("value")
    page.locator("[name=storage_domain]").select_option(found)
    person.press("Create volume")
    person.sees("available")

    person.go(f"/instances/{made}")
    page.get_by_text("Attach a volume").click()
    page.locator("[name=volume]").select_option(label="browser-data (2 GiB)")
    person.press("Attach")
    expect(page.locator("#disks")).to_contain_text("browser-data", timeout=PATIENCE)
    page.locator("#disks").get_by_role("link", name="Detach browser-data").click()
    person.press("Detach")
    expect(page.locator("#disks")).not_to_contain_text("browser-data", timeout=PATIENCE)

    before = page.locator("#nics li").count()
    page.get_by_text("Add an interface").click()
    page.locator("form[action$='/add-interface'] [name=name]").fill("extra")
    person.press("Add")
    expect(page.locator("#nics li")).to_have_count(before + 1, timeout=PATIENCE)
    page.get_by_role("link", name="Remove extra").click()
    person.press("Remove interface")
    expect(page.locator("#nics li")).to_have_count(before, timeout=PATIENCE)

    person.go("/storage_volumes")
    page.get_by_role("link", name="browser-data").click()
    page.get_by_label("Size in GiB").fill("3")
    person.press("Save")
    expect(page.locator("dl")).to_contain_text("3 GiB")
    person.press("Take a snapshot")
    person.sees("completed")
    person.follow("Make a volume of it")
    page.locator("form.row [name=name]").fill("browser-copy")
    person.press("Create volume")
    person.sees("available")
    expect(page.locator("dl")).to_contain_text("3 GiB")
    for path, name in (
        ("storage_volumes", "browser-copy"),
        ("storage_volumes", "browser-data"),
        ("storage_snapshots", "browser-data-snapshot"),
    ):
        person.go(f"/{path}")
        page.get_by_role("link", name=name, exact=True).click()
        person.confirm("Delete")
        expect(page.locator("#rows")).not_to_contain_text(name, timeout=PATIENCE)
    remove(person, made)


def test_an_image_and_a_network(person: Person) -> None:
    page = person.page
    made = create(person, "browser-model", start=False)
    person.sees("stopped")
    page.get_by_text("Make an image").click()
    page.locator("form[action$='/image'] [name=name]").fill("browser-image")
    person.press("Make image")
    person.sees("available")
    page.get_by_label("Name").fill("browser-image-2")
    person.press("Save")
    expect(page.get_by_role("heading", name="browser-image-2")).to_be_visible()
    person.confirm("Delete")
    expect(page.locator("#rows")).not_to_contain_text("browser-image", timeout=PATIENCE)
    remove(person, made)

    person.go("/networks")
    page.get_by_text("New network").click()
    page.locator("form.row [name=name]").fill("browser-net")
    page.get_by_label("VLAN").fill("77")
    person.press("Create network")
    expect(page.locator("dl")).to_contain_text("77")
    person.confirm("Delete")
    expect(page.locator("table")).not_to_contain_text("browser-net")


def test_an_access_key_works_for_boto3_until_it_is_revoked(person: Person, demo: Gateway) -> None:
    page = person.page
    person.go("/access_keys")
    page.get_by_label("Description").fill("for the browser test")
    person.press("Create access key")
    key, secret = page.locator("#made-id").inner_text(), page.locator("#made-secret").inner_text()
    client = boto3.client(
        "ec2", endpoint_url=demo.url, region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key=secret, config=ONCE,
    )  # fmt: skip
    assert "desktop_template" in {image["Name"] for image in client.describe_images()["Images"]}
    person.go("/access_keys")
    assert secret not in page.content()
    page.get_by_role("link", name=f"Revoke {key}").click()
    person.press("Revoke")
    expect(page.locator("tr", has_text=key)).to_contain_text("revoked")


def test_another_data_center(person: Person) -> None:
    page = person.page
    person.go("/instances")
    expect(page.locator("#rows")).to_contain_text("cimi_machine")
    page.locator("#data-center").select_option(label="barcelona")
    person.press("Switch")
    expect(page).to_have_url(re.compile("/api/instances$"))
    expect(page.locator("#rows")).not_to_contain_text("cimi_machine")
    expect(page.locator("#rows")).to_contain_text("ec2_machine")
    person.go()
    expect(page.locator("table")).not_to_contain_text("Default")
    page.locator("#data-center").select_option(label="All")
    person.press("Switch")
    expect(page.locator("table")).to_contain_text("Default")


def test_the_console_of_an_instance(person: Person) -> None:
    page = person.page
    person.go("/instances")
    person.follow("ec2_machine2")
    with page.expect_download() as told:
        person.press("Open console")
    assert told.value.suggested_filename == "console.vv"
    assert told.value.path().read_text().startswith("[virt-viewer]\n")
    person.follow("See its screen")
    expect(page.locator("img.screen")).to_be_visible()
    assert page.locator("img.screen").evaluate("one => one.naturalWidth") > 0


def test_search(person: Person) -> None:
    page = person.page
    person.go("/instances")
    page.get_by_label("Search").fill("machine2")
    expect(page.locator("#rows")).to_contain_text(re.compile("2 of [0-9]+"))
    expect(page.locator("#rows tbody tr")).to_have_count(2)


def test_log_out(person: Person) -> None:
    page = person.page
    person.press("Log out")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    person.go("/keys")
    expect(page).to_have_url(re.compile("/api/login"))
    assert [cookie["name"] for cookie in person.context.cookies() if cookie["name"] == "deltaic_session"] == []
