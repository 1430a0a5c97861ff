"""Intervals, spreads and p-values join the figure that they follow: "0.62 (95% CI, 0.51-0.75; P < .001)"."""

from __future__ import annotations

from extractor.reading.nodes import Node

__all__ = ["VALUE_KINDS", "attach_companions", "lend_p_values"]

VALUE_KINDS = frozenset(
    {"num", "percent", "quantity", "duration", "dose", "estimate", "relative", "vsd", "fraction", "fold", "prange", "qrange",
     "trange", "pair_range", "pair", "nr", "zero"}
)  # fmt: skip
"""Kinds of figures that can carry an interval, a spread or a p-value."""

_ROLES = {"interval": "ci", "pvalue": "p", "sdv": "sd", "sev": "se", "iqrv": "iqr", "rngv": "rng"}
_LINKS = frozenset(["(", "[", "{", ",", ";", ":", ")", "]", "}"])
_WORDS = frozenset(
    [
        "with",
        "and",
        "a",
        "an",
        "its",
        "two",
        "sided",
        "one",
        "unadjusted",
        "adjusted",
        "log",
        "rank",
        "test",
        "logrank",
        "by",
        "for",
        "the",
        "stratified",
        "both",
        "tailed",
        "crude",
        "exact",
    ]
)
_FAR_KINDS = frozenset(
    {"word", "name", "tadj", "timepoint", "people", "mean", "median", "mark", "grade", "approx", "sites", "software"}
)
_FAR_STOPS = frozenset(("(", ")", "]", ".", "vs", "versus", "but", "whereas", "while", "compared", "than"))
_FAR_STEPS = 12
_MEASURED = frozenset({"num", "percent", "quantity", "duration"})
_BEHIND_STEPS = 7
_CLAUSE = frozenset(["and", "or", "vs", "versus", "to", "but", "than", "with", "had", "was", "were"])
_LEADING = frozenset(
    [
        "with",
        "a",
        "an",
        "the",
        "and",
        "for",
        "corresponding",
        "to",
        "representing",
        "giving",
        "yielding",
        "by",
        "log",
        "rank",
        "test",
        "logrank",
    ]
)
_BARE = frozenset({"range", "prange", "qrange", "trange"})
_PLAIN = frozenset({"num", "percent", "quantity", "duration"})
_SEPARATORS = frozenset({",", ";", "to", "-", ":", "and", ".."})


def attach_companions(nodes: list[Node]) -> list[Node]:
    """Return ``nodes`` with every companion figure made a part of the figure it belongs to."""
    out: list[Node] = []
    i = 0
    while i < len(nodes):
        node = nodes[i]
        out.append(node)
        i += 1
        if node.kind in VALUE_KINDS:
            i = _walk(node, nodes, i)
    return out


def _walk(owner: Node, nodes: list[Node], i: int) -> int:
    """Take up the companions of ``owner`` from ``nodes[i]`` on; return the index after the last one taken."""
    j, taken_to, steps = i, i, 0
    parts = dict(owner.parts or {})
    opened = 0
    while j < len(nodes) and steps < 5:
        node = nodes[j]
        role = _ROLES.get(node.kind)
        if role is not None and role not in parts and not (role == "p" and _names_other(node)):
            parts[role] = node
            j += 1
            taken_to, steps = j, 0
            continue
        if "ci" not in parts and (owner.kind in ("estimate", "relative") or (opened == 1 and _then_p_value(nodes, j))):
            after = _bare_interval(nodes, j, opened)
            if after is not None:
                interval, j = after
                parts["ci"] = interval
                taken_to, steps = j, 0
                continue
        if node.lower in _LINKS and node.kind == "mark":
            opened += node.lower in "([{"
            opened -= node.lower in ")]}"
            if opened < 0 and owner.kind != "estimate" and taken_to == i and node.lower not in ")]}":
                break
        elif not (node.kind == "word" and node.lower in _WORDS and steps > 0):
            far = _far_companion(owner, parts, nodes, j)
            if far is None and taken_to == i and steps == 0:
                far = _behind_words(owner, parts, nodes, j)
            if far is None:
                break
            opened += sum(n.lower in "([{" for n in nodes[j:far] if n.kind == "mark")
            j, steps = far, 0
            continue
        j += 1
        steps += 1
    if taken_to > i:
        owner.parts = parts
        owner.end = nodes[taken_to - 1].end
        if taken_to < len(nodes) and nodes[taken_to].lower in (")", "]") and opened > 0:
            taken_to += 1
    return taken_to


def _far_companion(owner: Node, parts: dict[str, Node], nodes: list[Node], j: int) -> int | None:
    """Where words stand between an estimate and its companion: "0.6 in favor of A; 95% CI, 0.5 to 0.9", "a 28%
    reduction in the risk of relapse (P = .001)". Returns the companion's index."""
    if owner.kind not in ("estimate", "relative"):
        return None
    for k in range(j, min(j + _FAR_STEPS, len(nodes))):
        node = nodes[k]
        role = _ROLES.get(node.kind)
        if role in ("ci", "p"):
            before = nodes[k - 1].lower
            if k == j or (role == "p" and _names_other(node)):
                return None
            return (
                k
                if role not in parts and (before in "(;,[" or before in ("two", "log", "rank", "sided", "-", "and"))
                else None
            )
        if node.kind not in _FAR_KINDS or (
            node.lower in _FAR_STOPS and not (node.lower == "(" and _opens_companion(nodes, k))
        ):
            return None
    return None


def _behind_words(owner: Node, parts: dict[str, Node], nodes: list[Node], j: int) -> int | None:
    """A spread or interval in a bracket a few words after the value: "lost 3.7% of weight (SD 5.4)"."""
    if owner.kind not in _MEASURED:
        return None
    for k in range(j, min(j + _BEHIND_STEPS, len(nodes) - 1)):
        node = nodes[k]
        if node.kind == "mark" and node.lower in "([":
            role = _ROLES.get(nodes[k + 1].kind)
            return k + 1 if k > j and role not in (None, "p") and role not in parts else None
        if node.kind not in ("word", "people") or node.lower in _CLAUSE:
            return None
    return None


def _opens_companion(nodes: list[Node], k: int) -> bool:
    return k + 1 < len(nodes) and nodes[k + 1].kind in ("pvalue", "interval")


def _names_other(node: Node) -> bool:
    """A p-value for interaction, trend or heterogeneity is not the p-value of the figure before it."""
    kind = node.part("pkind")
    spelled = node.lower + " " + (kind.lower if kind else "")
    return any(word in spelled for word in ("interaction", "trend", "heterogeneity"))


def _bare_interval(nodes: list[Node], j: int, opened: int) -> tuple[Node, int] | None:
    """An unlabelled interval right after an estimate: "(0.51-0.75)", "[0.51, 0.75]", "; 0.51 to 0.75"."""
    node = nodes[j]
    if node.kind in _BARE:
        return node, j + 1
    if node.kind not in _PLAIN or j + 2 >= len(nodes) or nodes[j + 2].kind not in _PLAIN:
        return None
    separator = nodes[j + 1].lower
    if separator not in _SEPARATORS or (opened <= 0 and separator not in ("to", "-")):
        return None
    closing = nodes[j + 3].lower if j + 3 < len(nodes) else ""
    if closing not in (")", "]", ";", ","):
        return None
    interval = Node(node.start, nodes[j + 2].end, node.lower, "interval")
    interval.parts = {"low": node, "high": nodes[j + 2]}
    return interval, j + 3


def _then_p_value(nodes: list[Node], j: int) -> bool:
    """Whether an interval in words stands at ``j`` with a p-value right after it: "20 seconds (8 to 32, P = .013)"."""
    return (
        j + 4 < len(nodes)
        and nodes[j + 1].lower in ("to", "-")
        and nodes[j + 3].lower in (",", ";")
        and nodes[j + 4].kind == "pvalue"
    )


def lend_p_values(nodes: list[Node]) -> None:
    """Give estimates without a p-value the one that stands beside them, in place; the p-value keeps its own token.

    It is the only one in the bracket that the estimate stands in or that follows it, the one right before it
    ("43% and 28% (P = .01), hazard ratio 0.62"), or the next one where no figure stands between.
    """
    if not any(node.kind == "estimate" and node.part("p") is None for node in nodes):
        return
    inside, groups = _brackets(nodes)
    for i, node in enumerate(nodes):
        if node.kind != "estimate" or node.part("p") is not None:
            continue
        p_value = None
        bracket = inside[i]
        if bracket is not None:
            p_value = _only_p_value(nodes, groups[bracket], 1)
        if p_value is None and i + 1 < len(nodes) and nodes[i + 1].lower in ("(", "[") and (i + 1) in groups:
            p_value = _only_p_value(nodes, groups[i + 1], 0)
        if p_value is None:
            p_value = _p_value_before(nodes, i) or _p_value_after(nodes, i)
        if p_value is not None:
            node.parts = {**(node.parts or {}), "p": p_value}


def _brackets(nodes: list[Node]) -> tuple[list[int | None], dict[int, list[int]]]:
    """Return for each node the bracket that it stands in, and for each bracket the nodes directly inside it."""
    inside: list[int | None] = []
    groups: dict[int, list[int]] = {}
    open_at: list[int] = []
    for i, node in enumerate(nodes):
        if node.kind == "border":
            open_at.clear()
        if node.kind == "mark" and node.lower in ")]" and open_at:
            open_at.pop()
        inside.append(open_at[-1] if open_at else None)
        if open_at:
            groups[open_at[-1]].append(i)
        if node.kind == "mark" and node.lower in "([":
            open_at.append(i)
            groups[i] = []
    return inside, groups


def _only_p_value(nodes: list[Node], group: list[int], estimates: int) -> Node | None:
    found = [p for i in group if (p := _p_value_of(nodes[i])) is not None and not _names_other(p)]
    counted = sum(nodes[i].kind == "estimate" for i in group)
    return found[0] if len(found) == 1 and counted <= estimates else None


def _p_value_of(node: Node) -> Node | None:
    return node if node.kind == "pvalue" else None if node.kind in ("estimate", "relative") else node.part("p")


def _p_value_before(nodes: list[Node], i: int) -> Node | None:
    for k in range(i - 1, max(-1, i - 8), -1):
        node = nodes[k]
        p_value = _p_value_of(node)
        if p_value is not None:
            return None if k == i - 1 or _names_other(p_value) else p_value
        if not (node.kind == "mark" and node.lower in ")],;([") and node.lower not in _LEADING:
            return None
    return None


def _p_value_after(nodes: list[Node], i: int) -> Node | None:
    owner = nodes[i].part("est")
    if owner is None or owner.kind != "est_r":
        return None
    for k in range(i + 1, min(i + 16, len(nodes) - 1)):
        node = nodes[k]
        if node.kind == "mark" and node.lower in "([" and nodes[k + 1].kind == "pvalue":
            return None if _names_other(nodes[k + 1]) else nodes[k + 1]
        if node.kind not in _FAR_KINDS or node.lower in (";", "."):
            return None
    return None
