"""Checks the signature of a webhook. Reads the raw body from standard input; see docs/verifying-webhooks.md."""
import hashlib
import hmac
import os
import sys
import time


# `timestamp` is X-Apertur-Timestamp for events, None for photos.
def is_genuine(secret, signature, body, timestamp=None):
    if timestamp is not None:
        if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
            return False
        body = timestamp.encode() + b"." + body
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


if __name__ == "__main__":
    env = os.environ
    good = is_genuine(env["SECRET"], env["SIGNATURE"], sys.stdin.buffer.read(), env.get("TIMESTAMP"))
    sys.exit(0 if good else 1)
