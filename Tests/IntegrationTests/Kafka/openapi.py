"""Holds a worker's answers against docs/openapi.yaml: every page and every entity that it has, with and without registers, then
what Schemathesis makes up. Prints what it looked at; the exit code is 1 where anything differs."""

import os
import subprocess
import sys
from pathlib import Path

import schemathesis

# Where each kind is read one by one, beside explain.
READING = {
    "agent": ["/v1/agents/{id}"],
    "contact": ["/v1/contacts/{id}"],
    "customer": ["/v1/customers/{id}", "/v1/customers/{id}/context"],
    "flow": ["/v1/flows/{id}"],
    "queue": ["/v1/queues/{id}"],
    "session": ["/v1/sessions/{id}"],
    "username": ["/v1/usernames/{id}"],
}
# What is listed, and which contacts go on.
LISTS = {"/v1/agents": "agent", "/v1/contacts": "contact", "/v1/queues": "queue", "/v1/sessions": "session"}
OPEN = ["INITIATED", "CONNECTED_TO_SYSTEM", "QUEUED", "CONNECTED_TO_AGENT"]
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
                    if registers:
                        read(schema, url, kind, item)
                cursor = answer["next"]
                if cursor is None:
                    break
    for path in ("/v1/regions", "/metrics", "/health/live", "/health/ready"):
        schema[path]["GET"].Case().call_and_validate(base_url=url)
    return pages, entities


def lists(schema, url):
    """Every page of every list by its cursors: what /state shows, of contacts those that go on."""
    pages = items = 0
    for path, kind in LISTS.items():
        states, cursor = {}, None
        while True:
            query = {"limit": 1000} | ({"cursor": cursor} if cursor else {})
            answer = check(schema["/state/{kind}"]["GET"].Case(path_parameters={"kind": kind}, query=query), url)
            states |= {item["id"]: item["state"] for item in answer["items"]}
            cursor = answer["next"]
            if cursor is None:
                break
        if kind == "contact":
            states = {id: state for id, state in states.items() if state["phase"] in OPEN}
        found = {}
        while True:
            query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
            answer = check(schema[path]["GET"].Case(query=query), url)
            assert not answer["stale"] and answer["isWhole"] and not answer["data"]["isPartial"]
            for item in answer["data"]["items"]:
                assert item["id"] not in found, f"{path}: {item['id']} is told twice"
                found[item["id"]] = item
            pages, cursor = pages + 1, answer["data"]["next"]
            if cursor is None:
                break
        assert list(found) == sorted(states, key=str.encode), f"{path} has not what /state has"
        for id, state in states.items():
            for name, value in state.items():
                assert found[id][name] == value or kind == "queue" and name == "regions", f"{path}: {id}: {name}"
        items += len(found)
    check(schema["/v1/summary"]["GET"].Case(), url)
    return pages, items


def read(schema, url, kind, item):
    """An entity by the routes of its own kind, and why it is what it is."""
    for path in READING.get(kind, []):
        answer = check(schema[path]["GET"].Case(path_parameters={"id": item["id"]}), url)
        assert "withheld" not in answer, f"{path}: nobody was asked who they are"
        state = dict(item["state"])
        if kind != "username" and not path.endswith("context"):
            assert {name: answer["data"][name] for name in state if name != "regions"} == {
                name: value for name, value in state.items() if name != "regions"
            }, f"{path} {item['id']}: it is not what /state shows"
    explained = check(
        schema["/v1/explain/{kind}/{id}"]["GET"].Case(path_parameters={"kind": kind, "id": item["id"]}), url)["data"]
    winners = {each["path"] for each in explained["candidates"] if each["winner"]}
    assert winners == set(item["registers"]), f"{kind} {item['id']}: not every register has a winner"


def check(case, url):
    answer = case.call_and_validate(base_url=url)
    assert answer.status_code == 200, f"{case.formatted_path}: {answer.status_code}"
    return answer.json()


def main():
    document, url, *only = sys.argv[1:]
    schema = schemathesis.openapi.from_path(document)
    pages, entities = lists(schema, url) if only else walk(schema, url)
    print(f"walked {pages} pages, {entities} entities", flush=True)
    # The program beside this very interpreter, the settings beside this script.
    program = Path(sys.executable).parent / "schemathesis"
    settings = Path(__file__).parent / "schemathesis.toml"
    run = [program, "--config-file", settings, "run", document, "--url", url, "--checks", "all", "--no-color", "--warnings", "off"]
    if only:
        run += ["--include-path-regex", "^/v1/(agents|contacts|queues|sessions|summary)$"]
    hooks = {"SCHEMATHESIS_HOOKS": "cursors", "PYTHONPATH": str(Path(__file__).parent), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.exit(subprocess.run(run, env=os.environ | hooks).returncode)


if __name__ == "__main__":
    main()
