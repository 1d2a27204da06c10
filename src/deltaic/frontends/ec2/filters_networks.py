"""Filter tables of networks, interfaces, addresses and security groups."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.aws.filters import FilterTable

VPCS: Final = FilterTable(
    {
        "cidr": "CidrBlock",
        "cidr-block-association.association-id": "CidrBlockAssociationSet.AssociationId",
        "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock",
        "cidr-block-association.state": "CidrBlockAssociationSet.CidrBlockState.State",
        "dhcp-options-id": "DhcpOptionsId",
        "instance-tenancy": "InstanceTenancy",
        "ipv6-cidr-block-association.association-id": "Ipv6CidrBlockAssociationSet.AssociationId",
        "ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
        "ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
        "is-default": "IsDefault",
        "owner-id": "OwnerId",
        "state": "State",
        "vpc-id": "VpcId",
    },
    tags="Tags",
    aliases={
        "cidr-block": "cidr",
        "cidrBlock": "cidr",
        "dhcpOptionsId": "dhcp-options-id",
        "isDefault": "is-default",
    },
)

SUBNETS: Final = FilterTable(
    {
        "availability-zone": "_zones",
        "availability-zone-id": "AvailabilityZoneId",
        "available-ip-address-count": "AvailableIpAddressCount",
        "cidr-block": "CidrBlock",
        "default-for-az": "DefaultForAz",
        "ipv6-cidr-block-association.association-id": "Ipv6CidrBlockAssociationSet.AssociationId",
        "ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
        "ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
        "ipv6-native": "Ipv6Native",
        "map-public-ip-on-launch": "MapPublicIpOnLaunch",
        "outpost-arn": "OutpostArn",
        "owner-id": "OwnerId",
        "state": "State",
        "subnet-arn": "SubnetArn",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    },
    tags="Tags",
    aliases={
        "availabilityZone": "availability-zone",
        "availabilityZoneId": "availability-zone-id",
        "cidr": "cidr-block",
        "cidrBlock": "cidr-block",
        "defaultForAz": "default-for-az",
        "default-for-Az": "default-for-az",
    },
)

ROUTE_TABLES: Final = FilterTable(
    {
        "association.gateway-id": "Associations.GatewayId",
        "association.main": "Associations.Main",
        "association.route-table-association-id": "Associations.RouteTableAssociationId",
        "association.route-table-id": "Associations.RouteTableId",
        "association.subnet-id": "Associations.SubnetId",
        "owner-id": "OwnerId",
        "route.destination-cidr-block": "Routes.DestinationCidrBlock",
        "route.gateway-id": "Routes.GatewayId",
        "route.instance-id": "Routes.InstanceId",
        "route.nat-gateway-id": "Routes.NatGatewayId",
        "route.origin": "Routes.Origin",
        "route.state": "Routes.State",
        "route-table-id": "RouteTableId",
        "vpc-id": "VpcId",
    },
    tags="Tags",
)

NETWORK_ACLS: Final = FilterTable(
    {
        "association.association-id": "Associations.NetworkAclAssociationId",
        "association.network-acl-id": "Associations.NetworkAclId",
        "association.subnet-id": "Associations.SubnetId",
        "default": "IsDefault",
        "entry.cidr": "Entries.CidrBlock",
        "entry.egress": "Entries.Egress",
        "entry.ipv6-cidr": "Entries.Ipv6CidrBlock",
        "entry.protocol": "Entries.Protocol",
        "entry.rule-action": "Entries.RuleAction",
        "entry.rule-number": "Entries.RuleNumber",
        "network-acl-id": "NetworkAclId",
        "owner-id": "OwnerId",
        "vpc-id": "VpcId",
    },
    tags="Tags",
)

INTERFACES: Final = FilterTable(
    {
        "addresses.association.public-ip": "PrivateIpAddresses.Association.PublicIp",
        "addresses.primary": "PrivateIpAddresses.Primary",
        "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
        "association.association-id": "Association.AssociationId",
        "association.allocation-id": "Association.AllocationId",
        "association.ip-owner-id": "Association.IpOwnerId",
        "association.public-dns-name": "Association.PublicDnsName",
        "association.public-ip": "Association.PublicIp",
        "attachment.attach-time": "Attachment.AttachTime",
        "attachment.attachment-id": "Attachment.AttachmentId",
        "attachment.delete-on-termination": "Attachment.DeleteOnTermination",
        "attachment.device-index": "Attachment.DeviceIndex",
        "attachment.instance-id": "Attachment.InstanceId",
        "attachment.instance-owner-id": "Attachment.InstanceOwnerId",
        "attachment.status": "Attachment.Status",
        "availability-zone": "_zones",
        "description": "Description",
        "group-id": "Groups.GroupId",
        "group-name": "Groups.GroupName",
        "interface-type": "InterfaceType",
        "ipv6-addresses.ipv6-address": "Ipv6Addresses.Ipv6Address",
        "mac-address": "MacAddress",
        "network-interface-id": "NetworkInterfaceId",
        "owner-id": "OwnerId",
        "private-dns-name": "PrivateDnsName",
        "private-ip-address": "PrivateIpAddress",
        "requester-id": "RequesterId",
        "requester-managed": "RequesterManaged",
        "source-dest-check": "SourceDestCheck",
        "status": "Status",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    },
    tags="TagSet",
    aliases={"availabilityZone": "availability-zone", "attachment.instanceId": "attachment.instance-id"},
)

ADDRESSES: Final = FilterTable(
    {
        "allocation-id": "AllocationId",
        "association-id": "AssociationId",
        "domain": "Domain",
        "instance-id": "InstanceId",
        "network-border-group": "NetworkBorderGroup",
        "network-interface-id": "NetworkInterfaceId",
        "network-interface-owner-id": "NetworkInterfaceOwnerId",
        "private-ip-address": "PrivateIpAddress",
        "public-ip": "PublicIp",
    },
    tags="Tags",
)

GROUPS: Final = FilterTable(
    {
        "description": "Description",
        "egress.ip-permission.cidr": "IpPermissionsEgress.IpRanges.CidrIp",
        "egress.ip-permission.from-port": "IpPermissionsEgress.FromPort",
        "egress.ip-permission.group-id": "IpPermissionsEgress.UserIdGroupPairs.GroupId",
        "egress.ip-permission.ipv6-cidr": "IpPermissionsEgress.Ipv6Ranges.CidrIpv6",
        "egress.ip-permission.protocol": "IpPermissionsEgress.IpProtocol",
        "egress.ip-permission.to-port": "IpPermissionsEgress.ToPort",
        "group-id": "GroupId",
        "group-name": "GroupName",
        "ip-permission.cidr": "IpPermissions.IpRanges.CidrIp",
        "ip-permission.from-port": "IpPermissions.FromPort",
        "ip-permission.group-id": "IpPermissions.UserIdGroupPairs.GroupId",
        "ip-permission.group-name": "IpPermissions.UserIdGroupPairs.GroupName",
        "ip-permission.ipv6-cidr": "IpPermissions.Ipv6Ranges.CidrIpv6",
        "ip-permission.protocol": "IpPermissions.IpProtocol",
        "ip-permission.to-port": "IpPermissions.ToPort",
        "ip-permission.user-id": "IpPermissions.UserIdGroupPairs.UserId",
        "owner-id": "OwnerId",
        "vpc-id": "VpcId",
    },
    tags="Tags",
)

RULES: Final = FilterTable(
    {"group-id": "GroupId", "security-group-rule-id": "SecurityGroupRuleId"},
    tags="Tags",
)
