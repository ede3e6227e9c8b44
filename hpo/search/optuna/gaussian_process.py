"""A Gaussian process fitted to points of a unit cube, by NumPy and SciPy alone, in some tens of milliseconds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr
from threadpoolctl import ThreadpoolController

Matrix = NDArray[np.float64]

BLAS = ThreadpoolController()
"""The libraries that compute here. Their matrices are small: a thread for each core takes many times as long where
another process wants the cores, and what is drawn may depend on how many there are."""

_FITTED = 45
"""Points by which length scales are chosen: their choice takes time in the third power of the points."""
_STEPS = 12
_CHUNK = 64
"""Rows that are computed with at once, so that a processor's cache holds them."""
_JITTER = 1e-6
_ROOT5 = math.sqrt(5)


class GaussianProcess:
    """Matérn 5/2 with a length scale for each axis and noise, at their most probable values.

    Attributes:
        scale: the standard deviation of the values.
    """

    def __init__(self, points: Matrix, values: Matrix) -> None:
        """Fit.

        Args:
            points: `[points, axes]`, in the unit cube; of many, the first count most for the length scales.
            values: `[points]`, larger ones are better.
        """
        self._mean, self.scale = float(values.mean()), float(max(values.std(), 1e-12))
        scaled = (values - self._mean) / self.scale
        axes = points.shape[1]
        # Wide for many axes, after Hvarfner, Hellsten and Nardi (2024).
        self._prior = np.array([*[math.log(0.5 * math.sqrt(axes))] * axes, math.log(1.0), math.log(1e-2)])
        self._width = np.array([*[1.0] * axes, 0.5, 1.0])
        few = slice(None, _FITTED)
        limits = [*[(math.log(0.03), math.log(30.0))] * axes, (-3.0, 3.0), (math.log(1e-5), 0.0)]
        solution = minimize(
            self._loss, self._prior, (points[few], scaled[few]), jac=True, bounds=limits, options={"maxiter": _STEPS}
        )
        self._lengths, self._signal, self._noise = _unpack(solution.x)
        self._points, self._values = points, scaled
        self._factorize()

    def _factorize(self) -> None:
        points, scaled = self._points, self._values
        covariance = self._signal * _matern(_distances(points / self._lengths, points / self._lengths))
        covariance[np.diag_indices_from(covariance)] += self._noise + _JITTER
        self._factor = np.linalg.cholesky(covariance)
        self._weights = cho_solve((self._factor, True), scaled, check_finite=False)

    def believe(self, points: Matrix) -> None:
        """Take points `[points, axes]` for measured, with the values that are predicted for them."""
        mean = self.predict_mean(points)
        self._points = np.vstack([self._points, points])
        self._values = np.concatenate([self._values, (mean - self._mean) / self.scale])
        self._factorize()

    def predict(self, points: Matrix) -> tuple[Matrix, Matrix]:
        """Give mean and deviation of the function, without noise, `[points]` each."""
        across = self._covariance_with(points)
        explained = solve_triangular(self._factor, across.T, lower=True, check_finite=False)
        deviation = np.sqrt(np.maximum(self._signal - np.sum(explained**2, axis=0), 1e-12))
        return self._mean + self.scale * (across @ self._weights), self.scale * deviation

    def predict_mean(self, points: Matrix) -> Matrix:
        """Give the mean alone, `[points]`: a third of the work."""
        mean: Matrix = self._mean + self.scale * (self._covariance_with(points) @ self._weights)
        return mean

    def _covariance_with(self, points: Matrix) -> Matrix:
        one, other = points / self._lengths, self._points / self._lengths
        of_one, of_other = (one**2).sum(1)[:, None], (other**2).sum(1)[None, :]
        covariance: Matrix = 2 * one @ other.T
        for start in range(0, len(one), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            squares = of_one[chunk] + of_other - covariance[chunk]
            covariance[chunk] = self._signal * _matern(np.sqrt(np.maximum(squares, 0.0)))
        return covariance

    def _loss(self, logs: Matrix, points: Matrix, values: Matrix) -> tuple[float, Matrix]:
        """Give the negative log posterior and its gradient by the logarithms of the hyperparameters."""
        lengths, signal, noise = _unpack(logs)
        scaled = points / lengths
        squares = (scaled[:, None, :] - scaled[None, :, :]) ** 2
        distances = np.sqrt(squares.sum(-1))
        kernel = signal * _matern(distances)
        covariance = kernel.copy()
        covariance[np.diag_indices_from(covariance)] += noise + _JITTER
        factor = np.linalg.cholesky(covariance)
        weights = cho_solve((factor, True), values, check_finite=False)
        inverse = cho_solve((factor, True), np.eye(len(values)), check_finite=False)
        outer = np.outer(weights, weights) - inverse
        slope = signal * (5 / 3) * (1 + _ROOT5 * distances) * np.exp(-_ROOT5 * distances)
        by_length = np.einsum("ij,ijk->k", outer * slope, squares)
        gradient = -0.5 * np.array([*by_length, np.sum(outer * kernel), noise * np.trace(outer)])
        loss = 0.5 * values @ weights + np.log(np.diag(factor)).sum()
        away = (logs - self._prior) / self._width
        return float(loss + 0.5 * away @ away), gradient + away / self._width


def log_improvement(mean: Matrix, deviation: Matrix, best: float) -> Matrix:
    """Give the logarithm of the expected improvement on `best`, where it is far below too (Ament et al., 2023)."""
    z = (mean - best) / deviation
    density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.log(np.maximum(np.exp(density) + z * ndtr(z), 1e-300))
        far = density + np.log(np.maximum(1 - np.exp(np.log(-z) + log_ndtr(z) - density), 1e-300))
    logarithm: Matrix = np.log(deviation) + np.where(z > -5, near, far)  # noqa: PLR2004
    return logarithm


def _unpack(logs: Matrix) -> tuple[Matrix, float, float]:
    return np.exp(logs[:-2]), float(np.exp(logs[-2])), float(np.exp(logs[-1]))


def _distances(one: Matrix, other: Matrix) -> Matrix:
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None, :] - 2 * one @ other.T
    distances: Matrix = np.sqrt(np.maximum(squares, 0.0))
    return distances


def _matern(distances: Matrix) -> Matrix:
    return (1 + _ROOT5 * distances + 5 / 3 * distances**2) * np.exp(-_ROOT5 * distances)
