"""Hands out short-lived credentials of a role, as the endpoint of ECS and of EKS Pod Identity does.

    python3 container_credentials.py --role ARN --seconds N [--token T] us-east-1=PORT

Prints `ready PORT`. Asked at that port:
    GET /credentials  assumes the role at that Region's emulator for N seconds, a new session each time. Past that the emulator
                      refuses it (ExpiredTokenException). Whoever asks shows the token in the header Authorization.
    GET /figures      {"handed": how many, "refused": how many had no token}
    PUT /failing      true | false: answers 500 meanwhile
The role is assumed as the user of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

Needs boto3. A real role's session lives for 900 seconds at least; the emulator takes less.
"""
import argparse
import asyncio
import json

import boto3
from botocore.config import Config

from wire import answer, end_with_input, read_body, read_head, regions_of, serve


class Endpoint:
    def __init__(self, arguments):
        (region, port), = regions_of(arguments.region).items()
        self.arguments = arguments
        self.figures = {"handed": 0, "refused": 0}
        self.is_failing = False
        # The service's model does not know of sessions that short.
        self.sts = boto3.client(
            "sts", endpoint_url=f"http://127.0.0.1:{port}", region_name=region, config=Config(parameter_validation=False))

    def credentials(self):
        self.figures["handed"] += 1
        found = self.sts.assume_role(
            RoleArn=self.arguments.role, RoleSessionName=f"task-{self.figures['handed']}", DurationSeconds=self.arguments.seconds)
        found = found["Credentials"]
        return {
            "AccessKeyId": found["AccessKeyId"], "SecretAccessKey": found["SecretAccessKey"], "Token": found["SessionToken"],
            "Expiration": found["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"), "RoleArn": self.arguments.role,
        }

    async def accepted(self, reader, writer):
        try:
            while head := await read_head(reader):
                body = await read_body(reader, head)
                writer.write(await self.answer(f"{head.start[0]} {head.start[1]}", head, body))
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def answer(self, route, head, body):
        if route == "GET /figures":
            return answer(200, self.figures)
        if route == "PUT /failing":
            self.is_failing = json.loads(body)
            return answer(200, self.is_failing)
        if route != "GET /credentials":
            return answer(404, {"message": "no such route"})
        if self.is_failing:
            return answer(500, {"code": "InternalServerError", "message": "as asked for"})
        if self.arguments.token and head.headers.get("authorization") != self.arguments.token:
            self.figures["refused"] += 1
            return answer(401, {"code": "AccessDenied", "message": "the token is not right"})
        found = await asyncio.get_running_loop().run_in_executor(None, self.credentials)
        return answer(200, found, [("Content-Type", "application/json")])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--role", required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--token")
    parser.add_argument("region", nargs=1)
    arguments = parser.parse_args()
    end_with_input()
    asyncio.run(serve(Endpoint(arguments).accepted))


if __name__ == "__main__":
    main()
