"""What can go wrong with the hub, in sentences that say what to do."""

from __future__ import annotations

import errno
import json

from sdxl_tui.core import disk, paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.words import named, shown_share


class RefusedError(UserError):
    """The hub or the repo does not give the model; others may be had."""


class StoppedError(UserError):
    """The network or the disk stopped the transfer; the next run goes on where it stopped."""


def is_of_the_disk(error: BaseException) -> bool:
    """Whether the disk took no more, or never let us write."""
    of_the_disk = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)
    return isinstance(error, OSError) and error.errno in of_the_disk


def is_of_the_network(error: BaseException) -> bool:
    """Connections that were refused, cut or silent, in the words of any HTTP library; an answer is none of them."""
    if (response := getattr(error, "response", None)) is not None:
        return bool(response.status_code >= 500)
    return isinstance(error, (OSError, EOFError)) or type(error).__module__.partition(".")[0] in (
        "httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "h11", "h2",
    )  # fmt: skip


def said(error: Exception, model: Model, got: int = 0, total: int = 0) -> UserError:
    """Return the sentence for whatever ended a transfer, after ``got`` of ``total`` bytes."""
    from huggingface_hub import constants
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    if isinstance(error, UserError):
        return error
    hub = str(constants.ENDPOINT)
    page = f"{hub}/{model.id}"
    if isinstance(error, GatedRepoError):
        return RefusedError(
            f"{model.name} is gated: accept its terms at {page}, log in with `hf auth login` (or set HF_TOKEN), and "
            "try again."
        )
    if isinstance(error, RepositoryNotFoundError):
        return RefusedError(f"There is no model {model.id} at {hub}, or it is private and your token may not see it.")
    if isinstance(error, HFValidationError):
        return RefusedError(f"'{named(model.id)}' is no id of the hub: it needs the form owner/name.")
    if is_of_the_disk(error):
        assert isinstance(error, OSError)
        sentence = str(disk.refused(f"{model.name} was not fetched", paths.hub_cache_dir(), error))
        return StoppedError(f"{sentence} {_goes_on(got, total)}".strip())
    if isinstance(error, HfHubHTTPError) and error.response is not None:
        status = error.response.status_code
        return (StoppedError if status >= 500 else RefusedError)(
            f"The hub at {hub} answered {status} for {model.id}: {_advice(status)}."
        )
    if isinstance(error, json.JSONDecodeError) or not is_of_the_network(error):
        return StoppedError(f"{hub} does not answer as a hub does ({type(error).__name__}); see HF_ENDPOINT.")
    if got:
        return StoppedError(f"The connection to {hub} was cut. {_goes_on(got, total)}")
    return StoppedError(f"There is no connection to {hub}: look at the network, a proxy (HTTPS_PROXY) or HF_ENDPOINT.")


def _goes_on(got: int, total: int) -> str:
    return f"{shown_share(got, total)} are there: run it again, it goes on from there." if got else ""


def _advice(status: int) -> str:
    if status in (401, 403):
        return "your token may not read it; `hf auth login` sets another"
    return "try again later"
