"""Every setting of Figment, read from `FIGMENT_*` environment variables.

`docs/reference/settings.md` lists the same fields; a test compares the two.
"""

from __future__ import annotations

import os
import re
import secrets
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from figment.core.limits import Rate

Network = IPv4Network | IPv6Network


class OidcProvider(BaseModel):
    """A service whose accounts people sign in with (OpenID Connect)."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    name: str = Field(min_length=1, max_length=60)
    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None

    @field_validator("issuer")
    @classmethod
    def _is_safe(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and here):
            raise ValueError("an issuer is an https:// address; plain http:// is taken of this machine only")
        return issuer


class Settings(BaseSettings):
    """The operator's choices. Defaults make a laptop with no network work."""

    model_config = SettingsConfigDict(env_prefix="FIGMENT_", env_ignore_empty=True, extra="ignore")

    data: Path = Field(
        Path.home() / ".figment", description="Folder for the embedded database, image files, caches and keys."
    )
    host: str = Field("127.0.0.1", description="Address to listen on. `0.0.0.0` opens the server to the network.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(
        None, description="Address people use, when a proxy stands in front, such as `https://figment.example`."
    )
    database_url: str | None = Field(
        None, description="PostgreSQL 15 or newer with pgvector (tested: 15 and 18). Unset: the embedded one runs."
    )
    database_pool: int = Field(
        12,
        ge=4,
        le=200,
        description="Database connections a process keeps; bursts, the queue and events add up to 16.",
    )
    storage_url: str | None = Field(
        None,
        description="Where image files go: a folder, `s3://bucket/prefix`, `gs://…` or `az://…`. Unset: `FIGMENT_DATA/blobs`.",
    )
    storage_endpoint: str | None = Field(None, description="Endpoint of an S3-compatible store that is not AWS.")
    storage_region: str | None = Field(None, description="Region of the object store.")
    storage_key_id: str | None = Field(None, description="Access key id of the object store.")
    storage_secret: str | None = Field(None, description="Secret access key of the object store.")
    secret: str | None = Field(
        None,
        min_length=16,
        description="Key that signs file addresses. Unset: made once and kept in `FIGMENT_DATA/secret`. Give every process of one installation the same.",
    )
    web_dir: Path | None = Field(None, description="Folder of the built web app. Unset: `web/dist` beside the package.")
    models_dir: Path | None = Field(None, description="Folder of further models, one folder each.")
    model: str | None = Field(
        None,
        description="The default model: an installed one, a diffusers folder, or a name of the hub such as `stabilityai/sd-turbo`. Unset: the built-in one.",
    )
    model_code: bool = Field(
        False,
        description="Run the Python code that a model's folder brings. Only for folders whose code you have read.",
    )
    engine_device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto", description="Where diffusers models run; `auto` takes CUDA, then MPS, then the processor."
    )
    engine: str = Field(
        "local",
        description="Where images are made: `local`, in this process; `ray`, in a pool on the Ray cluster that has a node on this machine, "
        "or on one of its own; `ray://host:10001`, in the pool of a cluster elsewhere.",
    )
    pool_min_replicas: int = Field(
        0, ge=0, description="Replicas that the pool keeps when nobody asks for anything. 0 costs nothing at night."
    )
    pool_max_replicas: int = Field(4, ge=1, description="Most replicas of the pool.")
    pool_upscale_delay_s: float = Field(
        0.0, ge=0, description="Seconds that requests must have been too many before a replica is added."
    )
    pool_downscale_delay_s: float = Field(
        60.0, ge=0, description="Seconds that requests must have been too few before a replica is let go."
    )
    pool_replica_cpus: float = Field(1.0, ge=0, description="CPUs that a replica is given; fractions are allowed.")
    pool_replica_gpus: float = Field(0.0, ge=0, description="GPUs that a replica is given; fractions are allowed.")
    pool_target: int = Field(
        8, ge=1, description="Requests that a replica shall have at a time; where there are more, replicas are added."
    )
    pool_replica_requests: int = Field(
        16, ge=1, description="Most requests that a replica holds; more wait in the process that asks."
    )
    engine_graphs: Literal["auto", "off"] = Field(
        "auto",
        description="`auto` records what a model does at each size and replays it on CUDA, which is faster and takes memory; `off` calls it step by step.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="Networks, separated by commas, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."
    )
    log_format: Literal["auto", "text", "json"] = Field(
        "auto", description="`auto` writes for people on a terminal and JSON lines otherwise."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    engine_threads: int = Field(0, ge=0, description="CPU threads of the engine; 0 takes one for each core.")
    engine_queue: int = Field(
        256, ge=1, description="Most requests waiting in one engine before it answers that it is full."
    )
    worker_concurrency: int = Field(64, ge=1, le=1000, description="Most jobs one worker process holds at a time.")
    queue_limit: int = Field(
        500, ge=1, description="Most jobs waiting in the whole installation; more are answered with 429."
    )
    queue_limit_person: int = Field(50, ge=1, description="Most unfinished jobs of one person.")
    job_attempts: int = Field(5, ge=1, description="How often a job is tried before it fails for good.")
    heartbeat_s: float = Field(2.0, gt=0, description="Seconds between a worker's signs of life.")
    stalled_after_s: float = Field(
        10.0, gt=0, description="Seconds without a sign of life after which a worker's jobs are given to another."
    )
    sweep_after_s: float = Field(3600.0, ge=0, description="Seconds after which a file that no image names is deleted.")
    candidates_kept_s: float = Field(
        86400.0, ge=0, description="Seconds for which candidates of the atlas wait to be chosen from."
    )
    events_kept_s: float = Field(3600.0, ge=60, description="Seconds that events are kept for streams that resume.")
    registration: Literal["open", "invite", "approval", "closed"] = Field(
        "open",
        description="Who may sign up: everybody, those with an invitation, those an administrator says yes to, or nobody "
        "(`figment admin person` still makes accounts).",
    )
    guests: bool = Field(True, description="Whether a first visit may make images before it signs up.")
    oidc: tuple[OidcProvider, ...] = Field(
        (),
        description="Services whose accounts people sign in with, as a JSON list of `id`, `name`, `issuer`, `client_id` and `client_secret`. "
        "Give them `FIGMENT_PUBLIC_URL/api/sign-in/ID/return` as the address to return to.",
    )
    smtp_url: str | None = Field(
        None, description="Mail server, such as `smtp://user:password@host:587` or `smtps://…`. Unset: no mail is sent."
    )
    smtp_from: str | None = Field(None, description="Sender of mail. Unset: `figment@` the mail server.")
    limit_sign_ins: str = Field("10/5 minutes", description="Attempts to sign in from one address, and to one account.")
    limit_sign_ups: str = Field("10/hour", description="New accounts from one address.")
    limit_resets: str = Field("5/hour", description="Mails to one address, and asked for from one address.")
    limit_exports: str = Field("5/hour", description="Exports of everything by one person.")
    limit_map_exports: str = Field(
        "2048/hour",
        description="Megapixels of maps that one person, and one address, may export; 16 tiles of an archive count as one.",
    )
    limit_generations: str = Field("30/minute", description="Images one person, and one address, may ask for.")
    limit_uploads: str = Field("30/minute", description="Uploads by one person, and one address.")
    limit_newcomers: str = Field(
        "120/day",
        description="Most images that a guest, or an account in its first time here, may ask for, whatever FIGMENT_LIMIT_GENERATIONS allows; "
        "all of them behind one address together, ten times as many. Not of those whom an administrator made, invited, let in or gave a role.",
    )
    limit_newcomer_uploads: str = Field(
        "60/day",
        description="Most uploads by a guest, or an account in its first time here; as FIGMENT_LIMIT_NEWCOMERS.",
    )
    newcomer_for_s: float = Field(
        86400.0, ge=0, description="For how long after its first visit an account has the limits of newcomers."
    )
    limit_sessions: str = Field("20/minute", description="New guest sessions from one address.")
    limit_archives: str = Field(
        "20/minute", description="Archives one person, and one address, may ask for, and fetch."
    )
    limit_verify: str = Field("30/minute", description="Files that may be verified from one address.")
    limit_reports: str = Field("20/hour", description="Pictures one person, and one address, may report.")
    limit_requests: str = Field("1200/minute", description="API requests from one address to one web process.")
    upload_bytes: int = Field(10 * 1024 * 1024, ge=1024, description="Largest upload.")
    upload_pixels: int = Field(40_000_000, ge=4096, description="Most pixels of an upload.")

    archive_images: int = Field(2000, ge=1, le=10_000, description="Most images of one downloaded archive.")
    archive_bytes: int = Field(2 * 1024**3, ge=1024, description="Most bytes of the images of one downloaded archive.")

    map_exports: int = Field(
        2,
        ge=1,
        le=64,
        description="Exports of maps that a web process makes at a time. Each takes some 300 MB of memory.",
    )
    map_export_tiles: int = Field(
        16_384, ge=1, le=1_000_000, description="Most tiles of the nearest zoom in one exported archive of a map."
    )

    policy: Path | None = Field(
        None,
        description="File (TOML) that says what differs from the built-in policy of what is not made here. It is read again when it changes.",
    )
    policy_profile: Literal["general", "mature"] = Field(
        "general",
        description="Whom this server is for. `mature` allows among adults what `general` holds or refuses; neither allows what is illegal.",
    )
    policy_meaning: bool = Field(
        True,
        description="Whether prompts are read for what they mean too, not only for the words that stand in them. That is a guess: what it finds is "
        "held until a moderator has looked, never refused.",
    )
    safety_checker: str | None = Field(
        None,
        description="A safety checker of diffusers that looks at every picture before it is kept: a folder, or a name of the hub such as "
        "`CompVis/stable-diffusion-safety-checker`. Needs the extra `torch`. What it finds is held until a moderator has looked.",
    )
    reports_hide: float = Field(
        2.0,
        gt=0,
        le=1000,
        description="How much reports of a picture must weigh together to hide it until a moderator has looked: a guest's 0.3, a new account's "
        "0.7, another's 1, more of those who were right before. Reports of harm to children need 1 at the most.",
    )

    c2pa_certificate: Path | None = Field(
        None,
        description="File (PEM) of the certificate that signs images, the signer's own first, then its issuers. Unset: files are marked and not signed.",
    )
    c2pa_key: Path | None = Field(
        None, description="File (PEM) of the certificate's private key, without a password: P-256, Ed25519 or RSA."
    )
    c2pa_timestamps: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Address of an authority for timestamps (RFC 3161). With it signatures stay good after the certificate has run out.",
    )

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, networks: object) -> object:
        return [part.strip() for part in networks.split(",") if part.strip()] if isinstance(networks, str) else networks

    @field_validator("engine")
    @classmethod
    def _is_engine(cls, address: str) -> str:
        if not re.fullmatch(r"local|ray|ray://[^/\s:]+:\d+", address):
            raise ValueError(
                "write local, ray, or ray:// with a host and the port of its Ray client server: ray://host:10001"
            )
        return address

    @field_validator("pool_max_replicas")
    @classmethod
    def _has_room(cls, most: int, given: ValidationInfo) -> int:
        if most < given.data.get("pool_min_replicas", 0):
            raise ValueError("at least as many as FIGMENT_POOL_MIN_REPLICAS")
        return most

    @field_validator("pool_replica_requests")
    @classmethod
    def _reaches_target(cls, most: int, given: ValidationInfo) -> int:
        if most < given.data.get("pool_target", 1):
            raise ValueError("at least as many as FIGMENT_POOL_TARGET, which no replica would reach")
        return most

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, url: str | None) -> str | None:
        if url is not None and (urlsplit(url).scheme not in ("smtp", "smtps") or not urlsplit(url).hostname):
            raise ValueError("write it like smtp://user:password@host:587 or smtps://user:password@host")
        return url

    @model_validator(mode="after")
    def _mails_say_where(self) -> Self:
        if self.smtp_url and not self.public_url:
            raise ValueError(
                "FIGMENT_SMTP_URL needs FIGMENT_PUBLIC_URL: links in mails must not lead where a stranger's request says"
            )
        return self

    @field_validator("oidc")
    @classmethod
    def _are_told_apart(cls, providers: tuple[OidcProvider, ...]) -> tuple[OidcProvider, ...]:
        if len({provider.id for provider in providers}) < len(providers):
            raise ValueError("two providers have the same id")
        return providers

    @field_validator(
        "limit_generations",
        "limit_uploads",
        "limit_newcomers",
        "limit_newcomer_uploads",
        "limit_sessions",
        "limit_archives",
        "limit_requests",
        "limit_sign_ins",
        "limit_sign_ups",
        "limit_resets",
        "limit_exports",
        "limit_map_exports",
        "limit_verify",
        "limit_reports",
    )
    @classmethod
    def _is_rate(cls, words: str) -> str:
        Rate.parse(words)
        return words

    @cached_property
    def signing_key(self) -> bytes:
        """32 bytes or more: given, or made once and kept readable by its owner only."""
        if self.secret:
            return self.secret.encode()
        path = self.data / "secret"
        self.data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Another process may make it at the same moment: the exclusive link decides, and both read the winner's.
            temporary = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
            temporary.touch(mode=0o600)
            temporary.write_text(secrets.token_hex(32))
            try:
                os.link(temporary, path)
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        return path.read_text().strip().encode()

    @property
    def blobs_url(self) -> str:
        return self.storage_url or str((self.data / "blobs").absolute())

    @property
    def web_root(self) -> Path:
        return self.web_dir or Path(__file__).resolve().parents[2] / "web" / "dist"
