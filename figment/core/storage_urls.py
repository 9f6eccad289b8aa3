"""Signed URLs: they let a browser read or write one blob, for some time, without asking who it is."""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import obstore
from obstore.store import AzureStore, GCSStore, S3Store

from figment.core.errors import Forbidden

LONGEST_KEY = 512
LONGEST_EXPIRY_S = 7 * 24 * 3600
"""A bucket refuses to sign for longer; a folder keeps to the same."""
_KEY = re.compile(r"[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*")


Bucket = S3Store | GCSStore | AzureStore


class BadSignature(Forbidden):
    """This link has expired or was changed. Open the page again to get a new one."""

    code = "bad_signature"


@dataclass(frozen=True)
class Upload:
    """A request that puts one blob: send the bytes as its body, with exactly these headers."""

    url: str
    method: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Grant:
    """What a signed URL of ours allows. `filename` is what a download is saved as; the last two bind an upload."""

    method: str
    key: str
    expires: int  # seconds since 1970
    filename: str | None = None
    content_type: str | None = None
    max_bytes: int | None = None

    def query(self) -> dict[str, str]:
        """The grant as it stands in the URL, less the key, which is the path."""
        named = {
            "expires": self.expires,
            "method": self.method,
            "filename": self.filename,
            "type": self.content_type,
            "max": self.max_bytes,
        }
        return {name: str(value) for name, value in named.items() if value is not None}


class UrlSigner(Protocol):
    """Makes the URLs that lead to a blob without us."""

    async def read(self, key: str, expires_s: int, filename: str | None) -> str: ...

    async def write(self, key: str, expires_s: int, content_type: str, max_bytes: int) -> Upload: ...


class FolderUrls:
    """Signed URLs to this server: HMAC-SHA256 over everything that the URL grants."""

    def __init__(self, signing_key: bytes, public_base: str) -> None:
        if len(signing_key) < 16:
            raise ValueError("the signing key needs 16 bytes or more")
        # The same secret may sign other things: a signature made for one must not pass for the other.
        self._key = hmac.digest(signing_key, b"figment blob urls v1", "sha256")
        self._base = public_base.rstrip("/")

    async def read(self, key: str, expires_s: int, filename: str | None) -> str:
        """A URL for GET and HEAD."""
        return self._url(Grant("GET", key, int(time.time()) + expires_s, filename))

    async def write(self, key: str, expires_s: int, content_type: str, max_bytes: int) -> Upload:
        """A URL for PUT."""
        grant = Grant("PUT", key, int(time.time()) + expires_s, content_type=content_type, max_bytes=max_bytes)
        return Upload(self._url(grant), "PUT", {"Content-Type": content_type})

    def check(self, method: str, key: str, query: Mapping[str, str], now: float) -> Grant:
        """The grant that the URL carries, if it is ours, for this key and method, and still valid."""
        try:
            check_key(key)
            grant = Grant(
                method="GET" if method == "HEAD" else method,
                key=key,
                expires=int(query["expires"]),
                filename=query.get("filename"),
                content_type=query.get("type"),
                max_bytes=int(query["max"]) if "max" in query else None,
            )
        except (KeyError, ValueError):
            raise BadSignature from None
        genuine = hmac.compare_digest(self._signature(grant).encode(), query.get("sig", "").encode())
        if not genuine or query.get("method") != grant.method or now >= grant.expires:
            raise BadSignature
        return grant

    def _url(self, grant: Grant) -> str:
        query = urlencode({**grant.query(), "sig": self._signature(grant)})
        return f"{self._base}/blobs/{grant.key}?{query}"

    def _signature(self, grant: Grant) -> str:
        # urlencode keeps the parts apart: no value can run over into the next.
        signed = urlencode({"key": grant.key, **grant.query()}).encode()
        return hmac.digest(self._key, signed, "sha256").hex()


class BucketUrls:
    """Signed URLs of a bucket. Only S3's are signed over file name and content type; the other two take neither."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def read(self, key: str, expires_s: int, filename: str | None) -> str:
        """A URL for GET."""
        url = await obstore.sign_async(self._bucket, "GET", key, timedelta(seconds=expires_s))
        if filename is None or not (secret := self._secret()):
            return url
        return sign_s3_again(url, secret, "GET", {"response-content-disposition": content_disposition(filename)}, {})

    async def write(self, key: str, expires_s: int, content_type: str, max_bytes: int) -> Upload:
        """A URL for PUT; `max_bytes` cannot be said in it."""
        url = await obstore.sign_async(self._bucket, "PUT", key, timedelta(seconds=expires_s))
        headers = {"Content-Type": content_type}
        if secret := self._secret():
            return Upload(sign_s3_again(url, secret, "PUT", {}, {"content-type": content_type}), "PUT", headers)
        if isinstance(self._bucket, AzureStore):
            headers["x-ms-blob-type"] = "BlockBlob"
        return Upload(url, "PUT", headers)

    def _secret(self) -> str | None:
        """The secret key, where we have one and not the machine's role."""
        return self._bucket.config.get("secret_access_key") if isinstance(self._bucket, S3Store) else None


def sign_s3_again(url: str, secret: str, method: str, query: dict[str, str], headers: dict[str, str]) -> str:
    """Add query parameters and headers to what a presigned S3 URL is signed over (AWS Signature Version 4, query string).

    `headers`: lower-case names. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    parts = urlsplit(url)
    asked = {name: value for name, value in parse_qsl(parts.query) if name != "X-Amz-Signature"} | query
    signed_headers = {"host": parts.netloc, **headers}
    names = ";".join(sorted(signed_headers))
    asked["X-Amz-SignedHeaders"] = names
    # SigV4 wants spaces as %20 and the parameters in the order of their bytes.
    query_line = "&".join(f"{quote(name, safe='')}={quote(asked[name], safe='')}" for name in sorted(asked))
    header_lines = "".join(f"{name}:{signed_headers[name].strip()}\n" for name in sorted(signed_headers))
    request = f"{method}\n{parts.path}\n{query_line}\n{header_lines}\n{names}\nUNSIGNED-PAYLOAD"
    scope = asked["X-Amz-Credential"].partition("/")[2]
    digest = hashlib.sha256(request.encode()).hexdigest()
    signed = f"AWS4-HMAC-SHA256\n{asked['X-Amz-Date']}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, signed.encode(), "sha256").hex()
    return urlunsplit(parts._replace(query=f"{query_line}&X-Amz-Signature={signature}"))


def check_key(key: str) -> str:
    """The key, if it is one. Raises ValueError: no empty, hidden or `..` segments, nothing outside `[a-z0-9/._-]`."""
    if len(key) > LONGEST_KEY or ".." in key or not _KEY.fullmatch(key):
        raise ValueError(f"not a blob key: {key[:80]!r}")
    return key


def check_expiry(expires_s: int) -> int:
    """The seconds, if a URL can be signed for so long. Raises ValueError."""
    if not 1 <= expires_s <= LONGEST_EXPIRY_S:
        raise ValueError(f"a URL can be signed for 1 to {LONGEST_EXPIRY_S} seconds, not {expires_s}")
    return expires_s


def content_disposition(filename: str) -> str:
    """The header that saves a response under a name (RFC 6266): once for old readers, once in full."""
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
