"""The graph over regions: who hears whom, and the control without edges."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from cutis.core.vocabulary import Region  # noqa: E402
from cutis.networks.region_graph import ADJACENT, RegionGraph, neighbour_means  # noqa: E402


def test_neighbours_are_those_of_the_mirror():
    pairs = {frozenset(pair) for pair in ADJACENT}
    assert {frozenset(r.mirrored for r in pair) for pair in pairs} == pairs


def test_every_region_hears_another_and_all_are_joined():
    means = neighbour_means()
    assert torch.allclose(means.sum(dim=1), torch.ones(len(Region)))
    assert (torch.linalg.matrix_power(means + torch.eye(len(Region)), len(Region)) > 0).all()


def test_a_region_far_away_is_heard_after_as_many_rounds():
    torch.manual_seed(0)
    forehead, chin = Region.FOREHEAD.label - 1, Region.CHIN.label - 1
    for rounds, heard in ((1, False), (5, True)):
        network = RegionGraph(2, 3, rounds=rounds, width=8)
        x = torch.rand(1, len(Region), 2, requires_grad=True)
        known = torch.relu(network.enter(x))
        for own, listen in zip(network.own, network.heard, strict=True):
            known = known + torch.relu(own(known) + listen(network.means @ known))
        known[0, chin].sum().backward()
        assert bool(x.grad[0, forehead].abs().sum() > 0) is heard


def test_without_edges_there_are_as_many_weights_and_nothing_is_heard():
    one, other = (RegionGraph(4, 3, edges=edges) for edges in (True, False))
    assert sum(p.numel() for p in one.parameters()) == sum(p.numel() for p in other.parameters())
    assert torch.equal(other.means, torch.eye(len(Region)))
    assert one(torch.rand(5, len(Region), 4)).shape == (5, 3)
