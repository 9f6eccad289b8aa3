"""Models of the Hugging Face hub by name: from its cache on this machine, else fetched once."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from figment.engine import diffusers_folder
from figment.engine.errors import BrokenModel


def fetch(name: str) -> Path:
    """The folder of a model. `HF_HOME`, `HF_TOKEN`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` work as the hub's own library has them.

    Raises:
        BrokenModel: there is no such model, it needs a token, or the hub cannot be reached.
    """
    kept = _kept(name)
    return _fetched(name) if kept is None else kept


def _kept(name: str) -> Path | None:
    """Its folder in the cache, if it is there and nothing of it is missing."""
    try:
        folder = Path(snapshot_download(name, local_files_only=True))
        diffusers_folder.read(folder)
    except (LocalEntryNotFoundError, BrokenModel, ValueError):
        return None
    return folder


def _fetched(name: str) -> Path:
    # Only here: it loads torch, and a web process needs none to know what is in the cache.
    from diffusers import DiffusionPipeline

    try:
        return Path(DiffusionPipeline.download(name))
    except Exception as error:  # the hub's library, its HTTP client and diffusers have a dozen kinds of "not there"
        raise BrokenModel(
            f"{name} is not in this machine's cache and could not be fetched from the hub: {str(error).rstrip('.')}. "
            "Check the name, the network, and HF_TOKEN for models that ask for one; or name a folder."
        ) from error
