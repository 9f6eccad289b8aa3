"""What can go wrong between asking for an image and having it."""

import math

from figment.core.errors import FigmentError


class QueueIsFull(FigmentError):
    """So many images are waiting that yours would wait too long. Try again in a while."""

    status = 429
    code = "queue_full"

    def __init__(self, detail: str | None = None, *, retry_after_s: float, ahead: int) -> None:
        super().__init__(detail, retry_after_s=max(1, math.ceil(retry_after_s)), ahead=ahead)


class UnknownModel(FigmentError):
    """There is no such model here."""

    status = 422
    code = "unknown_model"

    def __init__(self, name: str, known: list[str]) -> None:
        detail = f"There is no model {name[:80]!r} here. Installed: {', '.join(known)}."
        super().__init__(detail, errors=[{"field": "model", "message": detail}])


class NoModel(FigmentError):
    """No model is installed here. Whoever runs this server can see why with `figment doctor`."""

    status = 503
    code = "no_model"


class JobNotRetryable(FigmentError):
    """Only a job that failed or was cancelled can be tried again."""

    status = 409
    code = "job_not_retryable"


class ModelIsLoading(FigmentError):
    """A model is being loaded already. Wait until it is ready, or has failed."""

    status = 409
    code = "model_is_loading"
