"""Prints what botocore's rule sets say, a JSON object a line: every Region it knows, each service that Converge speaks to."""
import json

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

loader = botocore.session.Session().get_component("data_loader")
partitions = loader.load_data("partitions")
regions = [r for p in partitions["partitions"] for r in p["regions"] if not r.endswith("-global")]
# Botocore's folder, and where it differs what configuration files call the service.
services = {
    "kinesis": "", "dynamodb": "", "dynamodbstreams": "dynamodb_streams", "sts": "", "connect": "", "cloudwatch": "",
    "events": "eventbridge", "sns": "", "health": "", "service-quotas": "service_quotas", "route53": "route_53", "iam": ""}
# Of one endpoint for all Regions.
everywhere = {"route53", "iam"}
# Asked in every partition. The others are for failover, which pairs of Regions of the first partition alone have; their rules for GovCloud
# and the European Sovereign Cloud differ in details.
in_all = {"kinesis", "dynamodb", "dynamodbstreams", "sts", "connect"}
first = [r for p in partitions["partitions"] if p["id"] == "aws" for r in p["regions"] if not r.endswith("-global")]
for service, name in services.items():
    rules = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), partitions)
    for region in regions + ["us-new-9", "cn-new-1", "us-gov-new-1"] if service in in_all else first + ["us-new-9"]:
        for fips in (False, True):
            for dual_stack in (False, True):
                parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
                if service == "sts":
                    parameters["UseGlobalEndpoint"] = False
                try:
                    endpoint = rules.resolve_endpoint(**parameters)
                except EndpointProviderError:
                    continue
                if service in everywhere:
                    assert endpoint.properties["authSchemes"][0]["signingRegion"] == "us-east-1"
                print(json.dumps(
                    {"service": name or service, "region": region, "fips": fips, "dualStack": dual_stack, "url": endpoint.url}))
