"""Speed and memory, as ratios within one run: `make bench`, or one of them by name: `python -m benchmarks.http_latency`."""
