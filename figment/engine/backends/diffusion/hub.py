"""Models of the Hugging Face hub by name: from its cache on this machine, else fetched once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import GatedRepoError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError
from huggingface_hub.file_download import repo_folder_name

from figment.engine import diffusers_folder
from figment.engine.errors import BrokenModel, HubUnreachable, NeedsToken, NoSuchModel


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


def bytes_fetched(name: str) -> int:
    """How much of a model is in the cache, files that are still coming included."""
    blobs = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="model") / "blobs"
    return sum(_size(path) for path in blobs.iterdir()) if blobs.is_dir() else 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # It was renamed when it was whole.


def _fetched(name: str) -> Path:
    # Only here: it loads torch, and a web process needs none to know what is in the cache.
    from diffusers import DiffusionPipeline

    try:
        return Path(DiffusionPipeline.download(name))
    except Exception as error:  # the hub's library, its HTTP client and diffusers have a dozen kinds of "not there"
        raise why(name, error) from error


def why(name: str, error: BaseException) -> BrokenModel:
    """What is behind an error of diffusers, which often wraps the hub's own."""
    causes = list(_chain(error))
    # First: it is a kind of the next.
    if any(isinstance(cause, GatedRepoError) for cause in causes):
        return NeedsToken(
            f"{name} is given only to those whom its authors let have it. Ask for access on its page at the hub, then set HF_TOKEN to your token."
        )
    if any(isinstance(cause, RepositoryNotFoundError | HFValidationError) for cause in causes):
        return NoSuchModel(
            f"The hub has no model {name!r}. Check the name (owner/name); a private one needs HF_TOKEN set to a token that may read it."
        )
    return HubUnreachable(
        f"{name} is not in this machine's cache, and the hub did not give it ({type(causes[-1]).__name__}). "
        "Check the network and HF_HUB_OFFLINE, or name a folder."
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
