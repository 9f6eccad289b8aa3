"""A real S3 server for tests: OpenStack Swift with its s3api, all of it in one process of its own, on loopback.

It checks AWS signatures (version 4), expiry included, as a bucket at a provider does. `s3_server(folder)` starts it and waits;
run as a script it is the server, and ends when its standard input does, so it never outlives the tests.
"""

# mypy: disable-error-code="import-untyped"

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ACCOUNT, USER, SECRET = "test", "tester", "a-secret-of-the-tests"
BUCKET = "blobs"
REGION = "us-east-1"

SWIFT_CONF = """
[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = tests
"""

PROXY_CONF = """
[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors gatekeeper s3api tempauth proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:s3api]
use = egg:swift#s3api
location = {region}
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret} .admin
"""


@dataclass(frozen=True)
class S3:
    """Where the server is and how to come in. There is one bucket, `BUCKET`."""

    endpoint: str
    bucket: str = BUCKET
    region: str = REGION
    key_id: str = f"{ACCOUNT}:{USER}"
    secret: str = SECRET


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[S3]:
    """Run a server on an empty folder."""
    log = folder / "swift.log"
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        said = server.stdout.readline()
        if not said:
            raise RuntimeError(f"the S3 server did not start:\n{log.read_text(errors='replace')}")
        yield S3(endpoint=f"http://127.0.0.1:{json.loads(said)['port']}")
    finally:
        server.stdin.close()
        server.wait(20)
        server.stdout.close()


def serve(folder: Path) -> None:
    """Start the four servers of Swift in this process and say the port of the one that speaks S3."""
    import eventlet

    eventlet.monkey_patch()  # before Swift is imported, and never in the process of the tests
    from eventlet import hubs, wsgi
    from swift.account.server import AccountController
    from swift.common.storage_policy import reload_storage_policies
    from swift.common.swob import Request
    from swift.common.utils import set_swift_dir
    from swift.common.wsgi import loadapp
    from swift.container.server import ContainerController
    from swift.obj.server import ObjectController

    (folder / "swift.conf").write_text(SWIFT_CONF)
    set_swift_dir(str(folder))
    reload_storage_policies()
    quiet = {"log_output": False, "log": logging.getLogger("wsgi"), "debug": False}
    settings = {"devices": str(folder / "devices"), "mount_check": "false", "swift_dir": str(folder)}
    for kind, server in (
        ("account", AccountController),
        ("container", ContainerController),
        ("object", ObjectController),
    ):
        listener = eventlet.listen(("127.0.0.1", 0))
        write_ring(folder, kind, listener.getsockname()[1])
        eventlet.spawn(wsgi.server, listener, server(settings), **quiet)

    words = {"folder": folder, "region": REGION, "account": ACCOUNT, "user": USER, "secret": SECRET}
    (folder / "proxy.conf").write_text(PROXY_CONF.format(**words))
    proxy = loadapp(str(folder / "proxy.conf"))
    # Past the signature check, which is in front of the last application: the bucket that the tests use.
    bucket = Request.blank(f"/v1/AUTH_{ACCOUNT}/{BUCKET}", environ={"REQUEST_METHOD": "PUT"})
    made = bucket.get_response(proxy._pipeline_final_app)
    assert made.is_success, (made.status, made.body)
    listener = eventlet.listen(("127.0.0.1", 0))
    eventlet.spawn(wsgi.server, listener, proxy, **quiet)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    hubs.trampoline(sys.stdin.fileno(), read=True)  # ends when the tests close our input, or die
    os._exit(0)


def write_ring(folder: Path, kind: str, port: int) -> None:
    """Tell the proxy of the one server of a kind, which keeps all its data on one "device", a folder."""
    from swift.common.ring import RingBuilder

    device = folder / "devices" / kind
    device.mkdir(parents=True)
    builder = RingBuilder(part_power=1, replicas=1, min_part_hours=0)
    builder.add_dev(
        {"id": 0, "region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1", "port": port, "device": kind}
        | {"replication_ip": "127.0.0.1", "replication_port": port}
    )
    builder.rebalance()
    builder.get_ring().save(str(folder / f"{kind}.ring.gz"))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
