"""Holds requests and responses against botocore's service models: operations.py FILE, a JSON array of cases.

A case: `service` and `operation` as botocore calls them, `wire` (json, query, rest-json, rest-xml), `params` as a caller of boto3 would
give them, `request` as Converge sends it, and `responses`, texts of bodies as its tests read them; `codes`, names of errors that are told
apart. Prints what differs, a JSON array of sentences a line, in the order of the cases.

The request: botocore checks `params` by its model, and what it would send has to be the same: method, path, query, target, content type,
body by its meaning. The responses: botocore reads each, and nothing may be in it that the model does not know or that is of another type.
"""
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime
from urllib.parse import parse_qsl

import botocore.session
from botocore import parsers, serialize, validate

session = botocore.session.Session()
# Errors of AWS's front door, which models do not name an operation for.
COMMON = {"ThrottlingException", "Throttling", "AccessDeniedException", "AccessDenied", "SubscriptionRequiredException"}


def shown(value):
    return value.decode() if isinstance(value, (bytes, bytearray)) else value


def without_namespaces(text):
    """What an XML document says: names, texts, children in their order."""
    def said(element):
        children = [said(child) for child in element]
        return (element.tag, "" if children else (element.text or ""), children)
    return said(ElementTree.fromstring(text))


def in_order(value, shape):
    """Parameters in the model's order, which is that of the elements in XML."""
    if isinstance(value, dict) and shape.type_name == "structure":
        return {name: in_order(value[name], member) for name, member in shape.members.items() if name in value} | {
            name: inner for name, inner in value.items() if name not in shape.members}
    if isinstance(value, list) and shape.type_name == "list":
        return [in_order(inner, shape.member) for inner in value]
    return value


def request_flaws(case, operation):
    params = in_order(case["params"], operation.input_shape) if operation.input_shape else case["params"]
    report = validate.ParamValidator().validate(params, operation.input_shape) if operation.input_shape else None
    if report and report.has_errors():
        yield f"botocore refuses the parameters: {report.generate_report()}"
        return
    wanted = serialize.create_serializer(case["wire"], include_validation=False).serialize_to_request(params, operation)
    got = case["request"]
    path, _, query = wanted["url_path"].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    more = wanted["query_string"]
    for name, value in (more.items() if isinstance(more, dict) else more or []):
        pairs += [(name, v) for v in value] if isinstance(value, list) else [(name, value)]
    pairs = [(name, str(value).lower() if isinstance(value, bool) else str(value)) for name, value in pairs]
    for what, ours, theirs in (
            ("method", got["method"], wanted["method"]), ("path", got["path"], path),
            ("query", sorted(parse_qsl(got["query"], keep_blank_values=True)), sorted(pairs))):
        if ours != theirs:
            yield f"{what}: {ours!r}, botocore {theirs!r}"
    headers = {name.lower(): value for name, value in wanted["headers"].items()}
    for name in ("x-amz-target", "content-type"):
        if name in headers and got["headers"].get(name) != headers[name]:
            yield f"header {name}: {got['headers'].get(name)!r}, botocore {headers[name]!r}"
    body = wanted["body"]
    if case["wire"] == "query":
        ours, theirs = dict(parse_qsl(got["body"], keep_blank_values=True)), {k: str(v) for k, v in body.items()}
    elif case["wire"] == "rest-xml":
        text = shown(body)
        ours = without_namespaces(got["body"]) if got["body"] else None
        theirs = without_namespaces(text) if text else None
    else:
        text = shown(body)
        ours = json.loads(got["body"]) if got["body"] else None
        theirs = json.loads(text) if text else None
    if ours != theirs:
        yield f"body: {ours!r}, botocore {theirs!r}"


def type_flaws(value, shape, path):
    """What of a JSON value is not of its shape."""
    kind = shape.type_name
    if value is None:
        return
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path} is no object"
            return
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name, inner in value.items():
            if name not in names:
                yield f"{path}.{name} is not in the model"
            else:
                yield from type_flaws(inner, names[name], f"{path}.{name}")
    elif kind == "list":
        for inner in value:
            yield from type_flaws(inner, shape.member, f"{path}[]")
    elif kind == "map":
        for name, inner in value.items():
            yield from type_flaws(inner, shape.value, f"{path}.{name}")
    else:
        wanted = {
            "string": str, "blob": str, "boolean": bool, "integer": int, "long": int, "double": (int, float), "float": (int, float),
            "timestamp": (int, float)}[kind]
        if not isinstance(value, wanted) or isinstance(value, bool) != (kind == "boolean"):
            yield f"{path} is no {kind}: {value!r}"
        elif kind == "string" and shape.enum and value not in shape.enum:
            yield f"{path} is none of {shape.enum}: {value!r}"


def leaves(value):
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, datetime):
        return [value.strftime("%Y-%m-%dT%H:%M:%SZ")]
    return [str(value)]


def response_flaws(case, operation):
    shape = operation.output_shape
    for text in case["responses"]:
        answer = {"status_code": 200, "headers": {}, "body": text.encode()}
        if case["wire"] in ("json", "rest-json"):
            if shape is None:
                yield "the model has no response"
            else:
                yield from type_flaws(json.loads(text), shape, operation.name)
            continue
        said = parsers.create_parser(case["wire"]).parse(answer, shape)
        said.pop("ResponseMetadata", None)
        texts = [
            element.text for element in ElementTree.fromstring(text).iter()
            if not len(element) and element.text and not element.tag.endswith("RequestId")]
        if sorted(texts) != sorted(leaves(said)):
            yield f"botocore reads {sorted(leaves(said))}, not {sorted(texts)}"


def code_flaws(case, service):
    known = set(COMMON)
    for name in service.operation_names:
        for shape in service.operation_model(name).error_shapes:
            known |= {shape.name, shape.error_code}
    yield from (f"{code} is no error of the model" for code in case["codes"] if code not in known)


for case in json.load(open(sys.argv[1])):
    service = session.get_service_model(case["service"])
    operation = service.operation_model(case["operation"])
    flaws = []
    if case["wire"] not in service.metadata.get("protocols", [service.metadata["protocol"]]):
        flaws.append(f"the service does not speak {case['wire']}")
    if case["wire"] == "json" and operation.service_model.metadata.get("jsonVersion") != case["jsonVersion"]:
        flaws.append(f"version {case['jsonVersion']} of JSON")
    signing = service.metadata.get("signingName") or service.metadata["endpointPrefix"]
    if signing != case["signingName"]:
        flaws.append(f"signed as {case['signingName']}, botocore {signing}")
    if re.sub(r"\s", "_", service.metadata["serviceId"]).lower() != case["configurationName"]:
        flaws.append(f"configured as {case['configurationName']}, botocore {service.metadata['serviceId']}")
    flaws += request_flaws(case, operation)
    flaws += response_flaws(case, operation)
    flaws += code_flaws(case, service)
    print(json.dumps(flaws))
