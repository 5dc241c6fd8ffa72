"""Puts a zip into an emulator's AWS Lambda as a function of provided.al2023, invokes it with each line of standard input, and prints each answer.

    python3 lambda_zip.py ZIP NAME=VALUE...      the function's variables

AWS_ENDPOINT_URL says where the emulator is.
"""
import json
import os
import sys

import boto3

client = boto3.client("lambda", region_name=os.environ.get("AWS_REGION", "us-east-1"))
name = f"converge-lookup-{os.getpid()}"
with open(sys.argv[1], "rb") as file:
    client.create_function(
        FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role="arn:aws:iam::000000000000:role/task",
        Code={"ZipFile": file.read()}, Timeout=3, MemorySize=256,
        Environment={"Variables": dict(pair.split("=", 1) for pair in sys.argv[2:])})
try:
    for line in sys.stdin:
        answer = client.invoke(FunctionName=name, Payload=line.encode())
        print(json.dumps({
            "error": answer.get("FunctionError"), "answer": answer["Payload"].read().decode("utf-8", "replace"),
        }), flush=True)
finally:
    client.delete_function(FunctionName=name)
