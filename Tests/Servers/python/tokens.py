"""An issuer of tokens, by PyJWT.

cases                            prints one JSON object: the key sets of two issuers, the time, and tokens with what is expected of each
issue FILE ISSUER CLAIMS...      makes a key, writes its set to FILE, and prints a token for each CLAIMS (JSON), a line each; what CLAIMS lacks of
                                 iss, sub, aud and exp is filled in
provider FOLDER                  an issuer at https://127.0.0.1:PORT: makes FOLDER/certificate.pem, says `ready PORT`, and takes lines: CLAIMS, for which it
                                 prints a token; `asked`, how often it was; `rotate`, which makes a new key beside the old one; `drop`, which forgets all but the newest; `down` and `up`;
                                 `huge`, `slow`, `redirect`, which do harm, and `honest`; `redirected`, how often somebody followed.
                                 People log in there, too: /.well-known/openid-configuration, /authorize (which asks nobody, and says yes), /token with PKCE and refresh
                                 tokens that are good once, /logout. `client CLAIMS`: what tokens of a log-in have; `deny`: the next one is refused; `swap`: the next code is of another
                                 log-in"""

import base64
import hashlib
import hmac
import http.server
import json
import secrets
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

EAST, WEST = "https://east.example", "https://west.example/pool"
NOW = 1_800_000_000


def public(key, name, **members):
    """A key's public half, as a member of a key set."""
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    jwk = json.loads(kind.to_jwk(key.public_key()))
    # PyJWT says that it verifies; issuers say what it is for.
    jwk.pop("key_ops", None)
    return jwk | {"kid": name, "use": "sig"} | members


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def made(header, claims, sign=lambda message: b""):
    """A token of any header and claims: those that PyJWT refuses to make."""
    message = ".".join(text(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, claims))
    return message + "." + text(sign(message.encode()))


def cases():
    key, other, small = (rsa.generate_private_key(65537, bits) for bits in (2048, 2048, 1024))
    curve, wide = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
    sets = {
        EAST: {"keys": [public(key, "r"), public(small, "small"), public(wide, "wide")]},
        WEST: {"keys": [public(curve, "e"), public(other, "old", alg="RS256")]},
    }
    good = {"iss": EAST, "sub": "s-1", "aud": "converge", "exp": NOW + 600, "nbf": NOW - 10, "iat": NOW - 10, "scope": "read"}
    west = good | {"iss": WEST}
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def token(claims=good, signer=key, algorithm="RS256", kid="r", **header):
        return jwt.encode(claims, signer, algorithm, headers={"kid": kid} | header)

    def without(*names):
        return {name: value for name, value in good.items() if name not in names}

    def hashed(message):
        return hmac.new(pem, message, hashlib.sha256).digest()

    attacker = public(other, "r")
    plain = token()
    head, body, signature = plain.split(".")
    pairs = {
        "RS256": ("ok", plain),
        "ES256": ("ok", token(west, curve, "ES256", "e")),
        "the second key of an issuer": ("ok", token(west, other, "RS256", "old")),
        "at+jwt": ("ok", token(typ="at+jwt")),
        "several audiences": ("ok", token(good | {"aud": ["other", "converge"]})),
        "no audience, a client": ("ok", token(without("aud") | {"client_id": "converge", "token_use": "access"})),
        # RFC 8725 section 2.1: weak or missing signatures, and a public key as an HMAC's secret.
        "none": ("form", made({"alg": "none", "kid": "r"}, good)),
        "None": ("form", made({"alg": "NONE", "kid": "r"}, good)),
        "none, with a signature": ("algorithm", made({"alg": "none", "kid": "r"}, good, lambda _: b"x")),
        "no signature": ("form", f"{head}.{body}."),
        "HS256 with the public key": ("algorithm", made({"alg": "HS256", "kid": "r"}, good, hashed)),
        "PS256": ("algorithm", token(algorithm="PS256")),
        "RS512": ("algorithm", token(algorithm="RS512")),
        "ES384": ("algorithm", token(signer=wide, algorithm="ES384", kid="wide")),
        "RSA of 1024 bits": ("unknown-key", token(signer=small, kid="small")),
        "of a key of the other issuer": ("unknown-key", token(good, curve, "ES256", "e")),
        "of a stranger's key": ("signature", token(signer=other)),
        "ES256 named for an RSA key": ("key-misfit", made({"alg": "ES256", "kid": "r"}, good, lambda _: bytes(64))),
        "ES256 of zeros": ("signature", made({"alg": "ES256", "kid": "e"}, west, lambda _: bytes(64))),
        # Section 2.8 and 3.10: keys and addresses that the token brings along.
        "jwk": ("signature", token(signer=other, jwk=attacker)),
        "jku": ("signature", token(signer=other, jku="https://attacker.example/keys")),
        "x5u": ("signature", token(signer=other, x5u="https://attacker.example/certificate")),
        "a path as the key's name": ("unknown-key", token(kid="../../../dev/null")),
        "a statement as the key's name": ("unknown-key", token(kid="r' OR '1'='1")),
        # Sections 2.7 and 3.12: one kind of token for another.
        "an ID token": ("use", token(good | {"token_use": "id"})),
        "a security event": ("type", token(typ="secevent+jwt")),
        "a proof of possession": ("type", token(typ="dpop+jwt")),
        # Sections 3.8 and 3.9: issuer, subject, audience.
        "another issuer": ("issuer", token(good | {"iss": EAST + "/"})),
        "another issuer in capitals": ("issuer", token(good | {"iss": EAST.upper()})),
        "no issuer": ("issuer", token(without("iss"))),
        "no subject": ("subject", token(without("sub"))),
        "an empty subject": ("subject", token(good | {"sub": ""})),
        "another audience": ("audience", token(good | {"aud": "converge2"})),
        "no audience": ("audience", token(without("aud"))),
        "another audience, our client": ("audience", token(good | {"aud": "other", "client_id": "converge"})),
        # Time.
        "expired": ("expired", token(good | {"exp": NOW - 31})),
        "expired within the leeway": ("ok", token(good | {"exp": NOW - 29})),
        "no end": ("no-expiry", token(without("exp"))),
        "an end that is text": ("no-expiry", made({"alg": "RS256", "kid": "r"}, good | {"exp": "never"})),
        "not yet": ("not-yet", token(good | {"nbf": NOW + 31})),
        "issued tomorrow": ("not-yet", token(good | {"iat": NOW + 86400})),
        # Form.
        "crit": ("critical", token(crit=["b64"], b64=True)),
        "no key's name": ("no-key-id", jwt.encode(good, key, "RS256")),
        "two parts": ("form", f"{head}.{body}"),
        "five parts, as an encrypted one": ("form", f"{head}.{body}.{signature}.{body}.{signature}"),
        "padding": ("form", plain + "="),
        "a blank": ("form", plain[:40] + " " + plain[40:]),
        "claims changed": ("signature", f"{head}.{text(json.dumps(good | {'scope': 'erase'}).encode())}.{signature}"),
        "a member twice": ("claims", made({"alg": "RS256", "kid": "r"}, json.dumps(good)[:-1].encode() + b', "sub": "root"}')),
        "an algorithm twice": ("header", made(b'{"alg":"none","alg":"RS256","kid":"r"}', good)),
        "compressed": ("claims", made({"alg": "RS256", "kid": "r", "zip": "DEF"}, b"\x78\x9c\x03\x00")),
        "very long": ("too-long", token(good | {"padding": "x" * 9000})),
    }
    # What has no signature of the key is signed where the signature is not the point.
    resigned = {"an end that is text", "a member twice", "an algorithm twice", "compressed"}
    out = []
    for name, (expected, value) in pairs.items():
        if name in resigned:
            message = value.rsplit(".", 1)[0]
            value = message + "." + text(jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(message.encode(), key))
        out.append({"name": name, "expected": expected, "token": value})
    return {"now": NOW, "sets": sets, "cases": out}


def issue(file, issuer, *claims):
    key = rsa.generate_private_key(65537, 2048)
    with open(file, "w") as out:
        json.dump({"keys": [public(key, "made")]}, out)
    for one in claims:
        standard = {"iss": issuer, "sub": "somebody", "aud": "converge", "exp": int(time.time()) + 3600}
        print(jwt.encode(standard | json.loads(one), key, "RS256", headers={"kid": "made"}))


class Provider(http.server.BaseHTTPRequestHandler):
    keys = []
    is_up = True
    asked = 0
    # How it does harm: "huge", "slow", "redirect".
    trick = ""
    redirected = 0
    # Of people who log in: what their tokens have, the codes that are out with what they were asked for, and refresh tokens.
    claims, denies, swaps = {"scope": "read read:personal operate", "sub": "ann@example.com"}, False, False
    codes, refreshes = {}, set()

    def do_GET(self):
        Provider.asked += 1
        target = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(target.query))
        issuer = f"https://127.0.0.1:{self.server.server_port}"
        if target.path == "/.well-known/openid-configuration" and Provider.is_up:
            return self.say(200, {"issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token", "end_session_endpoint": f"{issuer}/logout"})
        if target.path == "/authorize":
            return self.authorize(query)
        if target.path == "/logout":
            return self.see(query["post_logout_redirect_uri"])
        if self.path == "/elsewhere":
            Provider.redirected += 1
        match Provider.trick:
            case "redirect" if self.path != "/elsewhere":
                self.send_response(302)
                self.send_header("Location", f"https://127.0.0.1:{self.server.server_port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            case "huge" | "slow":
                self.endless(Provider.trick == "slow")
                return
        body = json.dumps({"keys": [public(key, name) for name, key in Provider.keys]}).encode()
        self.send_response(200 if Provider.is_up else 500)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def see(self, place):
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def authorize(self, query):
        """Says yes in the name of a person, as RFC 6749 and 7636 have it."""
        assert query["response_type"] == "code" and query["code_challenge_method"] == "S256" and len(query["state"]) >= 43 and len(query["code_challenge"]) == 43, query
        answer = {"state": query["state"], "iss": f"https://127.0.0.1:{self.server.server_port}"}
        if Provider.denies:
            Provider.denies = False
            answer["error"] = "access_denied"
        else:
            answer["code"] = code = secrets.token_urlsafe(24)
            Provider.codes[code] = query | ({"code_challenge": "x" * 43} if Provider.swaps else {})
            Provider.swaps = False
        self.see(query["redirect_uri"] + "?" + urllib.parse.urlencode(answer))

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if form.get("grant_type") == "refresh_token":
            if form["refresh_token"] not in Provider.refreshes:
                return self.say(400, {"error": "invalid_grant"})
            Provider.refreshes.discard(form["refresh_token"])
        else:
            asked = Provider.codes.pop(form.get("code"), None)
            challenge = text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
            if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"] or form["client_id"] != asked["client_id"]:
                return self.say(400, {"error": "invalid_grant"})
        refresh = secrets.token_urlsafe(24)
        Provider.refreshes.add(refresh)
        issuer = f"https://127.0.0.1:{self.server.server_port}"
        name, key = Provider.keys[-1]
        access = jwt.encode({"iss": issuer, "aud": "converge", "exp": int(time.time()) + 3600} | Provider.claims, key, "ES256", headers={"kid": name})
        return self.say(200, {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": 3600})

    def endless(self, is_slow):
        """Until the client has had enough: a mebibyte at a time, or a byte a second."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" " if is_slow else b" " * (1 << 20))
                self.wfile.flush()
                if is_slow:
                    time.sleep(1)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def provider(folder):
    certificate, secret = f"{folder}/certificate.pem", f"{folder}/secret.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test",
         "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", secret], check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    issuer = f"https://127.0.0.1:{server.server_port}"

    def rotate():
        Provider.keys.append((f"key-{len(Provider.keys)}", ec.generate_private_key(ec.SECP256R1())))

    rotate()
    print(f"ready {server.server_port}", flush=True)
    for line in sys.stdin:
        match line.strip():
            case "rotate":
                rotate()
            case "drop":
                Provider.keys = Provider.keys[-1:]
            case "down":
                Provider.is_up = False
            case "up":
                Provider.is_up = True
            case "huge" | "slow" | "redirect" | "honest" as trick:
                Provider.trick = trick
            case "deny":
                Provider.denies = True
            case "swap":
                Provider.swaps = True
            case client if client.startswith("client "):
                Provider.claims = json.loads(client.removeprefix("client "))
            case "asked":
                print(Provider.asked, flush=True)
                continue
            case "redirected":
                print(Provider.redirected, flush=True)
                continue
            case claims:
                standard = {"iss": issuer, "sub": "somebody", "aud": "converge", "exp": int(time.time()) + 3600}
                name, key = Provider.keys[-1]
                print(jwt.encode(standard | json.loads(claims), key, "ES256", headers={"kid": name}), flush=True)
                continue
        print("done", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["cases"]:
            json.dump(cases(), sys.stdout)
        case ["issue", file, issuer, *claims]:
            issue(file, issuer, *claims)
        case ["provider", folder]:
            provider(folder)
        case _:
            sys.exit(__doc__)
