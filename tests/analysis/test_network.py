"""The shape of networks of comparisons."""

from __future__ import annotations

from extractor.analysis import comparison_network, network_geometry


def test_a_chain_is_connected_and_has_no_loop() -> None:
    graph = comparison_network([("s1", "a", "b"), ("s2", "b", "c"), ("s3", "b", "a")])
    assert graph.edges["a", "b"]["studies"] == ["s1", "s3"]
    found = network_geometry(graph)
    assert (found.treatments, found.comparisons, found.studies, found.connected, found.loops) == (3, 2, 3, True, 0)
    assert found.density == 2 / 3


def test_a_loop_of_several_studies_counts_one_of_a_single_study_does_not() -> None:
    sides = [("a", "b"), ("b", "c"), ("a", "c")]
    assert network_geometry(comparison_network([("s1", *side) for side in sides])).loops == 0
    assert network_geometry(comparison_network([(f"s{n}", *side) for n, side in enumerate(sides)])).loops == 1


def test_parts_that_no_study_joins_are_told_the_largest_first() -> None:
    graph = comparison_network([("s1", "x", "y"), ("s2", "a", "b"), ("s3", "b", "c"), ("s4", "z", "z")])
    found = network_geometry(graph)
    assert (found.connected, found.parts) == (False, (("a", "b", "c"), ("x", "y")))


def test_nothing_has_no_shape() -> None:
    found = network_geometry(comparison_network([]))
    assert (found.treatments, found.connected, found.loops, found.density) == (0, False, 0, 0.0)
