"""What a matched pattern becomes: one node with its parts, or nothing where the arithmetic speaks against it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from extractor.reading.nodes import Node
from extractor.reading.token_patterns import Match

__all__ = ["BUILDERS", "build_node"]

_SHARES = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5, "sixth": 6,
    "eighth": 8, "tenth": 10, "tenths": 10,
}  # fmt: skip


def build_node(match: Match, nodes: list[Node], text: str) -> Node | None:
    """Return the node that ``match`` makes of ``nodes``, or None where it must not be made."""
    covered = nodes[match.start : match.end]
    row = match.row
    node = Node(covered[0].start, covered[-1].end, " ".join(n.lower for n in covered), row.kind)
    node.rule = row.id
    parts: dict[str, Node] = {}
    base = _role(match, nodes, "base")
    if base is not None:
        parts.update(base.parts or {})
        if not base.parts or "value" not in base.parts:
            parts["value"] = base
        node.label = base.label
    for role, (start, end) in match.roles.items():
        if role == "base":
            continue
        found = nodes[start] if end - start == 1 else _joined(nodes[start:end])
        parts[role] = found
        if role == "value" and found.parts and found.kind not in ("num", "zero"):
            inner = found.parts
            parts.update({k: v for k, v in inner.items() if k not in match.roles or k == "value"})
        if role in ("range", "frac", "cil") and found.parts:
            parts.update(found.parts)
    for key, constant in row.set.items():
        extra = Node(node.start, node.start, constant, "const")
        extra.label = constant
        parts[key] = extra
    node.parts = parts
    if "est" in parts and row.kind == parts["est"].kind:
        node.label = parts["est"].label
    _place_value(node, base)
    if row.kind in ("estimate", "enrolment", "design", "fraction") and not _fits_around(node, match, nodes):
        return None
    if row.kind == "from_to":
        return _from_to(node, match, nodes)
    builder = BUILDERS.get(row.kind)
    return builder(node) if builder is not None else node


_RATIOS = frozenset({"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "standardized_mean_difference"})


def _in_words(node: Node) -> bool:
    """Whether the value is spelled out; nobody prints a ratio so, but "two HR managers" exist."""
    value = node.part("value")
    return value is not None and not any(char.isdigit() for char in value.lower)


def _fits_around(node: Node, match: Match, nodes: list[Node]) -> bool:
    """A whole number before "patients" is no ratio and no difference; numbers enrolled are whole."""
    whole = isinstance(node.value, int)
    if node.kind == "enrolment":
        return whole
    if node.rule == "frac.slash" and (_number(node.part("total")) or 0) <= 4:
        # "3/4" may be a date or a part of a scale; with its percentage beside it, it is a count
        behind = (
            match.end + 1 < len(nodes) and nodes[match.end].lower in "([" and nodes[match.end + 1].kind == "percent"
        )
        before = match.start > 1 and nodes[match.start - 1].lower in "([," and nodes[match.start - 2].kind == "percent"
        return behind or before
    if (
        node.kind == "estimate"
        and node.parts
        and "est" in node.parts
        and node.parts["est"].label in _RATIOS
        and _in_words(node)
    ):
        return False
    if node.kind == "estimate" and whole and not node.label and match.end < len(nodes):
        return nodes[match.end].kind != "people"
    return True


def _role(match: Match, nodes: list[Node], role: str) -> Node | None:
    place = match.roles.get(role)
    return nodes[place[0]] if place is not None else None


def _joined(nodes: list[Node]) -> Node:
    node = Node(nodes[0].start, nodes[-1].end, " ".join(n.lower for n in nodes), "word")
    node.label = nodes[-1].label
    return node


def _place_value(node: Node, base: Node | None) -> None:
    parts = node.parts or {}
    if base is not None:
        node.value, node.value_start, node.value_end = base.value, base.value_start, base.value_end
        value = base
    elif "value" in parts:
        value = parts["value"]
        node.value, node.value_start, node.value_end = value.value, value.value_start, value.value_end
        if node.kind == "fold" and "high" in parts:
            node.value_end = parts["high"].value_end
    elif "low" in parts and "high" in parts:
        value = parts["low"]
        node.value, node.value_start, node.value_end = value.value, value.value_start, parts["high"].value_end
    else:
        return
    unit, second_unit = parts.get("unit"), parts.get("unit2")
    if unit is None and "last" in parts:
        node.label = parts["last"].label
    if second_unit is not None:
        node.value_end = second_unit.end
        if unit is None:
            node.label = second_unit.label
    elif unit is not None and unit.end > node.value_end and unit.start - node.value_end <= 2:
        node.value_end = unit.end
    elif unit is not None and unit.kind == "currency" and unit.end <= node.value_start:
        node.value_start = unit.start
    if unit is not None and unit.label:
        node.label = unit.label
    elif not node.label and value.kind == "percent":
        node.label = "%"


def _number(node: Node | None) -> float | None:
    return None if node is None or node.value is None else float(node.value)


def _percent(node: Node) -> Node | None:
    parts = node.parts or {}
    kind = parts["ratio"].label if "ratio" in parts else ""
    if kind:
        return _share(node, kind)
    node.label = "%"
    if node.rule == "pct.number":
        return node
    if "ngroup" in parts:
        parts["events"] = parts["ngroup"].part("value") or parts["ngroup"]
    return node if _counts_agree(node) else None


def _share(node: Node, kind: str) -> Node | None:
    """Proportions in words: "one in five", "two-thirds", "half of"."""
    parts = node.parts or {}
    if kind == "half":
        top: float | None = 1
        bottom: float | None = 2
    elif kind == "share":
        top = 1 if parts["events"].lower == "a" else _number(parts["events"])
        bottom = _SHARES.get(parts["share"].lower)
    else:
        top, bottom = _number(parts.get("events")), _number(parts.get("total"))
    if top is None or bottom is None or not 0 < top < bottom or bottom > 100_000:
        return None
    node.value = round(100 * top / bottom, 4)
    node.value_start, node.value_end = node.start, node.end
    node.label = "%"
    node.parts = {"worded": node}
    return node


def _counts_agree(node: Node) -> bool:
    """Whether printed counts can go with the printed percentage at all; a wild mismatch means another reading."""
    parts = node.parts or {}
    events, total = _number(parts.get("events")), _number(parts.get("total"))
    if events is not None and (events < 0 or events != int(events)):
        return False
    if events is not None and total is not None and node.value is not None:
        if total <= 0 or events > total:
            return False
        if node.rule in ("count.frac_pct", "count.pct_frac"):
            return abs(100 * events / total - float(node.value)) <= 6
        if node.rule in ("count.frac_far", "count.frac_num"):
            return abs(100 * events / total - float(node.value)) <= 0.6
    return True


def _fraction(node: Node) -> Node | None:
    events, total = _number(node.part("events")), _number(node.part("total"))
    if node.rule == "frac.slash" and events is not None and total is not None and _is_pressure(events, total):
        node.kind = "fraction_unit"
        node.value, node.parts = int(events), None
        return node
    if events is None or total is None or total <= 0 or events > total or events != int(events) or total != int(total):
        return None
    if total < 3:
        return None
    first, last = node.part("events"), node.part("total")
    assert first is not None and last is not None
    node.value = first.value
    node.value_start, node.value_end = first.start, last.end
    return node


def _is_pressure(first: float, second: float) -> bool:
    """ "146/79" is a blood pressure, not a count."""
    return 70 <= second + 30 < first <= 260 and first == int(first)


def _fraction_pct(node: Node) -> Node | None:
    events, total, share = (_number(node.part(r)) for r in ("events", "total", "value"))
    if events is None or total is None or share is None or total <= 0 or events > total:
        return None
    if abs(100 * events / total - share) > 6:
        return None
    node.kind = "percent"
    node.label = "%"
    return node


def _quantity(node: Node) -> Node | None:
    """ "29 events per 1,000 person-years"; "29 patients kg" is none."""
    return None if node.rule == "unit.events_per" and not node.label.startswith("per ") else node


def _interval(node: Node) -> Node | None:
    return node if node.part("low") is not None and node.part("high") is not None else None


def _vsd(node: Node) -> Node | None:
    parts = node.parts or {}
    spread = parts.get("spread")
    if spread is not None and not node.label:
        node.label = spread.label
    return node


def _pvalue(node: Node) -> Node | None:
    parts = node.parts or {}
    if "whole" in parts:
        return _comma_p_value(node, parts)
    value = _number(node.part("value"))
    return None if value is not None and not 0 <= value <= 1 else node


def _comma_p_value(node: Node, parts: dict[str, Node]) -> Node | None:
    """ "p < 0,05" in a text that otherwise prints decimal points; in "P < 0.01, 43% less" the comma ends the p-value."""
    whole, decimals = parts.pop("whole"), parts.pop("decimals")
    if whole.lower != "0" or decimals.start != whole.end + 1 or not decimals.lower.isdigit():
        value = _number(whole)
        if value is None or not 0 <= value <= 1:
            return None
        parts["value"] = whole
        node.value, node.value_start, node.value_end, node.end = whole.value, whole.start, whole.end, whole.end
        node.lower = node.lower.rpartition(" , ")[0]
        return node
    number = Node(whole.start, decimals.end, f"{whole.lower}.{decimals.lower}", "num")
    number.value = float(number.lower)
    parts["value"] = number
    node.value, node.value_start, node.value_end = number.value, number.start, number.end
    return node


def _estimate(node: Node) -> Node | None:
    """An integer without a unit after "difference" is as likely a count of something."""
    parts = node.parts or {}
    worded = "est" not in parts
    if "wordedmore" in parts:
        return node if isinstance(node.value, float) else None
    return (
        None
        if worded and not node.label and isinstance(node.value, int) and "oddsword" not in (node.parts or {})
        else node
    )


def _ordinal(node: Node) -> Node | None:
    """Grades, stages and phases are small whole numbers; "a level of 54" is a figure."""
    return (
        None
        if any(c in node.lower for c in ".·") and node.kind == "ordinal_number" and _has_decimal(node.lower)
        else node
    )


_CHANGES = frozenset(
    ["increase", "increased", "increases", "increasing", "rise", "rises", "rose", "risen", "rising", "grew", "improve", "improved", "improves",
     "improvement", "climbed", "jumped", "went", "fall", "falls", "fell", "falling", "decline", "declined", "declines", "drop", "dropped",
     "drops", "decrease", "decreased", "decreases", "decreasing", "reduce", "reduced", "reduces", "reducing", "reduction", "lowered",
     "lowering", "lowers", "change", "changed", "changes", "changing", "shortened", "prolonged", "extended", "lengthened", "cut",
     "worsened", "went", "moved", "shrank", "shifted", "deteriorated", "raised", "came", "progressed", "slipped", "doubled", "halved"]
)  # fmt: skip
_CHANGE_REACH = 18


def _from_to(node: Node, match: Match, nodes: list[Node]) -> Node | None:
    """ "from 53 to 67" after a verb of change is the value 67 with its baseline; elsewhere it is a range."""
    parts = node.parts or {}
    value = nodes[match.roles["value"][0]]
    if not _says_change(match, nodes):
        return None
    if "low" in parts and "baseline" not in parts:
        parts["baseline"] = parts.pop("low")
        node.value = parts["high"].value
        node.value_start, node.value_end = parts["high"].start, node.end
        parts["value"] = parts.pop("high")
        node.label = value.label
        node.kind = {"prange": "percent", "qrange": "quantity", "trange": "duration"}[value.kind]
        return node
    baseline = parts["baseline"]
    if baseline.label and value.label and baseline.label != value.label:
        return None
    node.kind, node.label = value.kind, value.label or baseline.label
    if node.kind == "num" and node.label:
        node.kind = "percent" if node.label == "%" else "quantity"
    return node


def _says_change(match: Match, nodes: list[Node]) -> bool:
    if nodes[match.first].kind == "mark" or nodes[match.first + 1].kind == "vsd":
        return True
    for before in reversed(nodes[max(0, match.first - _CHANGE_REACH) : match.first]):
        if before.kind == "border":
            return False
        if before.kind == "word" and before.lower in _CHANGES:
            return True
    return False


def _reference(node: Node) -> Node | None:
    """Reference marks are whole numbers: "[12]", "[3-5]"."""
    return None if any(c in node.lower for c in ".·") else node


def _ratio_label(node: Node) -> Node:
    """In "effect size (relative risk, 2.84)" the inner name is the exact one."""
    inner = node.part("inner")
    if inner is not None and node.label in ("standardized_mean_difference", "mean_difference"):
        node.label = inner.label
    return node


def _has_decimal(spelled: str) -> bool:
    return any(a.isdigit() and b in ".·" for a, b in pairwise(spelled))


BUILDERS: dict[str, Callable[[Node], Node | None]] = {
    "percent": _percent,
    "fraction": _fraction,
    "fraction_pct": _fraction_pct,
    "interval": _interval,
    "quantity": _quantity,
    "reference": _reference,
    "est_r": _ratio_label,
    "ordinal_number": _ordinal,
    "estimate": _estimate,
    "vsd": _vsd,
    "pvalue": _pvalue,
}
"""Builders by kind; a kind without one keeps the node as composed."""
