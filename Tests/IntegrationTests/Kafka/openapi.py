"""Holds a worker's answers against docs/openapi.yaml: every page and every entity that it has, with and without registers, then
what Schemathesis makes up. Prints what it looked at; the exit code is 1 where anything differs."""

import subprocess
import sys
from pathlib import Path

import schemathesis

KINDS = ["agent", "contact", "customer", "flow", "queue", "session", "username", "volume"]


def walk(schema, url):
    """Every page of every kind by its cursors, and every entity on them."""
    page, entity = schema["/state/{kind}"]["GET"], schema["/state/{kind}/{id}"]["GET"]
    pages = entities = 0
    for kind in KINDS:
        for registers in (False, True):
            cursor = None
            while True:
                query = {"limit": 3, "registers": "true" if registers else "false"}
                if cursor is not None:
                    query["cursor"] = cursor
                answer = check(page.Case(path_parameters={"kind": kind}, query=query), url)
                pages += 1
                for item in answer["items"]:
                    where = {"kind": kind, "id": item["id"]}
                    one = check(entity.Case(path_parameters=where, query={"registers": query["registers"]}), url)
                    assert one.pop("scope") == "member"
                    assert one == item, f"{where}: the page and the entity differ"
                    assert ("registers" in item) == registers
                    entities += 1
                cursor = answer["next"]
                if cursor is None:
                    break
    for path in ("/metrics", "/health/live", "/health/ready"):
        schema[path]["GET"].Case().call_and_validate(base_url=url)
    return pages, entities


def check(case, url):
    answer = case.call_and_validate(base_url=url)
    assert answer.status_code == 200, f"{case.formatted_path}: {answer.status_code}"
    return answer.json()


def main():
    document, url = sys.argv[1:]
    schema = schemathesis.openapi.from_path(document)
    pages, entities = walk(schema, url)
    print(f"walked {pages} pages, {entities} entities", flush=True)
    # The program beside this very interpreter, the settings beside this script.
    program = Path(sys.executable).parent / "schemathesis"
    settings = Path(__file__).parent / "schemathesis.toml"
    run = [program, "--config-file", settings, "run", document, "--url", url, "--checks", "all", "--no-color", "--warnings", "off"]
    sys.exit(subprocess.run(run).returncode)


if __name__ == "__main__":
    main()
