"""Random requests and what botocore's signer makes of them, a JSON object a line.

usage: signatures.py CASES SEED
"""

import datetime
import json
import random
import string
import sys
from urllib.parse import quote

import botocore.auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ODD = ["%", ":", "+", " ", "&", "=", "/", "?", "#", "~", "*", "'", "(", "ü", "€", "漢", "😀", "@", ",", ";", "\"", "%2F", "%zz"]


class Clock(datetime.datetime):
    moment = None

    @classmethod
    def utcnow(cls):
        return cls.moment


class Module:
    datetime = Clock


botocore.auth.datetime = Module


def text(most):
    return "".join(
        random.choice(ODD) if random.random() < 0.3 else random.choice(string.ascii_letters + string.digits + "-._")
        for _ in range(random.randint(0, most))
    )


def path():
    segments = []
    for _ in range(random.randint(0, 5)):
        kind = random.random()
        if kind < 0.1:
            segments.append(random.choice(["", ".", ".."]))
        elif kind < 0.4:
            segments.append(quote(text(8), safe=":+@,;='(*~" if random.random() < 0.5 else ""))
        elif kind < 0.5:
            # As it stands, not encoded at all.
            segments.append(text(6).replace("/", "").replace("?", "").replace("#", ""))
        else:
            segments.append("".join(random.choice(string.ascii_letters) for _ in range(random.randint(1, 9))))
    return "/" + "/".join(segments) + ("/" if random.random() < 0.2 else "")


def query():
    pairs = []
    for _ in range(random.choice([0, 0, 1, 2, 3, 6])):
        pair = quote(text(6), safe="-._~") or "k"
        if random.random() < 0.9:
            pair += "=" + quote(text(12), safe="-._~" + random.choice(["", ":+", "/"]))
        pairs.append(pair)
        if random.random() < 0.2:
            pairs.append(pair.split("=")[0] + "=" + random.choice(["", "a", "B", "%20", "0"]))
    random.shuffle(pairs)
    return "&".join(pairs)


def headers():
    found = []
    for _ in range(random.randint(0, 5)):
        name = random.choice(
            ["Content-Type", "content-type", "X-Amz-Target", "My-Header", "my-header", "X-Amz-Meta-B", "User-Agent", "Expect",
             "X-Amzn-Trace-Id", "Accept", "Zeta", "A"]
        )
        value = random.choice(
            ["application/x-amz-json-1.0", "  spaces   in  it ", "a\tb", "", "DynamoDB_20120810.PutItem", "x,y", "ü€", text(20)]
        )
        found.append([name, value])
    if random.random() < 0.1:
        found.append(["Host", random.choice(["example.com", "Example.com:8080"])])
    return found


def body():
    kind = random.random()
    if kind < 0.3:
        return ""
    if kind < 0.6:
        return json.dumps({"k": text(30)}, ensure_ascii=False)
    return text(random.choice([1, 63, 64, 65, 500]))


def case():
    Clock.moment = datetime.datetime(
        random.randint(1971, 2099), random.randint(1, 12), random.randint(1, 28), random.randint(0, 23), random.randint(0, 59),
        random.randint(0, 59), random.randint(0, 999999)
    )
    credentials = Credentials(
        "AKID" + "".join(random.choice(string.ascii_uppercase) for _ in range(12)),
        "".join(random.choice(string.ascii_letters + string.digits + "/+") for _ in range(random.choice([1, 40, 80]))),
        random.choice([None, None, "FwoGZXIvYXdzE/+=" + text(40).replace("\t", "")]),
    )
    region = random.choice(["us-east-1", "eu-central-1", "ap-southeast-2", "cn-north-1"])
    service = random.choice(["dynamodb", "kinesis", "sts", "kafka-cluster", "execute-api"])
    scheme = random.choice(["https", "http"])
    host = random.choice(["dynamodb.us-east-1.amazonaws.com", "Localhost", "127.0.0.1", "[::1]", "x.y"])
    port = random.choice(["", "", ":443", ":80", ":8080"])
    url = f"{scheme}://{host}{port}{path()}"
    arguments = query()
    if arguments:
        url += "?" + arguments
    method = random.choice(["GET", "POST", "PUT", "DELETE", "HEAD"])
    record = {
        "method": method, "url": url, "region": region, "service": service,
        "milliseconds": int((Clock.moment - datetime.datetime(1970, 1, 1)).total_seconds() * 1000),
        "access": credentials.access_key, "secret": credentials.secret_key, "token": credentials.token,
    }
    if random.random() < 0.2:
        # Presigning reads the query and spells it anew, so only one that it leaves alone can be compared.
        url = url.split("?")[0] + "?Action=" + quote("kafka-cluster:Connect", safe="")
        request = AWSRequest(method=method, url=url)
        expires = random.choice([1, 900, 604800])
        SigV4QueryAuth(credentials, service, region, expires=expires).add_auth(request)
        record.update(url=url, expires=expires, presigned=request.url.split("?", 1)[1])
        return record
    sent = headers()
    content = body()
    request = AWSRequest(method=method, url=url, data=content.encode())
    for name, value in sent:
        request.headers.add_header(name, value)
    SigV4Auth(credentials, service, region).add_auth(request)
    record.update(headers=sent, body=content, authorization=request.headers["Authorization"], date=request.headers["X-Amz-Date"])
    return record


random.seed(int(sys.argv[2]))
for _ in range(int(sys.argv[1])):
    print(json.dumps(case()))
