"""Tokens that nobody signed, or not as agreed: whatever is wrong with them, the answer is the same."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.app.conftest import Bearer
from tests.app.http.test_oidc import refused
from tests.app.identity_provider import Provider, encoded, jwk

Fetch = Callable[[Any], list[Any]]


def by_hand(provider: Provider, header: Any, sign: Callable[[bytes], bytes], claims: Any = None) -> str:
    """A token with that header, good but for it."""
    body = encoded(provider.claims() if claims is None else claims)
    signed = f"{header if isinstance(header, str) else encoded(header)}.{body}"
    return f"{signed}.{encoded(sign(signed.encode()))}"


def rsa_signer(key: rsa.RSAPrivateKey, of: hashes.HashAlgorithm | None = None) -> Callable[[bytes], bytes]:
    return lambda data: key.sign(data, padding.PKCS1v15(), of or hashes.SHA256())


def malformed(provider: Provider, keys: list[rsa.RSAPrivateKey]) -> dict[str, str]:
    """Tokens whose signature is good but whose header is not."""
    ours, kid = rsa_signer(keys[0]), provider.kid
    head = provider.token().split(".")[0]
    return {
        "no alg": by_hand(provider, {"kid": kid}, ours),
        "no kid": by_hand(provider, {"alg": "RS256"}, ours),
        "a kid that is no text": by_hand(provider, {"alg": "RS256", "kid": [kid]}, ours),
        "critical": by_hand(provider, {"alg": "RS256", "kid": kid, "crit": ["b64"], "b64": False}, ours),
        "a header that is a list": by_hand(provider, ["alg", "RS256"], ours),
        "a header that is no JSON": by_hand(provider, encoded(b"{"), ours),
        "a header that is no text": by_hand(provider, encoded(b"\xff\xfe"), ours),
        "a header that nests": by_hand(provider, encoded(b"[" * 5000), ours),
        "a header with blanks": by_hand(provider, head[:4] + " " + head[4:], ours),
    }


def forged(provider: Provider, keys: list[rsa.RSAPrivateKey]) -> dict[str, str]:
    """Tokens that look good and are not."""
    ours, stranger = rsa_signer(keys[0]), rsa_signer(keys[2])
    public = keys[0].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    modulus = base64.urlsafe_b64decode(provider.keys[0]["n"] + "==")
    curve = ec.generate_private_key(ec.SECP256R1())
    good, kid = provider.token(), provider.kid
    head, body, signature = good.split(".")
    mine = jwk(keys[2], kid)
    bring = {"jwk": mine, "jku": "https://evil.test/keys", "x5u": "https://evil.test/cert", "x5c": ["MIIB"]}
    return {
        **{
            f"alg {name}": by_hand(provider, {"alg": name, "kid": kid}, lambda _: b"")
            for name in ("none", "None", "NONE", "", None, 1, ["RS256"])
        },
        **{
            f"HS256 by {name}": by_hand(
                provider,
                {"alg": "HS256", "kid": kid},
                lambda data, secret=secret: hmac.digest(secret, data, hashlib.sha256),  # type: ignore[misc]
            )
            for name, secret in {"the public key": public, "the modulus": modulus, "nothing": b""}.items()
        },
        "RS512": by_hand(provider, {"alg": "RS512", "kid": kid}, rsa_signer(keys[0], hashes.SHA512())),
        "RS512 said to be RS256": by_hand(provider, {"alg": "RS256", "kid": kid}, rsa_signer(keys[0], hashes.SHA512())),
        "PS256": by_hand(
            provider,
            {"alg": "PS256", "kid": kid},
            lambda data: keys[0].sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
        ),
        "ES256": by_hand(provider, {"alg": "ES256", "kid": kid}, lambda data: curve.sign(data, ec.ECDSA(hashes.SHA256()))),
        "another's key": by_hand(provider, {"alg": "RS256", "kid": kid}, stranger),
        **{f"another's key by {name}": by_hand(provider, {"alg": "RS256", "kid": kid, name: bring[name]}, stranger) for name in bring},
        "no signature": f"{head}.{body}.",
        "half a signature": f"{head}.{body}.{signature[: len(signature) // 2]}",
        "other claims": f"{head}.{encoded(provider.claims(sub='victim'))}.{signature}",
        "too long": provider.token(more="x" * 8192),
        "claims that are a list": by_hand(provider, {"alg": "RS256", "kid": kid}, ours, []),
        "claims that are no JSON": by_hand(provider, {"alg": "RS256", "kid": kid}, ours, b"{"),
        "dots": "..",
        "letters": "é.é.é",
    }


def test_what_is_made_by_hand_is_good_if_nothing_is_wrong(bearer: Bearer, provider: Provider, rsa_keys: list[rsa.RSAPrivateKey]) -> None:
    header = {"alg": "RS256", "kid": provider.kid, "typ": "at+jwt", "nonce": "of Microsoft"}
    assert bearer(by_hand(provider, header, rsa_signer(rsa_keys[0]))).get("/users/self").status_code == 200


def test_forgeries_are_refused_and_reach_nobody(
    bearer: Bearer, provider: Provider, rsa_keys: list[rsa.RSAPrivateKey], fetch: Fetch
) -> None:
    who = bearer("")
    for name, token in {**forged(provider, rsa_keys), **malformed(provider, rsa_keys)}.items():
        who.token = token
        answer = who.get("/users/self")
        assert answer.status_code == 401, name
        refused(answer)
    assert fetch("SELECT id FROM users") == []
    assert len(provider.asked) == 1
