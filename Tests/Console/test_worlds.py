"""The double says nothing that the server could not say: every answer of every world against docs/openapi.yaml, and its policy against the server's."""
import json
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

import worlds
from routes import ROUTES

DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "docs/openapi.yaml").read_text())


def schema(path, method, status):
    """Of the answer of a route; None where the document has none for the status."""
    answers = DOCUMENT["paths"][path][method]["responses"]
    answer = answers.get(str(status))
    if answer and "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    content = (answer or {}).get("content") or {}
    return next(iter(content.values()), {}).get("schema") if answer else None


def faults(path, method, status, body):
    found = schema(path, method, status)
    if found is None:
        return [f"{method} {path} answers {status}, which the document does not know"]
    validator = Draft202012Validator({**found, "components": DOCUMENT["components"]})
    return [f"{method} {path} {status}: {'/'.join(map(str, each.absolute_path))}: {each.message[:200]}" for each in validator.iter_errors(body)]


class WorldsTest(unittest.TestCase):
    def test_every_answer_of_every_world(self):
        from rig import Double
        double = Double()
        self.addCleanup(double.end)
        found = []
        for name in worlds.ALL:
            double.world(name)
            for path, target in ROUTES.items():
                request = urllib.request.Request(f"{double.base}{target}")
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        status, body = answer.status, json.load(answer)
                except urllib.error.HTTPError as error:
                    status, body = error.code, json.load(error)
                found += [f"{name}: {each}" for each in faults(path, "get", status, body)]
        self.assertEqual(found, [])

    def test_a_lie_is_found(self):
        self.assertTrue(faults("/v1/lag", "get", 200, {"ageMs": 0, "asOf": 1, "regions": [], "data": {"links": [], "ingest": []}}))
        self.assertTrue(faults("/v1/probes", "get", 200, {"ageMs": 0, "asOf": 1, "regions": [], "data": {"items": [{"state": "fine"}]}}))
        self.assertTrue(faults("/v1/probes", "get", 418, {}))


if __name__ == "__main__":
    unittest.main()
