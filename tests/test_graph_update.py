"""A graph that follows its store is equal to one made anew, whatever came, changed and went in between."""

from __future__ import annotations

from typing import Any

import msgspec
import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.assembly import Decision, Decisions
from extractor.graph import EvidenceBase, build_graph, graph_of, update_graph
from extractor.records import Record
from extractor.store import EvidenceStore
from tests.record_builder import RecordBuilder, infant_record, lung_record

IDS = ("NCT02578680", "NCT03215706")


def cited_record(key: str, lead: str = "") -> Record:
    """A document on one trial that cites another one, as a comment does."""
    text = f"{lead}KEYNOTE-407 gave Pembrolizumab for lung cancer, as {IDS[0]} (KEYNOTE-189) had. Survival was 55%."
    make = RecordBuilder(text, key=key)
    arm = make.arm("a1", "experimental", make.intervention("Pembrolizumab", "Pembrolizumab"))
    result = make.result("r1", "percentage", "55", "Survival was 55%.", outcome="o1", arm="a1", unit="%")
    make.trial(acronym="KEYNOTE-407", arms=(arm,), outcomes=(make.outcome("o1", "Survival"),), results=(result,))
    make.trial("t2", role="background", registry=(IDS[0],), acronym="KEYNOTE-189")
    return make.record()


def pool() -> list[Record]:
    """Documents of few trials: some name one by its id, some by its acronym, some by both, some by neither."""
    records = [infant_record(), cited_record("cited"), cited_record("cited-2", "Again. ")]
    for number, acronym in enumerate(("KEYNOTE-189", "KEYNOTE-407", "KEYNOTE-189")):
        records.append(lung_record(f"acronym-{number}", acronym=acronym, lead=f"Story {number}. "))
    for number, identifier in enumerate(IDS):
        records.append(lung_record(f"id-{number}", registry=(identifier,), acronym=None, lead=f"Paper {number}. "))
        acronym = ("KEYNOTE-189", "KEYNOTE-407")[number]
        records.append(lung_record(f"both-{number}", registry=(identifier,), acronym=acronym, drug="Keytruda"))
    records.append(lung_record("none", acronym=None, lead="Unnamed. ", ratio="0.55"))
    records.append(lung_record("otherwise", lead="Otherwise. ", ratio="0.61"))  # contradicts others on KEYNOTE-189
    return records


POOL = pool()


def as_values(graph: networkx.MultiDiGraph) -> tuple[dict[str, Any], dict[Any, Any]]:
    edges = {(source, target, key): data for source, target, key, data in graph.edges(keys=True, data=True)}
    return dict(graph.nodes(data=True)), edges


def reread(record: Record, version: str) -> Record:
    """The record as a later version of the extractor reads the text: without the results of its first trial."""
    first = msgspec.structs.replace(record.trials[0], results=())
    extractor = msgspec.structs.replace(record.extractor, version=version)
    return msgspec.structs.replace(record, trials=(first, *record.trials[1:]), extractor=extractor)


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "withdraw", "reread"]), st.integers(0, len(POOL) - 1)), max_size=14
)


DECISIONS = Decisions(
    [
        Decision(action="join", one="none", other="infants.html#t1"),
        Decision(action="join", one="infants.html#t1", other="id-1"),
        Decision(action="split", one="acronym-0", other="acronym-2"),
    ]
)
"""The user's own joins, which tie trials together that share no key."""


def play(store: EvidenceStore, step: tuple[str, int], number: int) -> None:
    action, place = step
    if action == "add":
        store.add_records([POOL[place]])
    elif action == "withdraw":
        store.withdraw(POOL[place].document.id)
    else:
        store.add_records([reread(POOL[place], f"0.2.{number}")])


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(1, 5), st.sampled_from([None, DECISIONS]))
def test_updated_graph_equals_one_made_anew(
    steps: list[tuple[str, int]], every: int, decisions: Decisions | None
) -> None:
    base = EvidenceBase(EvidenceStore.in_memory(), decisions)
    graph = graph_of(base)
    for number, step in enumerate(steps):
        play(base.store, step, number)
        if number % every == 0:
            update_graph(graph, base)
    update_graph(graph, base)
    assert as_values(graph) == as_values(graph_of(base))
    afresh = EvidenceBase(EvidenceStore.in_memory(), decisions)
    afresh.store.add_records(base.store.records())
    assert as_values(graph) == as_values(build_graph(afresh.trials()))
    base.store.close()
    afresh.store.close()


def test_conflicts_are_in_the_graph_and_go_with_their_sides() -> None:
    base = EvidenceBase.from_records([lung_record("a"), lung_record("b", lead="Otherwise. ", ratio="0.61")])
    graph = graph_of(base)
    (conflict,) = (node for node, data in graph.nodes(data=True) if data["type"] == "conflict")
    sides = {graph.nodes[side]["value"] for side in graph.successors(conflict)}
    assert sides == {0.49, 0.61}
    assert list(graph.predecessors(conflict)) == ["trial:KEYNOTE-189"]
    base.store.withdraw("b")
    update_graph(graph, base)
    assert not [node for node, data in graph.nodes(data=True) if data["type"] == "conflict"]


def test_every_order_of_documents_makes_the_same_graph() -> None:
    forth, back = EvidenceBase.from_records(POOL), EvidenceBase.from_records(POOL[::-1])
    assert as_values(graph_of(forth)) == as_values(graph_of(back))


def test_update_reads_only_what_is_concerned(monkeypatch: pytest.MonkeyPatch) -> None:
    base = EvidenceBase.from_records(POOL)
    graph = graph_of(base)
    assert update_graph(graph, base) == 0
    base.store.add_records([lung_record("late", acronym="KEYNOTE-407", lead="Late. ")])
    read: list[str] = []
    documents = EvidenceStore.documents

    def noted(self: EvidenceStore, components: Any = None) -> Any:
        for document in documents(self, components):
            read.append(document.key)
            yield document

    monkeypatch.setattr(EvidenceStore, "documents", noted)
    assert update_graph(graph, base) == 1
    assert "late" in read
    assert {"infants.html", "none"}.isdisjoint(read)


def test_shared_nodes_bear_the_commonest_name() -> None:
    base = EvidenceBase.from_records([cited_record("a"), lung_record("b", acronym="KEYNOTE-042")])
    graph = graph_of(base)
    assert graph.nodes["drug:pembrolizumab"]["name"] == "Pembrolizumab"  # one of two, and first of the alphabet
    base.store.add_records([lung_record("c", acronym="KEYNOTE-024")])
    update_graph(graph, base)
    assert graph.nodes["drug:pembrolizumab"]["name"] == "pembrolizumab"


def test_a_graph_of_a_selection_cannot_follow() -> None:
    base = EvidenceBase.from_records(POOL)
    with pytest.raises(ValueError, match="whole store"):
        update_graph(build_graph(base.trials()), base)
