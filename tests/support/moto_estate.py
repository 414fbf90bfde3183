"""Fills a moto server with two accounts of an organization, and says what it made.

usage: moto_estate.py ENDPOINT populate
       moto_estate.py ENDPOINT export FOLDER     the same estate as files of the AWS CLI
       moto_estate.py ENDPOINT auditors POLICY   a user with that policy, and one without any

Everything in it is invented. Run by tests/inspect_aws.rs.
"""

import json
import pathlib
import socket
import sys
import urllib.parse

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

# moto puts every access point here.
REGION = "us-east-1"
ELSEWHERE = "eu-west-1"
ENDPOINT = sys.argv[1]
CONFIG = Config(
    retries={"max_attempts": 1},
    s3={"addressing_style": "path"},
)

# The client of S3 Control puts the account into the host name, in front of an address too.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: resolve(
    "127.0.0.1" if host.endswith(".127.0.0.1") else host, *more, **named
)


def session(credentials=None):
    keys = credentials or {"AccessKeyId": "test", "SecretAccessKey": "test", "SessionToken": None}
    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=REGION,
    )


def client(of, service):
    return of.client(service, endpoint_url=ENDPOINT, config=CONFIG)


def statement(effect, action, resource, **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def into(account):
    sts = client(session(), "sts")
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    return session(sts.assume_role(RoleArn=role, RoleSessionName="fill")["Credentials"])


def fill_platform(of, home):
    """The account of the brokers: network, hosts, disks, buckets, keys, secrets."""
    iam, ec2, s3 = client(of, "iam"), client(of, "ec2"), client(of, "s3")
    kms, secrets = client(of, "kms"), client(of, "secretsmanager")

    boundary = iam.create_policy(
        PolicyName="no-keys", PolicyDocument=document(statement("Deny", "kms:*", "*"))
    )["Policy"]["Arn"]
    reads = iam.create_policy(
        PolicyName="read-log", PolicyDocument=document(
            statement("Allow", ["s3:GetObject", "s3:ListBucket"], "*", Sid="ReadLog")
        ), Path="/data/",
    )["Policy"]["Arn"]
    iam.create_role(
        RoleName="broker", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}),
        Tags=[{"Key": "team", "Value": "100% + streaming"}],
    )
    iam.put_role_policy(
        RoleName="broker", PolicyName="disks and log",
        PolicyDocument=document(
            statement("Allow", ["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::pier-log/*"),
            statement("Allow", ["kms:Decrypt", "kms:GenerateDataKey"], "*"),
        ),
    )
    iam.create_role(
        RoleName="analyst", AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{home}:root"}),
        PermissionsBoundary=boundary,
    )
    iam.attach_role_policy(RoleName="analyst", PolicyArn=reads)
    iam.create_instance_profile(InstanceProfileName="broker")
    iam.add_role_to_instance_profile(InstanceProfileName="broker", RoleName="broker")
    iam.create_user(UserName="mara")
    iam.create_group(GroupName="operators")
    iam.add_user_to_group(GroupName="operators", UserName="mara")
    iam.put_group_policy(
        GroupName="operators", PolicyName="snapshots",
        PolicyDocument=document(statement("Allow", ["ec2:CreateSnapshot", "ebs:*"], "*")),
    )
    iam.create_open_id_connect_provider(
        Url="https://token.example.org", ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
    )

    key = kms.create_key(Description="log")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/log", TargetKeyId=key)
    kms.create_grant(
        KeyId=key, GranteePrincipal=f"arn:aws:iam::{account_of(of)}:role/broker",
        Operations=["Decrypt"],
    )

    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.7.1.0/24", AvailabilityZone=REGION + "a"
    )["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group = ec2.create_security_group(
        GroupName="brokers", Description="Kafka & friends", VpcId=vpc
    )["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 9092, "ToPort": 9094,
         "IpRanges": [{"CidrIp": "10.7.0.0/16", "Description": "all of us"}]},
        {"IpProtocol": "tcp", "FromPort": 9092, "ToPort": 9092,
         "UserIdGroupPairs": [{"GroupId": group}]},
    ])
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[table],
    )
    other = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)
    transit = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    ec2.create_transit_gateway_route_table(TransitGatewayId=transit)
    ec2.create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=5, AddressFamily="IPv4",
        Entries=[{"Cidr": "198.51.100.0/24", "Description": "one"}],
    )
    ec2.allocate_address(Domain="vpc")
    ec2.create_egress_only_internet_gateway(VpcId=vpc)

    instance = ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="m5.large",
        IamInstanceProfile={"Name": "broker"},
        NetworkInterfaces=[{
            "DeviceIndex": 0, "SubnetId": subnet, "Groups": [group],
            "PrivateIpAddress": "10.7.1.10",
        }],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [
            {"Key": "Name", "Value": "broker-1"}, {"Key": "kept", "Value": "true"},
        ]}],
    )["Instances"][0]["InstanceId"]
    volume = ec2.create_volume(
        AvailabilityZone=REGION + "a", Size=100, Encrypted=True, KmsKeyId=key
    )["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    snapshot = ec2.create_snapshot(VolumeId=volume, Description="nightly")["SnapshotId"]
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add",
        UserIds=["999988887777"],
    )

    s3.create_bucket(Bucket="pier-log")
    s3.put_bucket_policy(Bucket="pier-log", Policy=document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{home}:root"},
         "Action": "s3:GetObject", "Resource": "arn:aws:s3:::pier-log/*"},
    ))
    s3.put_bucket_encryption(Bucket="pier-log", ServerSideEncryptionConfiguration={"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }]})
    s3.put_public_access_block(Bucket="pier-log", PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True,
        "BlockPublicPolicy": True, "RestrictPublicBuckets": False,
    })
    s3.put_bucket_ownership_controls(
        Bucket="pier-log", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_versioning(Bucket="pier-log", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="pier-log", Tagging={"TagSet": [{"Key": "a b", "Value": "<&>"}]})
    s3.put_bucket_inventory_configuration(
        Bucket="pier-log", Id="weekly", InventoryConfiguration={
            "Id": "weekly", "IsEnabled": True, "IncludedObjectVersions": "All",
            "Destination": {"S3BucketDestination": {
                "Bucket": "arn:aws:s3:::pier-bare", "Format": "CSV"}},
            "Schedule": {"Frequency": "Weekly"},
        },
    )
    s3.create_bucket(
        Bucket="pier-bare", CreateBucketConfiguration={"LocationConstraint": ELSEWHERE}
    )
    control = client(of, "s3control")
    control.put_public_access_block(AccountId=account_of(of), PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True,
        "BlockPublicPolicy": False, "RestrictPublicBuckets": False,
    })
    control.create_access_point(AccountId=account_of(of), Name="lake", Bucket="pier-log")

    secret = secrets.create_secret(
        Name="AmazonMSK_pier/settlement", KmsKeyId=key,
        SecretString=json.dumps({"username": "settlement", "password": "CANARY-d41d8cd9"}),
    )["ARN"]
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{home}:root"},
         "Action": "secretsmanager:GetSecretValue", "Resource": "*"},
    ))
    secrets.create_secret(Name="unread", SecretString="CANARY-98f00b20")


def account_of(of):
    return client(of, "sts").get_caller_identity()["Account"]


def populate():
    home = session()
    organizations = client(home, "organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="streaming")
    unit = unit["OrganizationalUnit"]["Id"]
    platform = organizations.create_account(
        Email="platform@example.org", AccountName="platform"
    )["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=platform, SourceParentId=root, DestinationParentId=unit)
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    limit = organizations.create_policy(
        Name="no-sharing", Description="", Type="SERVICE_CONTROL_POLICY",
        Content=document(statement("Deny", "ec2:ModifySnapshotAttribute", "*")),
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=limit, TargetId=unit)

    iam = client(home, "iam")
    iam.create_user(UserName="olga")
    iam.put_user_policy(
        UserName="olga", PolicyName="in",
        PolicyDocument=document(statement("Allow", "sts:AssumeRole", "*"))
    )
    there = into(platform)
    fill_platform(there, account_of(home))
    print(json.dumps({"home": account_of(home), "platform": platform}))


class Export:
    """Asks as the CLI would, all pages in one, and keeps what the CLI prints."""

    def __init__(self, of, folder, account, region):
        self.of, self.region = of, region
        self.folder = pathlib.Path(folder) / "accounts" / account / region
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clients = {}

    def ask(self, service, operation, resource="", names=(), **parameters):
        api = self.clients.setdefault(service, client(self.of, service))
        stem = {"s3": "s3api"}.get(service, service) + "-" + operation.replace("_", "-")
        path = self.folder / f"{stem}.json"
        if resource:
            path = self.folder / stem / (urllib.parse.quote(resource, safe="") + ".json")
            path.parent.mkdir(exist_ok=True)
        try:
            if api.can_paginate(operation):
                answer = api.get_paginator(operation).paginate(**parameters).build_full_result()
            else:
                answer = getattr(api, operation)(**parameters)
            answer.pop("ResponseMetadata", None)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            print(f"{service} {operation} {resource}: {code}", file=sys.stderr)
            if status >= 500:
                return {}
            name = "".join(word.capitalize() for word in operation.split("_"))
            path.write_text(f"\nAn error occurred ({code}) when calling the {name} operation: none\n")
            return {}
        except ResponseParserError:
            # moto does not know the call, and says so with a web page.
            print(f"{service} {operation}: not in moto", file=sys.stderr)
            return {}
        if operation == "list_bucket_inventory_configurations":
            # A list of S3 that is empty is not in its answer; ours says that it is empty.
            answer.setdefault("InventoryConfigurationList", [])
        if service == "s3" and operation == "get_bucket_location":
            answer = {"LocationConstraint": answer.get("LocationConstraint")}
        path.write_text(json.dumps(answer, indent=4, default=lambda when: when.isoformat()))
        return answer


def export(folder):
    home = session()
    organizations = client(home, "organizations")
    accounts = [account["Id"] for account in organizations.list_accounts()["Accounts"]]
    for account in accounts:
        of = home if account == account_of(home) else into(account)
        here = Export(of, folder, account, REGION)
        export_account(here, account)
        if account == account_of(home):
            export_organization(here)


def export_organization(here):
    def ask(operation, resource="", **parameters):
        return here.ask("organizations", operation, resource, **parameters)

    ask("describe_organization")
    accounts = ask("list_accounts")["Accounts"]
    targets = [account["Id"] for account in accounts]
    ask("list_delegated_administrators")
    policies = set()
    open_parents = [root["Id"] for root in ask("list_roots")["Roots"]]
    targets += open_parents
    while open_parents:
        parent = open_parents.pop()
        units = ask("list_organizational_units_for_parent", parent, ParentId=parent)
        for unit in units["OrganizationalUnits"]:
            open_parents.append(unit["Id"])
            targets.append(unit["Id"])
    for target in targets:
        if not target.startswith("r-"):
            ask("list_parents", target, ChildId=target)
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            found = ask("list_policies_for_target", f"{target}/{kind}", TargetId=target, Filter=kind)
            policies.update(policy["Id"] for policy in found.get("Policies", []))
    for policy in sorted(policies):
        ask("describe_policy", policy, PolicyId=policy)


def export_account(here, account):
    here.ask("sts", "get_caller_identity")
    here.ask("iam", "get_account_authorization_details", Filter=[
        "User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"])
    here.ask("iam", "list_instance_profiles")
    for provider in here.ask("iam", "list_open_id_connect_providers")["OpenIDConnectProviderList"]:
        arn = provider["Arn"]
        here.ask("iam", "get_open_id_connect_provider", arn, OpenIDConnectProviderArn=arn)
    here.ask("iam", "list_saml_providers")
    for bucket in here.ask("s3", "list_buckets")["Buckets"]:
        name = bucket["Name"]
        for operation in (
            "get_bucket_location", "get_bucket_policy", "get_bucket_acl",
            "get_public_access_block", "get_bucket_ownership_controls", "get_bucket_encryption",
            "get_bucket_logging", "get_bucket_versioning",
            "get_bucket_notification_configuration", "get_bucket_replication",
            "get_bucket_tagging", "get_object_lock_configuration",
            "list_bucket_inventory_configurations",
        ):
            here.ask("s3", operation, name, Bucket=name)
    here.ask("s3control", "get_public_access_block", AccountId=account)
    points = here.ask("s3control", "list_access_points", AccountId=account)
    for point in points.get("AccessPointList", []):
        name = point["Name"]
        here.ask("s3control", "get_access_point", name, AccountId=account, Name=name)
        here.ask("s3control", "get_access_point_policy", name, AccountId=account, Name=name)
    here.ask("s3control", "list_multi_region_access_points", AccountId=account)
    for key in here.ask("kms", "list_keys")["Keys"]:
        key = key["KeyId"]
        here.ask("kms", "describe_key", key, KeyId=key)
        here.ask("kms", "get_key_policy", key, KeyId=key, PolicyName="default")
        here.ask("kms", "list_grants", key, KeyId=key)
    here.ask("kms", "list_aliases")
    for secret in here.ask("secretsmanager", "list_secrets")["SecretList"]:
        here.ask("secretsmanager", "get_resource_policy", secret["ARN"], SecretId=secret["ARN"])
    for operation in (
        "describe_regions", "describe_instances", "describe_volumes",
        "get_ebs_encryption_by_default", "get_snapshot_block_public_access_state",
        "describe_iam_instance_profile_associations", "describe_vpcs", "describe_subnets",
        "describe_route_tables", "describe_network_acls", "describe_security_groups",
        "describe_network_interfaces", "describe_internet_gateways",
        "describe_egress_only_internet_gateways", "describe_nat_gateways", "describe_addresses",
        "describe_vpc_peering_connections", "describe_vpc_endpoints",
        "describe_vpc_endpoint_service_configurations", "describe_prefix_lists",
        "describe_transit_gateways", "describe_transit_gateway_attachments",
        "describe_transit_gateway_vpc_attachments", "describe_vpn_gateways",
        "describe_vpc_block_public_access_options",
        "describe_vpc_block_public_access_exclusions", "describe_flow_logs",
    ):
        here.ask("ec2", operation)
    for snapshot in here.ask("ec2", "describe_snapshots", OwnerIds=["self"])["Snapshots"]:
        id = snapshot["SnapshotId"]
        here.ask("ec2", "describe_snapshot_attribute", id,
                 SnapshotId=id, Attribute="createVolumePermission")
    for prefixes in here.ask("ec2", "describe_managed_prefix_lists")["PrefixLists"]:
        id = prefixes["PrefixListId"]
        here.ask("ec2", "get_managed_prefix_list_entries", id, PrefixListId=id)
    tables = here.ask("ec2", "describe_transit_gateway_route_tables")
    for table in tables["TransitGatewayRouteTables"]:
        id = table["TransitGatewayRouteTableId"]
        for operation in (
            "get_transit_gateway_route_table_associations",
            "get_transit_gateway_route_table_propagations",
        ):
            here.ask("ec2", operation, id, TransitGatewayRouteTableId=id)
        here.ask("ec2", "search_transit_gateway_routes", id, TransitGatewayRouteTableId=id,
                 Filters=[{"Name": "state", "Values": ["active", "blackhole"]}])
    here.ask("elbv2", "describe_load_balancers")
    here.ask("elbv2", "describe_target_groups")


def auditors(policy):
    """Eight calls, after which the server is told to ask for permission."""
    iam, keys = client(session(), "iam"), {}
    for name in ("auditor", "nobody"):
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys[name] = [key["AccessKeyId"], key["SecretAccessKey"]]
    iam.put_user_policy(
        UserName="auditor", PolicyName="p", PolicyDocument=pathlib.Path(policy).read_text()
    )
    client(session(), "s3").create_bucket(Bucket="pier-log")
    client(session(), "kms").create_key()
    client(session(), "secretsmanager").create_secret(Name="x", SecretString="CANARY-1b2c3d")
    print(json.dumps(keys))


if __name__ == "__main__":
    if sys.argv[2] == "populate":
        populate()
    elif sys.argv[2] == "export":
        export(sys.argv[3])
    else:
        auditors(sys.argv[3])
