"""Checks events without the program that wrote them: python3 verify.py KEY FILE...

KEY is the Ed25519 public key in hexadecimal. A FILE is an event as it stands on
the wire: the subject, one line name:value for each header, an empty line, the
body. Prints for each the SHA-256 of its signed bytes, ok or BAD, and its name;
ends with 1 if one is bad. Standard library only.

It is two parts. The first is all that a verifier of this format needs: 30 lines.
The second is there only because Python's standard library has no Ed25519; where a
library has it, as in most languages, it is one call.
"""
import base64, hashlib, sys


# --- The verifier: what an author signs, and whether it is signed. ---------------


def main(key, *files):
    bad = 0
    for name in files:
        try:
            message, signature = signed_bytes(open(name, "rb").read())
            good = fits(bytes.fromhex(key), message, signature)
            digest = hashlib.sha256(message).hexdigest()
        except (ValueError, KeyError) as error:
            good, digest = False, str(error)
        bad += not good
        print(digest, "ok" if good else "BAD", name)
    return 1 if bad else 0


def signed_bytes(event):
    """What the author signed, and the signature."""
    head, body = event.split(b"\n\n", 1)
    subject, *lines = head.split(b"\n")
    headers = dict(line.split(b":", 1) for line in lines)
    if len(headers) != len(lines):
        raise ValueError("a header stands twice")
    signature = headers.pop(b"ce-sig")
    ours = sorted(name for name in headers if name.startswith(b"ce-"))
    message = b"umuryango event v1\n" + subject + b"\n"
    for name in ours:
        message += name + b":" + headers[name] + b"\n"
    return message + b"\n" + body, base64.b64decode(signature + b"==", validate=True)


# --- Ed25519, as RFC 8032 section 6 writes it out in Python. ----------------------
# Points of -x² + y² = 1 + d·x²·y² are (X, Y, Z, T). It is written to be read and is
# not constant in time: it handles no secret.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def fits(key, message, signature):
    """Whether a signature is that of a message under a public key."""
    if len(signature) != 64:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little")
    left, right = times(s, BASE), add(point(r), times(h, point(key)))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * D * p[3] * q[3], 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    out = (0, 1, 1, 0)
    while n:
        if n & 1:
            out = add(out, p)
        p, n = add(p, p), n >> 1
    return out


def point(data):
    y = int.from_bytes(data, "little")
    odd, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and odd):
        raise ValueError("no point of the curve")
    if x & 1 != odd:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
