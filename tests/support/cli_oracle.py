"""A server that answers each call with everything its model knows, and then asks the CLI's own
parser what it should have been read as.

usage: cli_oracle.py serve PORT FOLDER      answers, and keeps what it sent
       cli_oracle.py compare FOLDER CAPTURE  compares with the parser of botocore

Every member of every answer has a value: each list two items, each structure all members. With
PORT/empty in the endpoint's path the lists are empty instead. Run by tests/inspect_aws.rs.
"""

import hashlib
import http.server
import json
import pathlib
import re
import sys
import urllib.parse

import botocore.parsers
import botocore.session

ACCOUNT = "111122223333"
SESSION = botocore.session.get_session()
QUERY = {"2016-11-15": "ec2", "2010-05-08": "iam", "2011-06-15": "sts", "2015-12-01": "elbv2"}
# The part of the query that tells the operation; a bare bucket never occurs.
BUCKET = {
    "location": "GetBucketLocation", "policy": "GetBucketPolicy", "acl": "GetBucketAcl",
    "publicAccessBlock": "GetPublicAccessBlock",
    "ownershipControls": "GetBucketOwnershipControls", "encryption": "GetBucketEncryption",
    "logging": "GetBucketLogging", "versioning": "GetBucketVersioning",
    "notification": "GetBucketNotificationConfiguration", "replication": "GetBucketReplication",
    "tagging": "GetBucketTagging", "object-lock": "GetObjectLockConfiguration",
    "inventory": "ListBucketInventoryConfigurations",
}
# The root elements of the S3 API reference, where they are not the name of a member.
ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult", "GetBucketLocation": "LocationConstraint",
    "GetBucketAcl": "AccessControlPolicy", "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketVersioning": "VersioningConfiguration", "GetBucketTagging": "Tagging",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
}


def text(name, path):
    """A value that is told from others, and harmless where a name is asked about next."""
    if name in ("NextToken", "Marker", "NextMarker", "ContinuationToken", "nextToken",
                "NextContinuationToken"):
        return ""
    if name == "Account":
        return ACCOUNT
    if name == "RegionName":
        return "eu-west-1"
    if name in ("PolicyDocument", "AssumeRolePolicyDocument", "Document"):
        return urllib.parse.quote(json.dumps({"Version": path, "Statement": []}))
    number = int(hashlib.sha256(path.encode()).hexdigest()[:4], 16)
    return f"t{number}" if name == "Name" else f"t{number} & <{name}>"


def element(name, inner):
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


def escaped(value):
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def render(shape, name, empty, path, above):
    """What stands inside an element of that shape."""
    kind = shape.type_name
    if kind == "structure":
        if shape.name in above:
            return ""
        inner = ""
        for member, inside in shape.members.items():
            inner += child(inside, member, empty, f"{path}.{member}", above + [shape.name])
        return inner
    if kind == "boolean":
        flag = name not in ("IsTruncated", "additionalRoutesAvailable", "AdditionalRoutesAvailable")
        return "true" if flag else "false"
    if kind in ("integer", "long"):
        return str(len(path))
    if kind == "timestamp":
        return "2026-01-02T03:04:05Z"
    if kind == "map":
        return "".join(
            f"<entry><key>k{i}</key><value>{escaped(text('v', path + str(i)))}</value></entry>"
            for i in (1, 2)
        )
    if shape.enum and name not in ("RegionName",) and kind == "string":
        return shape.enum[0]
    return escaped(text(name, path))


def child(shape, member, empty, path, above):
    where = shape.serialization
    if where.get("location") in ("header", "headers", "statusCode") or where.get("xmlAttribute"):
        return ""
    wire = where.get("name") or member
    if shape.type_name == "structure" and (shape.name in above or empty and not shape.members):
        return ""
    if shape.type_name != "list":
        inner = render(shape, member, empty, path, above)
        return "" if shape.type_name == "structure" and not inner and empty else element(wire, inner)
    if shape.member.type_name == "structure" and shape.member.name in above:
        return ""
    numbers = () if empty and above else (1, 2)
    items = [render(shape.member, member, empty, f"{path}{i}", above) for i in numbers]
    inner = shape.member.serialization.get("name")
    if where.get("flattened"):
        return "".join(element(inner or wire, item) for item in items)
    return element(wire, "".join(element(inner or "member", item) for item in items))


def answer(service, operation, empty):
    model = SESSION.get_service_model(service).operation_model(operation)
    shape = model.output_shape
    path = f"{service}.{operation}"
    if operation == "GetBucketPolicy":
        return json.dumps({"Version": "2012-10-17", "Statement": []})
    if operation == "GetBucketLocation":
        return element("LocationConstraint", "" if empty else "eu-west-1")
    protocol = model.service_model.protocol
    if protocol == "ec2":
        inner = render(shape, operation, empty, path, [])
        return element(operation + "Response", "<requestId>r</requestId>" + inner)
    if protocol == "query":
        inner = element(operation + "Result", render(shape, operation, empty, path, []))
        return element(operation + "Response",
                       inner + "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>")
    payload = shape.serialization.get("payload")
    if payload:
        inside = shape.members[payload]
        inner = render(inside, payload, empty, f"{path}.{payload}", [])
        return element(inside.serialization.get("name") or payload, inner)
    inner = render(shape, operation, empty, path, [])
    return element(ROOTS.get(operation, operation + "Result"), inner)


class Handler(http.server.BaseHTTPRequestHandler):
    folder = None

    def log_message(self, *_):
        pass

    def call(self, body):
        url = urllib.parse.urlsplit(self.path)
        empty = url.path.startswith("/empty")
        path = url.path.removeprefix("/empty")
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        if self.headers.get("X-Amz-Target"):
            return None, None, empty
        if body:
            form = dict(urllib.parse.parse_qsl(body.decode()))
            return QUERY[form["Version"]], form["Action"], empty
        if path.startswith("/v20180820/"):
            parts = path.strip("/").split("/")[1:]
            operation = {1: "ListAccessPoints", 2: "GetAccessPoint", 3: "GetAccessPointPolicy"}
            if parts[0] == "configuration":
                return "s3control", "GetPublicAccessBlock", empty
            return "s3control", operation[len(parts)], empty
        for name, operation in BUCKET.items():
            if name in query:
                return "s3", operation, empty
        return "s3", "ListBuckets", empty

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service, operation, empty = self.call(body)
        if service is None:
            status, sent = 403, '{"__type": "AccessDeniedException"}'
        else:
            status, sent = 200, answer(service, operation, empty)
            self.folder.joinpath(f"{service}-{operation}.xml").write_text(sent)
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent.encode())))
        self.end_headers()
        self.wfile.write(sent.encode())

    do_GET = do_POST = answer


def plain(value, ours):
    """Times in one spelling; members without a value are not there."""
    if isinstance(value, dict):
        return {
            # The one thing that is not kept as the CLI prints it.
            k: "[redacted]" if k == "ClientSecret" else plain(v, ours)
            for k, v in value.items() if v is not None
        }
    if isinstance(value, list):
        return [plain(item, ours) for item in value]
    if hasattr(value, "isoformat"):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def difference(ours, theirs, path, found):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(set(ours) | set(theirs)):
            if key not in ours:
                found.append(f"{path}.{key}: missing")
            elif key not in theirs:
                found.append(f"{path}.{key}: not in the CLI's answer")
            else:
                difference(ours[key], theirs[key], f"{path}.{key}", found)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs):
            difference(one, other, path + "[]", found)
    elif ours != theirs:
        found.append(f"{path}: {ours!r}, and the CLI says {theirs!r}")


def compare(folder, capture):
    found, compared, seen = [], 0, set()
    for path in sorted(pathlib.Path(capture, "aws").rglob("*.json")):
        envelope = json.loads(path.read_text())
        service, operation = envelope["call"].split(":")
        sent = pathlib.Path(folder, f"{service}-{operation}.xml")
        if not sent.exists() or envelope["call"] in seen:
            continue
        seen.add(envelope["call"])
        if envelope["outcome"] != "ok":
            found.append(f"{envelope['call']}: {envelope['outcome']} {envelope['error']}")
            continue
        model = SESSION.get_service_model(service).operation_model(operation)
        parser = botocore.parsers.create_parser(model.service_model.protocol)
        response = {"status_code": 200, "headers": {}, "body": sent.read_bytes()}
        theirs = parser.parse(response, model.output_shape)
        theirs.pop("ResponseMetadata", None)
        if operation == "GetBucketPolicy":
            theirs = {"Policy": sent.read_text()}
        if operation == "GetBucketLocation":
            theirs = {"LocationConstraint": re.sub("<[^>]*>", "", sent.read_text()) or None}
        theirs = plain(theirs, False)
        ours = plain(envelope["body"], True)
        # The loop over pages takes these away.
        for name in ("IsTruncated", "NextToken", "Marker", "NextMarker", "ContinuationToken",
                     "NextContinuationToken"):
            theirs.pop(name, None), ours.pop(name, None)
        # The CLI opens documents of IAM; its parser alone does not.
        if service == "iam":
            theirs = opened(theirs)
        if operation == "ListBucketInventoryConfigurations":
            theirs.setdefault("InventoryConfigurationList", [])
        if "ClientSecret" in json.dumps(ours) and "<ClientSecret>" in json.dumps(envelope):
            found.append(f"{envelope['call']}: a secret was kept")
        difference(ours, theirs, envelope["call"], found)
        compared += 1
    print(json.dumps({"compared": compared, "found": found}))


def opened(value):
    if isinstance(value, dict):
        return {
            k: json.loads(urllib.parse.unquote(v))
            if isinstance(v, str) and v.startswith("%7B") else opened(v)
            for k, v in value.items()
        }
    return [opened(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    if sys.argv[1] == "compare":
        compare(*sys.argv[2:])
    else:
        Handler.folder = pathlib.Path(sys.argv[3])
        Handler.folder.mkdir(parents=True, exist_ok=True)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler)
        print("ready", flush=True)
        server.serve_forever()
