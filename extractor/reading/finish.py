"""From the reader's working nodes to the plain Token and Figure values that linking sees."""

from __future__ import annotations

import re
from typing import Literal, cast

from extractor.reading.nodes import Node
from extractor.reading.types import Figure, Token
from extractor.records import ConfidenceInterval, Dispersion, Number, PValue

__all__ = ["to_tokens"]

_KINDS = {
    "percent": "percent", "prange": "percent", "fraction": "fraction", "quantity": "quantity",
    "qrange": "quantity", "vsd": "quantity", "num": "number", "pair": "number", "pair_range": "number", "zero": "number",
    "range": "range", "estimate": "estimate", "relative": "estimate", "fold": "estimate", "pvalue": "p_value",
    "pvalue_lost": "p_value_lost", "interval": "interval", "duration": "duration", "trange": "duration",
    "timepoint": "timepoint", "tadj": "timepoint", "followup": "followup", "nr": "not_reached", "dose": "dose", "age": "age", "date": "date",
    "year": "date", "threshold": "threshold", "gsize": "group_size", "name": "name", "design": "design", "grade": "grade",
    "ordinal_number": "ordinal", "allocation": "allocation", "dimension": "dimension", "statistic": "statistic",
    "sites": "sites", "enrolment": "enrolment", "iqrv": "dispersion", "rngv": "dispersion", "sdv": "dispersion",
    "sev": "dispersion", "fraction_unit": "quantity", "reference": "reference", "schedule": "schedule",
    "change": "change", "scale": "scale",
}  # fmt: skip


_PLAIN_KINDS = {
    "mark": "mark", "median": "median", "mean": "mean", "hdr": "hdr", "people": "people", "est_r": "estimate_label",
    "est_d": "estimate_label", "cil": "interval_label", "utime": "utime", "unit": "unit", "approx": "approx", "pword": "pword",
    "mod_lt": "mod_lt", "mod_le": "mod_le", "mod_gt": "mod_gt", "mod_ge": "mod_ge", "over": "mod_gt",
}  # fmt: skip
"""Kinds of what is no figure, for linking; any other is a "word"."""

_ALONE = {"interval": "ci", "iqrv": "iqr", "rngv": "rng", "sdv": "sd", "sev": "se"}
_WITHOUT_UNIT = frozenset({"not_reached", "name", "p_value", "reference"})
_MODIFIERS = frozenset({"approx", "mod_lt", "mod_le", "mod_gt", "mod_ge", "over"})
_MODIFIED = frozenset(
    {"percent", "fraction", "quantity", "number", "estimate", "duration", "group_size", "enrolment", "range"}
)


def to_tokens(nodes: list[Node], text: str) -> list[Token]:
    """Return the tokens of ``nodes`` without borders; figures carry their Figure, and the word before that qualifies it."""
    tokens: list[Token] = []
    modifier: str | None = None
    for node in nodes:
        kind = node.kind
        if kind == "border":
            modifier = None
            continue
        if kind in _KINDS:
            tokens.append(_to_token(node, text, modifier))
        else:
            plain = _PLAIN_KINDS.get(kind, "word")
            tokens.append(Token(start=node.start, end=node.end, lower=node.lower, kind=plain))
        modifier = node.lower if kind in _MODIFIERS else None
    return tokens


def _to_token(node: Node, text: str, modifier: str | None) -> Token:
    kind = _KINDS[node.kind]
    figure = _figure(node, kind, text, modifier if kind in _MODIFIED else None)
    return Token(start=node.start, end=node.end, lower=node.lower, kind=kind, figure=figure)


def _number(node: Node | None, text: str) -> Number | None:
    if node is None or node.value is None:
        return None
    return Number(
        text=text[node.value_start : node.value_end], start=node.value_start, end=node.value_end, value=node.value
    )


_POINT = re.compile(r"[.·](\d+)")
_COMMA = re.compile(r"(?:^|\D)(?:0,(\d+)|\d+,(\d{1,2}))(?!\d)")


def _decimals(printed: str) -> int:
    """Return the number of digits after the decimal sign; a comma before three digits marks thousands."""
    found = _POINT.search(printed) or _COMMA.search(printed)
    return 0 if found is None else len(next(digits for digits in found.groups() if digits is not None))


def _digits(node: Node, text: str) -> str:
    value = node.part("value") if node.parts else None
    while (
        value is not None
        and value is not node
        and value.parts
        and "value" in value.parts
        and value.parts["value"] is not value
    ):
        value = value.parts["value"]
    target = value or node
    return (
        text[target.value_start : target.value_end]
        if target.kind in ("num", "year", "zero")
        else text[node.value_start : node.value_end]
    )


def _figure(node: Node, kind: str, text: str, modifier: str | None) -> Figure:
    parts = node.parts or {}
    own = _own_role(node, parts)
    printed = _digits(node, text)
    estimate = parts.get("est")
    measure = estimate.label if estimate is not None else (parts["measure"].label if "measure" in parts else None)
    if node.kind == "fold":
        measure = "fold_change"
    if measure == "statistic":
        measure = None
    high = parts.get("high") if node.kind in ("prange", "qrange", "trange", "range", "fold") or "est" in parts else None
    value = node.value
    if "factor" in parts:
        value = int(parts["factor"].label)
    if "halved" in parts:
        value = 50
    return Figure(
        kind=kind, start=node.start, end=node.end, value_start=node.value_start, value_end=node.value_end,
        rule=node.rule or "number", value=value, high=high.value if high is not None else None, unit=(node.label or None) if kind not in _WITHOUT_UNIT else None,
        printed=printed, decimals=_decimals(printed), modifier=modifier,
        measure=measure, events=_number(parts.get("events"), text), total=_number(parts.get("total"), text),
        baseline=_number(parts.get("baseline"), text), dispersion=_dispersion(own), ci=_ci(own), p_value=_p(node),
    )  # fmt: skip


def _own_role(node: Node, parts: dict[str, Node]) -> dict[str, Node]:
    """Intervals and spreads that stand alone carry themselves."""
    role = _ALONE.get(node.kind)
    return parts if role is None else {role: node}


def _dispersion(parts: dict[str, Node]) -> Dispersion | None:
    for role in ("sd", "se"):
        holder = parts.get(role)
        inner = holder.part("value") if holder is not None else None
        if inner is not None:
            return Dispersion(
                kind="sd" if role == "sd" else "se", value=inner.value, span=(inner.value_start, inner.value_end)
            )
    for role in ("iqr", "rng"):
        holder = parts.get(role)
        low, high = (holder.part("low"), holder.part("high")) if holder is not None else (None, None)
        if holder is not None and low is not None and high is not None:
            return Dispersion(
                kind="iqr" if role == "iqr" else "range", low=low.value, high=high.value, span=(low.start, high.end),
                low_span=(low.value_start, low.value_end), high_span=(high.value_start, high.value_end),
            )  # fmt: skip
    return None


def _ci(parts: dict[str, Node]) -> ConfidenceInterval | None:
    holder = parts.get("ci")
    if holder is None:
        return None
    low, high = holder.part("low"), holder.part("high")
    if low is None or high is None:
        return None
    label = holder.part("cil")
    level = label.part("level") if label is not None else None
    stated = level.value if level is not None else None
    if stated is None and label is not None and label.label.isdigit():
        stated = int(label.label)
    return ConfidenceInterval(level=stated, low=low.value, high=high.value, span=(low.start, high.end))


def _p(node: Node) -> PValue | None:
    holder = node if node.kind == "pvalue" else node.part("p")
    if holder is None:
        return None
    value = holder.part("value")
    op = holder.part("op")
    if value is None or value.value is None:
        return None
    spelled = (holder.lower + " " + (k.lower if (k := holder.part("pkind")) else "")).replace("-", "").replace(" ", "")
    kind = next((k for k in ("interaction", "trend", "noninferiority") if k in spelled), "difference")
    if "heterogeneity" in spelled:
        kind = "interaction"
    sign = "=" if op is None else op.label or op.lower
    return PValue(
        op=cast(Literal["<", "=", ">", "<=", ">="], sign if sign in ("<", "=", ">", "<=", ">=") else "="),
        value=value.value, span=(holder.start, holder.end),
        kind=cast(Literal["difference", "interaction", "trend", "noninferiority"], kind),
    )  # fmt: skip
