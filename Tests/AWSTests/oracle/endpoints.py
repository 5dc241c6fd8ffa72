"""Prints what botocore's rule sets say, a JSON object a line: every Region it knows, each service that Converge speaks to."""
import json

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

loader = botocore.session.Session().get_component("data_loader")
partitions = loader.load_data("partitions")
regions = [r for p in partitions["partitions"] for r in p["regions"] if not r.endswith("-global")]
for service in ("kinesis", "dynamodb", "sts"):
    rules = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), partitions)
    for region in regions + ["us-new-9", "cn-new-1", "us-gov-new-1"]:
        for fips in (False, True):
            for dual_stack in (False, True):
                parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
                if service == "sts":
                    parameters["UseGlobalEndpoint"] = False
                try:
                    url = rules.resolve_endpoint(**parameters).url
                except EndpointProviderError:
                    url = None
                print(json.dumps(
                    {"service": service, "region": region, "fips": fips, "dualStack": dual_stack, "url": url}))
