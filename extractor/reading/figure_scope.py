"""What a figure in brackets means where the sentence said it once before: "mean (SD)", "median (range)", "n (%)"."""

from __future__ import annotations

from extractor.reading.nodes import Node

__all__ = ["settle_not_reached", "settle_scopes", "settle_times"]

_LENGTHENING = frozenset(
    [
        "increased",
        "increases",
        "increase",
        "improved",
        "improves",
        "improve",
        "prolonged",
        "prolongs",
        "prolong",
        "extended",
        "extends",
        "delayed",
        "delays",
        "delay",
        "shortened",
        "shortens",
        "shorten",
        "reduced",
        "reduces",
        "reduce",
        "decreased",
        "decreases",
        "lengthened",
        "postponed",
        "longer",
        "shorter",
        "rose",
        "fell",
        "put",
        "pushed",
        "lagged",
        "exceeded",
    ]
)
_REACH_BACK = 14
_LEAST_AGE = 16
_TIME_UNITS = frozenset({"second", "minute", "hour", "day", "week", "month", "year", "cycle"})
_SURVIVAL_REACH = 40
_SURVIVAL = frozenset(
    [
        "survival",
        "os",
        "pfs",
        "dfs",
        "efs",
        "rfs",
        "ttp",
        "ttf",
        "dor",
        "dmfs",
        "lrfs",
        "mpfs",
        "mos",
        "duration",
        "progression",
        "time",
        "recurrence",
        "mfs",
        "idfs",
        "ttd",
        "curve",
        "curves",
        "quartile",
    ]
)
_AGAINST = frozenset(["vs", "versus", "v", "and", "or", "compared", "to", "-"])


_LIST_MARKS = frozenset([",", ";", "and", "or", "by", ")", "]"])


class _Scope:
    """What the current sentence has said so far, and the last header of the document."""

    def __init__(self) -> None:
        self.header: Node | None = None
        self.document_header: Node | None = None
        self.estimate: Node | None = None
        self.interval_label = False
        self.median = False
        self.spread_is_se = False
        self.listed = False

    @property
    def estimate_kind(self) -> str:
        """Kind of the number that the estimate in force was made of."""
        if self.estimate is None:
            return ""
        return _kind_by_unit(self.estimate)

    def new_sentence(self) -> None:
        self.listed = False
        self.header = self.estimate = None
        self.interval_label = self.median = False


def settle_scopes(nodes: list[Node]) -> None:
    """Give bracketed pairs, ± spreads and chained estimates their meaning, in place."""
    scope = _Scope()
    scope.spread_is_se = _mostly_standard_errors(nodes)
    for i, node in enumerate(nodes):
        kind = node.kind
        if kind == "word" or kind == "mark":
            if scope.listed and node.lower not in _LIST_MARKS:
                scope.listed = False
            continue
        if kind == "border":
            scope.new_sentence()
        elif kind == "hdr":
            scope.header = scope.document_header = node
            scope.median = _constant(node, "measure") == "median"
        elif kind == "median":
            scope.median = True
        elif kind in ("mean", "percent"):
            scope.median = False
        elif kind == "cil":
            scope.interval_label = True
        elif kind in ("estimate", "relative"):
            scope.estimate = node
            scope.interval_label = scope.interval_label or node.part("ci") is not None
        elif kind == "vsd":
            _settle_spread(node, scope)
        elif kind == "pair":
            _settle_pair(node, scope)
        elif kind == "pair_range":
            _settle_pair_range(node, scope)
        if node.part("ci") is not None:
            scope.interval_label = True
            if scope.estimate is not None and (kind == "num" or (kind == scope.estimate_kind and kind != "duration")):
                _join_chain(node, scope.estimate)
        elif scope.listed and kind == scope.estimate_kind and scope.estimate is not None and not _against(nodes, i):
            _join_chain(node, scope.estimate)
        scope.listed = node.kind in ("estimate", "relative")


def _against(nodes: list[Node], i: int) -> bool:
    """Whether the value is set against another one: "12.1% vs 30.1%" are the values of two arms."""
    return i + 1 < len(nodes) and nodes[i + 1].lower in ("vs", "versus", "v")


def settle_times(nodes: list[Node]) -> None:
    """ "prolonged survival by 3 months" gives an amount, "by 3 months, 40% had died" a time point; told apart in place."""
    for i, node in enumerate(nodes):
        if node.kind != "timepoint":
            continue
        if node.lower.startswith("over ") and i and nodes[i - 1].kind == "people" and _is_age(node):
            node.kind = "age"
        if not node.lower.startswith("by "):
            continue
        for before in reversed(nodes[max(0, i - _REACH_BACK) : i]):
            if before.kind == "border" or before.lower in (";", "."):
                break
            if before.lower in _LENGTHENING:
                node.kind = "duration"
                break


def _is_age(node: Node) -> bool:
    return node.label == "year" and node.value is not None and node.value >= _LEAST_AGE


def settle_not_reached(nodes: list[Node]) -> None:
    """ "not reached" and "NR" are figures where a median or a time to an event is spoken of; elsewhere words. In place."""
    if not any(node.kind == "nr" for node in nodes):
        return
    since = _SURVIVAL_REACH + 1
    for i, node in enumerate(nodes):
        if node.kind in ("border",):
            since = _SURVIVAL_REACH + 1
            continue
        since += 1
        if (
            node.kind in ("median", "followup", "nr")
            or node.lower in _SURVIVAL
            or (node.kind == "hdr" and "median" in node.lower)
        ):
            if node.kind == "nr" and since > _SURVIVAL_REACH and not _beside_duration(nodes, i):
                node.kind, node.label = "word", ""
                continue
            since = 0


def _beside_duration(nodes: list[Node], i: int) -> bool:
    """ "NR vs 12.5 months", "12.5 vs NR months"."""
    near = nodes[max(0, i - 3) : i + 4]
    return any(n.kind in ("duration", "trange", "utime") for n in near) and any(n.lower in _AGAINST for n in near)


def _constant(node: Node, role: str) -> str:
    part = node.part(role)
    return part.label if part is not None else ""


def _mostly_standard_errors(nodes: list[Node]) -> bool:
    """Whether the document's ± means a standard error: it says so, and says nothing of standard deviations."""
    kinds = {n.kind for n in nodes}
    errors = "se" in kinds or any(
        n.kind == "hdr" and (s := n.part("second")) is not None and s.kind == "se" for n in nodes
    )
    deviations = "sd" in kinds or any(
        n.kind == "hdr" and (s := n.part("second")) is not None and s.kind == "sd" for n in nodes
    )
    return errors and not deviations


def _settle_spread(node: Node, scope: _Scope) -> None:
    parts = node.parts or {}
    spread = parts.pop("spread", None)
    if spread is None:
        return
    second = scope.header.part("second") if scope.header is not None else None
    is_error = second.kind == "se" if second is not None and second.kind in ("sd", "se") else scope.spread_is_se
    holder = Node(spread.start, spread.end, spread.lower, "spread")
    holder.parts = {"value": spread}
    parts["se" if is_error else "sd"] = holder


def _settle_pair(node: Node, scope: _Scope) -> None:
    """A number with a bracketed number: spread, percent or nothing known, by the header in force."""
    parts = node.parts or {}
    second = parts.pop("second", None)
    if second is None:
        return
    header = scope.header or (scope.document_header if not _whole(second) else None)
    means = header.part("second") if header is not None else None
    if means is None:
        node.kind = _kind_by_unit(node)
        parts["bracket"] = second
        return
    if means.kind in ("sd", "se"):
        node.kind = "vsd"
        holder = Node(second.start, second.end, second.lower, "spread")
        holder.parts = {"value": second}
        parts[means.kind] = holder
    elif means.kind == "pct" and _constant(header, "measure") == "count" if header is not None else False:
        events = parts.get("value")
        if events is not None:
            parts["events"] = events
        parts["value"] = second
        node.kind, node.label = "percent", "%"
        node.value, node.value_start, node.value_end = second.value, second.value_start, second.value_end
    elif means.kind == "pct":
        parts["events"] = second
        node.kind, node.label = "percent", "%"
    else:
        node.kind = _kind_by_unit(node)
        parts["bracket"] = second


def _kind_by_unit(node: Node) -> str:
    """Return the kind that a plain number with this unit has."""
    if not node.label:
        return "num"
    return "percent" if node.label == "%" else "duration" if node.label in _TIME_UNITS else "quantity"


def _settle_pair_range(node: Node, scope: _Scope) -> None:
    parts = node.parts or {}
    if "low" not in parts or "high" not in parts:
        return
    low, high = parts.pop("low"), parts.pop("high")
    holder = Node(low.start, high.end, low.lower, "interval")
    holder.parts = {"low": low, "high": high}
    means = scope.header.part("second") if scope.header is not None else None
    if means is not None and means.kind in ("iqr", "rng"):
        parts[means.kind] = holder
    elif scope.interval_label or (scope.estimate is not None and not node.label):
        parts["ci"] = holder
        if scope.estimate is not None and not node.label:
            node.kind = "num"
            _join_chain(node, scope.estimate)
            return
    elif scope.median:
        parts["rng"] = holder
    elif (
        scope.document_header is not None
        and (m := scope.document_header.part("second")) is not None
        and m.kind in ("iqr", "rng")
    ):
        parts[m.kind] = holder
    else:
        parts["rng"] = holder
    node.kind = _kind_by_unit(node)


def _join_chain(node: Node, estimate: Node) -> None:
    """A bare number with an interval after an estimate is a further estimate of the same measure."""
    role = "est" if estimate.part("est") is not None else "measure"
    label = estimate.part(role)
    value = node.value
    if label is None or value is None or node.part("est") is not None:
        return
    if label.kind == "est_r" and not (0 <= value < 200 and (isinstance(value, float) or node.part("ci") is not None)):
        return
    node.parts = dict(node.parts or {})
    node.parts.setdefault("value", _copy(node))
    node.kind = estimate.kind
    node.rule = f"{node.rule or 'number'}>est.chain"
    node.parts[role] = label


def _copy(node: Node) -> Node:
    copy = Node(node.value_start, node.value_end, node.lower, node.kind)
    copy.value, copy.label = node.value, node.label
    return copy


def _whole(node: Node) -> bool:
    return isinstance(node.value, int)
