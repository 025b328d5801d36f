"""Message passing between neighbouring regions of a face.

Each round a region adds to what it knows a function of the mean of what its neighbours know
(Gilmer et al. 2017, arXiv:1704.01212, with the mean for the sum). With ``edges`` off, a region
hears only itself, through the same weights: the control that the graph must beat.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cutis.core.vocabulary import Region

_LEFT_EYE, _RIGHT_EYE = Region.SUBJECT_LEFT_PERIORBITAL, Region.SUBJECT_RIGHT_PERIORBITAL
_LEFT_CHEEK, _RIGHT_CHEEK = Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK
_LEFT_JAW, _RIGHT_JAW = Region.SUBJECT_LEFT_JAW, Region.SUBJECT_RIGHT_JAW

ADJACENT: Sequence[tuple[Region, Region]] = (
    (Region.FOREHEAD, Region.GLABELLA),
    (Region.FOREHEAD, _LEFT_EYE),
    (Region.FOREHEAD, _RIGHT_EYE),
    (Region.GLABELLA, Region.NOSE),
    (Region.GLABELLA, _LEFT_EYE),
    (Region.GLABELLA, _RIGHT_EYE),
    (Region.NOSE, _LEFT_CHEEK),
    (Region.NOSE, _RIGHT_CHEEK),
    (Region.NOSE, Region.PERIORAL),
    (_LEFT_EYE, _LEFT_CHEEK),
    (_RIGHT_EYE, _RIGHT_CHEEK),
    (_LEFT_CHEEK, Region.PERIORAL),
    (_RIGHT_CHEEK, Region.PERIORAL),
    (_LEFT_CHEEK, _LEFT_JAW),
    (_RIGHT_CHEEK, _RIGHT_JAW),
    (Region.PERIORAL, Region.CHIN),
    (Region.CHIN, _LEFT_JAW),
    (Region.CHIN, _RIGHT_JAW),
    (Region.PERIORAL, _LEFT_JAW),
    (Region.PERIORAL, _RIGHT_JAW),
)
"""Regions that touch in the region map of an average face."""


def neighbour_means(*, edges: bool = True) -> Tensor:
    """Return the matrix that takes the mean over neighbours; the identity without ``edges``."""
    if not edges:
        return torch.eye(len(Region))
    matrix = torch.zeros(len(Region), len(Region))
    for one, other in ADJACENT:
        matrix[one.label - 1, other.label - 1] = 1
        matrix[other.label - 1, one.label - 1] = 1
    return matrix / matrix.sum(dim=1, keepdim=True)


class RegionGraph(nn.Module):
    """Features of regions in, scores of classes out: ``N regions features`` to ``N classes``."""

    def __init__(
        self, features: int, classes: int, *, width: int = 24, rounds: int = 2, edges: bool = True
    ) -> None:
        """Build the network; with and without ``edges`` it has the same weights."""
        super().__init__()
        self.register_buffer("means", neighbour_means(edges=edges))
        self.enter = nn.Linear(features, width)
        self.own = nn.ModuleList(nn.Linear(width, width) for _ in range(rounds))
        self.heard = nn.ModuleList(nn.Linear(width, width) for _ in range(rounds))
        self.leave = nn.Linear(2 * width, classes)

    def forward(self, regions: Tensor) -> Tensor:
        """Return logits."""
        known = torch.relu(self.enter(regions))
        for own, heard in zip(self.own, self.heard, strict=True):
            messages = self.means @ known
            known = known + torch.relu(own(known) + heard(messages))
        pooled = torch.cat([known.mean(dim=1), known.amax(dim=1)], dim=1)
        scores: Tensor = self.leave(pooled)
        return scores
