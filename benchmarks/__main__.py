"""`make bench`: all of them, one after the other."""

import subprocess
import sys

ALL = (
    "statements",
    "enqueue_to_start",
    "http_latency",
    "engine",
    "schedule",
    "perceptual",
    "safety_text",
    "gpu",
    "parking",
    "large_frames",
    "atlas_export",
    "terrain",
    "atlas",
    "atlas_crowd",
)

sys.exit(max(subprocess.call([sys.executable, "-m", f"benchmarks.{name}"]) for name in ALL))
