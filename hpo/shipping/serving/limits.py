"""How much a server takes, so that no client can have it run out of memory or keep the others waiting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServingLimits:
    """What is refused beyond.

    Attributes:
        request_bytes: of a request's body.
        images: in a request.
        pixels: of an image, as its header says them, before anything is decoded.
        waiting: requests that are read, decoded or predicted at once; those beyond are told to come again.
        read_s: seconds in which a request has to arrive.
    """

    request_bytes: int = 20_000_000
    images: int = 32
    pixels: int = 50_000_000
    waiting: int = 64
    read_s: float = 30.0
