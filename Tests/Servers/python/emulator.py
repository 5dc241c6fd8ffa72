"""Runs ministack (https://pypi.org/project/ministack/) by its environment variables until standard input ends.

    STATE_DIR=DIR python3 emulator.py

It verifies signatures. From the beginning there is a user with the key of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY who may do
what a worker does, and a role `task` with the same permissions that the user may assume: as in IAM, the same in every Region.

What it holds is written to STATE_DIR when SIGTERM ends it, and read from there when it starts again: users, tables with their
items, streams with their records. Not kept: the records of DynamoDB's streams, and sessions of STS.
"""
import json
import os
import signal
import sys

from wire import end_with_input

ACCOUNT = "000000000000"
CREATED = "2026-01-01T00:00:00Z"
MAY = ["kinesis:*", "dynamodb:*", "cloudwatch:*", "sts:*", "route53:*", "sns:*", "sqs:*", "events:*"]


def allow(**what):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **what}]})


def identities(key, secret):
    """The part of ministack's saved state that is IAM's."""

    def scoped(name, value):
        return {"__scoped__": True, "data": {f"{ACCOUNT}\0{name!r}": value}}

    permissions = {"worker": allow(Action=MAY, Resource="*")}
    common = {"CreateDate": CREATED, "Path": "/", "PermissionsBoundary": "", "AttachedPolicies": [], "Tags": []}
    user = {"UserName": "worker", "Arn": f"arn:aws:iam::{ACCOUNT}:user/worker", "UserId": "AIDAWORKER"}
    role = {
        "RoleName": "task", "Arn": f"arn:aws:iam::{ACCOUNT}:role/task", "RoleId": "AROATASK", "Description": "",
        "AssumeRolePolicyDocument": allow(Principal={"AWS": "*"}, Action="sts:AssumeRole"), "MaxSessionDuration": 3600,
        "InlinePolicies": permissions,
    }
    access = {"UserName": "worker", "AccessKeyId": key, "SecretAccessKey": secret, "Status": "Active", "CreateDate": CREATED}
    return {
        "users": scoped("worker", common | user), "roles": scoped("task", common | role),
        "access_keys": scoped(key, access), "user_inline_policies": scoped("worker", permissions),
    }


def main():
    end_with_input()
    # Whoever started this may have held signals off on that thread, and that is inherited.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    state = os.environ["STATE_DIR"]
    os.environ |= {"BIND_HOST": "127.0.0.1", "AUTH": "true", "PERSIST_STATE": "1", "SFTP_ENABLED": "0"}
    key, secret = os.environ.pop("AWS_ACCESS_KEY_ID"), os.environ.pop("AWS_SECRET_ACCESS_KEY")
    if not os.path.exists(f"{state}/iam.json"):
        os.makedirs(state, exist_ok=True)
        with open(f"{state}/iam.json", "w") as file:
            json.dump({"__ministack_format__": 2, "payload": identities(key, secret)}, file)
    sys.argv = ["ministack"]
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
