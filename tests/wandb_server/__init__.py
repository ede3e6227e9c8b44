"""A stand-in for the server of Weights & Biases on the loopback: the part of its protocol that the real client needs.

What wandb 0.31 sends was found by running it against this server, and is written where the answer is made. All goes to
`WANDB_BASE_URL`, from Python and from the client's own process (wandb-core): GraphQL to `/graphql`, metrics to
`/files/ENTITY/PROJECT/RUN/file_stream`, files by PUT to the URLs that the server hands out.
"""

from .faults import Fault
from .server import WandbServer
from .state import ENTITY, Agent, Alert, Artifact, Run, Sweep

__all__ = ["ENTITY", "Agent", "Alert", "Artifact", "Fault", "Run", "Sweep", "WandbServer"]
