"""Opens what looks at pictures before they are kept."""

from __future__ import annotations

from figment.engine.errors import BrokenModel
from figment.safety.images import ImageClassifier


def open_checker(name: str, device: str) -> ImageClassifier:
    """The safety checker of a folder or of the hub (`figment.engine.backends.diffusion.checker`). Call it off the event loop.

    Raises:
        BrokenModel: it cannot be opened here; the message says why.
    """
    try:
        from figment.engine.backends.diffusion.checker import SafetyChecker
    except ModuleNotFoundError as error:
        raise BrokenModel(
            f"FIGMENT_SAFETY_CHECKER runs on torch, which is not installed here: pip install 'figment[torch]' ({error.name} is missing)"
        ) from error
    checker: ImageClassifier = SafetyChecker.open(name, device)
    return checker
