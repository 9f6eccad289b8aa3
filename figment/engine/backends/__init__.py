"""One file a device library. `base.py` says what the runner asks of each."""
