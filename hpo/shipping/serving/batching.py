"""Images of many requests, predicted together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from hpo.data import Pixels


class Batcher:
    """Predicts images in a thread of its own, in batches of those that have come while the last one was predicted.

    Nobody waits for a batch to fill: an idle model predicts a single image at once, and a busy one gets larger batches.
    """

    def __init__(self, predict: Callable[[Pixels], NDArray[np.float32]], batch_size: int) -> None:
        """Start the thread.

        Args:
            predict: images `[n, height, width, channels]` to probabilities `[n, classes]`; called by one thread.
            batch_size: the most images of a batch.
        """
        self._predict, self._batch_size = predict, batch_size
        self._waiting: queue.SimpleQueue[tuple[Pixels, Future[NDArray[np.float32]]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="hpo batches", daemon=True)
        self._thread.start()

    def submit(self, image: Pixels) -> Future[NDArray[np.float32]]:
        """Have an image `[height, width, channels]` predicted: probabilities `[classes]`, later."""
        future: Future[NDArray[np.float32]] = Future()
        self._waiting.put((image, future))
        return future

    def close(self) -> None:
        """Predict what waits, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch: list[tuple[Pixels, Future[NDArray[np.float32]]]] = []
            while len(batch) < self._batch_size:
                try:
                    request = self._waiting.get(block=not batch)
                except queue.Empty:
                    break
                if request is None:
                    is_open = False
                    break
                if request[1].set_running_or_notify_cancel():
                    batch.append(request)
            if batch:
                self._answer(batch)

    def _answer(self, batch: list[tuple[Pixels, Future[NDArray[np.float32]]]]) -> None:
        try:
            rows = self._predict(np.stack([image for image, _ in batch]))
        except Exception as error:  # whatever an engine raises: who asked is told
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), row in zip(batch, rows, strict=True):
            future.set_result(row)
