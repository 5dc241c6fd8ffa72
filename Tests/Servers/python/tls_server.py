"""An HTTP/2 and HTTP/1.1 server over TLS for tests: tls_server.py PORT CERTIFICATE KEY. Answers with the version it was asked in."""

import asyncio
import sys
import threading

from hypercorn.asyncio import serve
from hypercorn.config import Config


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-version", scope["http_version"].encode())]})
    await send({"type": "http.response.body", "body": body or b"nothing"})


async def main():
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end_with_input():
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=end_with_input, daemon=True).start()
    config = Config()
    config.bind = [f"127.0.0.1:{sys.argv[1]}"]
    config.certfile, config.keyfile = sys.argv[2], sys.argv[3]
    config.loglevel = "CRITICAL"
    await serve(application, config, shutdown_trigger=ended.wait)


asyncio.run(main())
