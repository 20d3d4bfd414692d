"""The proof by code of PROTOCOL.md, section 9, once more: slow, from the RFCs
alone, for the vectors of tests/vectors/code.json. Reads vectors with the
members code, initiator, responder, x and y as JSON from standard input, and
writes them with what follows from those."""

import hashlib
import hmac
import json
import sys

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
PURPOSE = b"LEKT code 1"


def add(one, other):
    if one is None or other is None:
        return other if one is None else one
    if one[0] == other[0]:
        if (one[1] + other[1]) % P == 0:
            return None
        slope = 3 * (one[0] ** 2 - 1) * pow(2 * one[1], -1, P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, P)
    x = (slope * slope - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def multiply(scalar, point):
    result = None
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def decompress(text):
    x = int(text[2:], 16)
    y = pow(x**3 - 3 * x + B, (P + 1) // 4, P)
    return (x, y) if y & 1 == int(text[:2], 16) & 1 else (x, P - y)


def encode(point):
    return b"\4" + b"".join(part.to_bytes(32, "big") for part in point)


def negate(point):
    return point[0], P - point[1]


M_OF_A = decompress("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f")
N_OF_B = decompress("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49")


def hkdf(secret, info, size):
    key = hmac.digest(bytes(32), secret, "sha256")
    out, block = b"", b""
    while len(out) < size:
        block = hmac.digest(key, block + info + bytes([len(out) // 32 + 1]), "sha256")
        out += block
    return out[:size]


def prove(vector):
    seed = hashlib.scrypt(vector["code"].encode(), salt=PURPOSE, n=2**14, r=8, p=1, dklen=40)
    w = int.from_bytes(seed, "big") % N
    x, y = int(vector["x"], 16), int(vector["y"], 16)
    share_a = add(multiply(x, G), multiply(w, M_OF_A))
    share_b = add(multiply(y, G), multiply(w, N_OF_B))
    common = multiply(x, add(share_b, negate(multiply(w, N_OF_B))))
    assert common == multiply(y, add(share_a, negate(multiply(w, M_OF_A))))
    transcript = b"".join(
        len(part).to_bytes(8, "little") + part
        for part in (
            vector["initiator"].encode(),
            vector["responder"].encode(),
            encode(share_a),
            encode(share_b),
            encode(common),
            w.to_bytes(32, "big"),
        )
    )
    digest = hashlib.sha256(transcript).digest()
    key, confirming = digest[:16], hkdf(digest[16:], b"ConfirmationKeys" + PURPOSE, 32)
    binding = hkdf(key, b"Introduction", 32)
    return vector | {
        "w": f"{w:064x}",
        "shareA": encode(share_a).hex(),
        "shareB": encode(share_b).hex(),
        "confirmationA": hmac.digest(confirming[:16], transcript, "sha256").hex(),
        "confirmationB": hmac.digest(confirming[16:], transcript, "sha256").hex(),
        "key": key.hex(),
        "introductionA": (PURPOSE + b" introduction A\n" + binding).hex(),
        "introductionB": (PURPOSE + b" introduction B\n" + binding).hex(),
    }


json.dump([prove(vector) for vector in json.load(sys.stdin)], sys.stdout, indent=2)
