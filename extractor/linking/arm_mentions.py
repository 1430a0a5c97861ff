"""Every place that names a group, once the groups are known."""

from __future__ import annotations

from extractor.linking.arm_choice import Chooser
from extractor.linking.arm_names import Draft, content_of_text
from extractor.linking.arm_naming import Naming
from extractor.linking.arm_types import ArmMention
from extractor.linking.arm_view import View, is_no_group, roles

__all__ = ["Found", "find_mentions", "to_mentions"]

_TWO = 2
Found = tuple[int, int, tuple[str, ...], str]


def find_mentions(
    view: View, namings: list[Naming], drafts: list[Draft], chooser: Chooser, ids: dict[int, str]
) -> list[Found]:
    """Return the places that name the arms ``drafts``, longer ones before those inside them, in the order of the text.

    Args:
        view: the text. namings: what the frames found. drafts: the arms. chooser: maps names to arms.
        ids: id(draft) -> id of the arm.

    Returns:
        (first token, stop token, arm ids, rule) of each.
    """
    found: list[Found] = []
    for draft in drafts:
        for naming in draft.namings:
            found.append((naming.first, naming.stop, (ids[id(draft)],), naming.frame))
            if naming.alias is not None and naming.frame == "letter":
                found.append((*naming.alias, (ids[id(draft)],), "definition"))
    every = tuple(ids[id(d)] for d in drafts)
    if every:
        for whole in (n for n in namings if n.whole):
            two = _both(view, whole, drafts, ids)
            found.append((whole.first, whole.stop, two or every, "both-of" if two else "all"))
    # what historical controls got is the backbone of everybody's treatment: only their own namings speak of them
    present = [d for d in drafts if not d.historical]
    found.extend(_by_name(view, present, chooser, ids))
    found.extend(_by_term(view, present, chooser, ids))
    found.extend(_controls(view, drafts, ids))
    return _longest(view, found)


def _both(view: View, naming: Naming, drafts: list[Draft], ids: dict[int, str]) -> tuple[str, ...]:
    """Return the two arms that "both schedules of A" names beside a third arm; none where it may be any two."""
    if len(drafts) <= _TWO or view.lows[naming.first] not in ("both", "two"):
        return ()
    of = view.lows[naming.stop : naming.stop + 1] == ["of"]
    name = content_of_text(" ".join(view.lows[naming.stop + 1 : naming.stop + 2])) if of else frozenset[str]()
    two = [ids[id(d)] for d in drafts if name and name <= d.words()]
    return tuple(two) if len(two) == _TWO else ()


def _longest(view: View, found: list[Found]) -> list[Found]:
    taken = [False] * len(view.tokens)
    kept: list[Found] = []
    lows = view.lows
    found = [
        f for f in found if lows[f[1] : f[1] + 1] != ["controlled"] and lows[f[1] : f[1] + 2] != ["-", "controlled"]
    ]
    for item in sorted(found, key=lambda f: (f[0] - f[1], f[0])):
        if any(taken[item[0] : item[1]]):
            continue
        for i in range(item[0], item[1]):
            taken[i] = True
        kept.append(item)
    kept.sort()
    return kept


def to_mentions(view: View, found: list[Found]) -> tuple[ArmMention, ...]:
    """Return the mentions with their places in the text."""
    spans = [view.span(first, stop) for first, stop, _, _ in found]
    return tuple(
        ArmMention(start=start, end=end, arm_ids=arm_ids, rule=rule)
        for (start, end), (_, _, arm_ids, rule) in zip(spans, found, strict=True)
    )


def _by_name(view: View, drafts: list[Draft], chooser: Chooser, ids: dict[int, str]) -> list[Found]:
    """The names of the arms wherever they stand."""
    r = roles()
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    seen: set[tuple[str, ...]] = set()
    for draft in drafts:
        for naming in draft.namings:
            first, stop = naming.core
            words = tuple(view.lows[first:stop])
            if words in seen or naming.frame in ("letter", "ordinal") or chooser.is_generic(naming):
                continue
            if stop - first == 1 and not _telling(view, first):
                continue
            seen.add(words)
            table.setdefault(words[0], []).append((words, ids[id(draft)]))
    for short, words_of in chooser.expanded.items():
        hit = chooser.match_key(words_of, drafts)
        if hit is not None:
            pieces = tuple(t for t in _pieces(short))
            if pieces and pieces not in seen:
                seen.add(pieces)
                table.setdefault(pieces[0], []).append((pieces, ids[id(hit)]))
    found: list[Found] = []
    lows = view.lows
    for i, low in enumerate(lows):
        for words, arm in table.get(low, ()):
            n = len(words)
            if (n == 1 or tuple(lows[i : i + n]) == words) and not is_no_group(view, i + n - 1) and not _absent(view, i):
                stop = i + n
                if stop < len(lows) and view.bits[stop] & r.arm_group and not lows[stop].endswith("s"):
                    stop += 1
                found.append((i, stop, (arm,), "name"))
    return found


def _absent(view: View, i: int) -> bool:
    """Whether the name is told as what a group did not get: "the control group (no A)"."""
    return i > 1 and view.lows[i - 1] in ("no", "without") and view.lows[i - 2] in ("(", "[")


def _telling(view: View, i: int) -> bool:
    """Whether one word alone is a name: a known intervention, a capital short form, or no everyday word."""
    r = roles()
    token = view.tokens[i]
    printed = view.text[token.start : token.end]
    if view.drug[i] or (printed.isupper() and len(printed) > 1):
        return True
    return len(printed) > 3 and not view.bits[i] & (r.generic | r.notarm | r.breaks) and token.figure is None


def _pieces(short: str) -> list[str]:
    from extractor.reading.scan import scan_words

    return [w.lower for w in scan_words(short)]


def _by_term(view: View, drafts: list[Draft], chooser: Chooser, ids: dict[int, str]) -> list[Found]:
    """Mentions of known interventions that belong to one arm."""
    found: list[Found] = []
    cache: dict[str, Draft | None] = {}
    t = 0
    for mention in view.reading.mentions:
        if mention.label not in ("drug", "procedure", "behaviour"):
            continue
        name = mention.concept or mention.text
        if name not in cache:
            keys = content_of_text(mention.text) | (
                content_of_text(mention.concept) if mention.concept else frozenset()
            )
            hit = chooser.match_key(content_of_text(mention.text), drafts)
            if hit is None and mention.concept and not chooser.short_text:
                hit = chooser.match_key(content_of_text(mention.concept), drafts)
            cache[name] = hit if keys else None
        draft = cache[name]
        if draft is None:
            continue
        while t > 0 and view.tokens[t].start > mention.start:
            t -= 1
        while t < len(view.tokens) and view.tokens[t].end <= mention.start:
            t += 1
        first = t
        stop = first
        while stop < len(view.tokens) and view.tokens[stop].start < mention.end:
            stop += 1
        if stop > first and view.tokens[first].start >= mention.start and not is_no_group(view, stop - 1):
            found.append((first, stop, (ids[id(draft)],), "term"))
    return found


def _controls(view: View, drafts: list[Draft], ids: dict[int, str]) -> list[Found]:
    """ "controls", "the control": the one control arm."""
    controls = [d for d in drafts if d.control]
    named = [d for d in controls if any("control" in k for k in d.keys)] or controls
    if len(named) != 1:
        return []
    arm = ids[id(named[0])]
    found: list[Found] = []
    for i, low in enumerate(view.lows):
        if low == "controls" or (
            low == "control"
            and i > 0
            and i + 1 < len(view.lows)
            and (view.lows[i + 1] in (",", ".", ";", ")", "and", "versus", "vs") or view.bits[i + 1] & roles().people)
            and not is_no_group(view, i)
            and (view.lows[i - 1] in ("in", "the", "versus", "vs", "with", "and", "than", "(", "to", "or", "."))
        ):
            found.append((i, i + 1, (arm,), "controls"))
    return found
