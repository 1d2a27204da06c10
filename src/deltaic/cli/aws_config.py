"""`deltaic aws-config`: a ready profile for AWS's own tools."""

from __future__ import annotations

import re

import click

from deltaic.cli.group import Command

_PLACEHOLDER = "(from: deltaic keys create)"

_TEMPLATE = """\
# Put this into ~/.aws/config, then: aws --profile {profile} ec2 describe-instances
[profile {profile}]
region = {region}
output = json
aws_access_key_id = {access_key}
aws_secret_access_key = {secret_key}
services = {profile}

[services {profile}]
ec2 =
  endpoint_url = {endpoint}
sts =
  endpoint_url = {endpoint}
"""


def ec2_endpoint(url: str) -> str:
    """The address that EC2 and STS clients use, from the gateway's base URL or from itself."""
    base = url.rstrip("/")
    return base + "/" if base.endswith("/ec2") else base + "/ec2/"


@click.command("aws-config", cls=Command, short_help="Print a profile for AWS's tools.")
@click.option("--url", default="http://127.0.0.1:3001", show_default=True, help="Base URL of the gateway.")
@click.option("--profile", default="deltaic", show_default=True, help="Name of the profile.")
@click.option(
    "--region",
    default="us-east-1",
    show_default=True,
    help="A data center's name selects it; any other name means the gateway's default.",
)
@click.option("--access-key", default=_PLACEHOLDER, help="Access key id to write.")
@click.option("--secret-key", default=_PLACEHOLDER, help="Secret key to write.")
def aws_config(url: str, profile: str, region: str, access_key: str, secret_key: str) -> None:
    """Print a profile for the AWS CLI, boto3 and Terraform.

    It names the gateway as endpoint of EC2 and STS, so that no command needs --endpoint-url.
    """
    if not re.fullmatch(r"https?://[^\s/]+\S*", url):
        raise click.BadParameter("must begin with http:// or https://", param_hint="--url")
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", profile):
        raise click.BadParameter("must be letters, digits, '-', '_' or '.'", param_hint="--profile")
    if not re.fullmatch(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)", region):
        raise click.BadParameter(
            "AWS clients take letters, digits and '-' only; for a data center of another name use the header "
            "X-Deltacloud-Provider or a gateway of its own",
            param_hint="--region",
        )
    text = _TEMPLATE.format(
        profile=profile, region=region, access_key=access_key, secret_key=secret_key, endpoint=ec2_endpoint(url)
    )
    click.echo(text, nl=False)
