"""Whether wandb has what it needs to send runs; asked before the first trial, of wandb itself."""

from __future__ import annotations

from wandb.errors import AuthenticationError
from wandb.sdk import wandb_setup
from wandb.sdk.lib.wbauth import authenticate_session


def has_credentials(mode: str | None) -> bool:
    """Return whether there is an API key for the server that runs go to, or no server is needed.

    Args:
        mode: what the file says; None leaves it to the environment and to wandb's own settings.
    """
    settings = wandb_setup.singleton().settings  # `wandb.setup()` starts the client's process, which others then use
    if (mode or settings.mode) != "online":
        return True
    try:
        session = authenticate_session(
            host=settings.base_url, source="hpo", prompt=False, no_create=True, update_session=False
        )
    except AuthenticationError:  # a key that is no key
        return False
    return session is not None
