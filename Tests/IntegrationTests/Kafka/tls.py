"""TLS in front of a broker that speaks none and tells clients the address it listens on.

The broker runs in a network namespace of its own, so that the same address and port are free outside of it:

    client --TLS--> 127.0.0.1:PORT (outside) --SOCKET--> (inside) 127.0.0.1:PORT

    unshare -rn python3 tls.py inside SOCKET PORT PROGRAM ARGUMENT...
    python3 tls.py outside SOCKET PORT CERTIFICATE KEY [CLIENT_CA]
"""
import asyncio
import ctypes
import fcntl
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        # SIOCSIFFLAGS with IFF_UP and IFF_RUNNING.
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x41))


async def pump(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def relay(connect):
    async def accepted(reader, writer):
        try:
            far_reader, far_writer = await connect()
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    return accepted


async def inside(path, port, command):
    raise_loopback()
    subprocess.Popen(command, preexec_fn=die_with_parent)
    server = await asyncio.start_unix_server(relay(lambda: asyncio.open_connection("127.0.0.1", port)), path)
    await server.serve_forever()


def serve(connection, path, context):
    secure = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
    try:
        secure.do_handshake()
    except OSError:
        # The client has been told why; it is let go once it has read that.
        secure.shutdown(socket.SHUT_WR)
        while secure.recv(1 << 16):
            pass
        return
    with socket.socket(socket.AF_UNIX) as far:
        far.connect(path)
        while True:
            ready = select.select([secure, far], [], [])[0]
            if far in ready:
                data = far.recv(1 << 16)
                if not data:
                    return
                secure.sendall(data)
            while secure in ready or secure.pending():
                data = secure.recv(1 << 16)
                if not data:
                    return
                far.sendall(data)
                ready = []


def serve_and_close(connection, path, context):
    with connection:
        try:
            serve(connection, path, context)
        except OSError:
            pass


def outside(path, port, certificate, key, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve_and_close, args=(connection, path, context), daemon=True).start()


die_with_parent()
side, path, port, *rest = sys.argv[1:]
if side == "inside":
    asyncio.run(inside(path, int(port), rest))
else:
    outside(path, int(port), *rest)
