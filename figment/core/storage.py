"""Blobs by key: in a folder of this machine, or in a bucket (S3 and what speaks like it, Google, Azure), through obstore.

Every blob can be read or written past this process by a signed URL. A bucket signs its own; a folder has none, so its URLs
lead to the server's `/blobs/` and are signed here (`check_signature` is what that route asks).
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

from figment.core.errors import NotFound, Unavailable
from figment.core.storage_urls import (
    BadSignature,
    Bucket,
    BucketUrls,
    FolderUrls,
    Grant,
    Upload,
    UrlSigner,
    check_expiry,
    check_key,
    content_disposition,
)

if TYPE_CHECKING:
    from obstore import Attributes
    from obstore.store import AzureConfig, ClientConfig, RetryConfig, S3Config

__all__ = [
    "BadSignature",
    "BlobMissing",
    "BucketOptions",
    "Grant",
    "Listed",
    "Storage",
    "StorageUnavailable",
    "Upload",
    "check_key",
    "content_disposition",
]

CHUNK_BYTES = 256 * 1024


class BlobMissing(NotFound):
    """This file is not in storage."""

    code = "blob_missing"


class StorageUnavailable(Unavailable):
    """The file storage does not answer as it should. Try again in a moment."""

    code = "storage_unavailable"


@dataclass(frozen=True)
class Listed:
    """One blob in a list."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True)
class BucketOptions:
    """How to reach a bucket. What is None comes from the provider's own environment variables (`AWS_*`, `GOOGLE_*`, `AZURE_*`).

    For Azure, `key_id` is the account's name and `secret` its key.
    """

    endpoint: str | None = None
    region: str | None = None
    key_id: str | None = None
    secret: str | None = field(default=None, repr=False)


class Storage:
    """One place for blobs. All methods may be called again after a failure: a second put or delete changes nothing.

    Keys are lower-case letters, digits, `._-` and `/` (`check_key`). Raises StorageUnavailable where the store fails.
    """

    def __init__(self, store: LocalStore | Bucket, urls: UrlSigner) -> None:
        self._store = store
        self._urls = urls
        self._folder = store.prefix if isinstance(store, LocalStore) else None

    @classmethod
    def from_url(
        cls, url: str, signing_key: bytes, public_base: str, options: BucketOptions | None = None
    ) -> "Storage":
        """Open a folder (a path or `file://`), `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.

        `public_base` is where people reach this server; URLs of a folder's blobs begin with it. ValueError: unknown scheme.
        """
        scheme, separator, _ = url.partition("://")
        if not separator or scheme == "file":
            folder = Path(unquote(urlsplit(url).path) if separator else url).expanduser().absolute()
            return cls(LocalStore(folder, mkdir=True), FolderUrls(signing_key, public_base))
        bucket = open_bucket(scheme, url, options or BucketOptions())
        return cls(bucket, BucketUrls(bucket))

    @property
    def is_local(self) -> bool:
        """Whether blobs lie in a folder, so that their signed URLs lead to this server's own `/blobs/`."""
        return self._folder is not None

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Write a blob, whole or not at all; when this returns it survives a power cut."""
        check_key(key)
        with _translated(key):
            if self._folder is None:
                attributes: Attributes = {"Content-Type": content_type}
                # In one request: the parts of an upload that broke off would stay in the bucket, unseen and paid for.
                await obstore.put_async(self._store, key, data, attributes=attributes, use_multipart=False)
                return
            await obstore.put_async(self._store, key, data, use_multipart=False)
            # The database commits the name of this blob next: without this, a power cut could keep the name and lose the bytes.
            await asyncio.to_thread(_sync, self._folder / key)

    async def get(self, key: str) -> bytes:
        """All bytes of a blob. Raises BlobMissing."""
        check_key(key)
        with _translated(key):
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The blob in pieces of about 256 KiB. Raises BlobMissing before the first of them: `await` it, then iterate."""
        check_key(key)
        with _translated(key):
            found = await obstore.get_async(self._store, key)
        return _pieces(key, found)

    async def head(self, key: str) -> int:
        """The size of a blob in bytes. Raises BlobMissing."""
        check_key(key)
        with _translated(key):
            return (await obstore.head_async(self._store, key))["size"]

    async def exists(self, key: str) -> bool:
        """Whether there is a blob of this key."""
        try:
            await self.head(key)
        except BlobMissing:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Remove a blob; one that is not there is no error."""
        check_key(key)
        try:
            with _translated(key):
                await obstore.delete_async(self._store, key)
        except BlobMissing:
            return

    async def list(self, prefix: str) -> AsyncIterator[Listed]:
        """The blobs below a prefix of whole path segments (`a/b` holds `a/b/c`, not `a/bc`), in no order; "" for all."""
        if prefix:
            check_key(prefix.removesuffix("/"))
        with _translated(prefix):
            async for chunk in obstore.list(self._store, prefix or None, chunk_size=500):
                for found in chunk:
                    yield Listed(found["path"], found["size"], found["last_modified"])

    async def presigned_get(self, key: str, expires_s: int, filename: str | None = None) -> str:
        """A URL that reads the blob for so many seconds; with a name, a browser saves it under that name."""
        check_key(key)
        with _translated(key):
            return await self._urls.read(key, check_expiry(expires_s), filename)

    async def presigned_put(self, key: str, expires_s: int, content_type: str, max_bytes: int) -> Upload:
        """A request that writes the blob. A bucket cannot bound the size of a PUT: ask `head` before you use what came."""
        check_key(key)
        with _translated(key):
            return await self._urls.write(key, check_expiry(expires_s), content_type, max_bytes)

    def check_signature(self, method: str, key: str, query: Mapping[str, str], now: float | None = None) -> Grant:
        """What a request to `/blobs/{key}` may do. Raises BadSignature; always so where blobs lie in a bucket."""
        if not isinstance(self._urls, FolderUrls):
            raise BadSignature
        return self._urls.check(method, key, query, time.time() if now is None else now)


def open_bucket(scheme: str, url: str, options: BucketOptions) -> Bucket:
    """Open the bucket that the URL names. Raises ValueError for a scheme that is none of ours."""
    retries: RetryConfig = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
    client: ClientConfig = {"allow_http": bool(options.endpoint and options.endpoint.startswith("http://"))}
    if scheme == "s3":
        return S3Store.from_url(url, config=s3_config(options), client_options=client, retry_config=retries)
    if scheme == "gs":
        return GCSStore.from_url(url, client_options=client, retry_config=retries)
    if scheme == "az":
        account: AzureConfig = {}
        if options.endpoint:
            account["endpoint"] = options.endpoint
        if options.key_id and options.secret:
            account |= {"account_name": options.key_id, "account_key": options.secret}
        return AzureStore.from_url(url, config=account, client_options=client, retry_config=retries)
    raise ValueError(f"storage {url!r}: give a folder, or a URL that begins with s3://, gs:// or az://")


def s3_config(options: BucketOptions) -> "S3Config":
    """The options in obstore's words."""
    # Blobs go one by one, and not every store that speaks S3 knows how to delete many.
    config: S3Config = {"disable_bulk_delete": True}
    if options.endpoint:
        config["endpoint"] = options.endpoint
    if options.region:
        config["region"] = options.region
    # The environment is read here and not left to obstore, because `BucketUrls` signs with the secret too.
    key_id = options.key_id or os.environ.get("AWS_ACCESS_KEY_ID")
    secret = options.secret or os.environ.get("AWS_SECRET_ACCESS_KEY")
    if key_id and secret:
        config |= {"access_key_id": key_id, "secret_access_key": secret}
    return config


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """The store's errors as ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise BlobMissing(f"There is no file {key!r} in storage.") from error
    except (BaseError, OSError) as error:
        raise StorageUnavailable from error


async def _pieces(key: str, found: "obstore.GetResult") -> AsyncIterator[bytes]:
    with _translated(key):
        async for piece in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(piece)


def _sync(path: Path) -> None:
    """Put a file and its name safely on disk."""
    for target in (path, path.parent):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
