"""Which trials a text speaks of: the one it reports, and earlier ones that it cites.

``find_trials`` returns a frame for each, the reported one first. The frame of a background trial carries the stretches
of text that tell of it, so that figures standing there are not taken for results of the reported trial.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from extractor.linking.acronyms import TrialName, find_trial_names
from extractor.linking.conditions import find_conditions, studied_conditions
from extractor.linking.conduct import Conduct, find_conduct
from extractor.linking.patterns import Rule, load_rules, pattern_set
from extractor.linking.population import find_population
from extractor.linking.registry_ids import find_registry_ids
from extractor.reading.scan import plain_of
from extractor.reading.types import Reading
from extractor.records import Coded, Design, Mention, Population, Span

if TYPE_CHECKING:
    from extractor.lexicon import Lexicon

__all__ = ["TrialFrame", "find_design", "find_phase", "find_trials"]

Scope = tuple[int, int]
_LATE_BAR, _ONCE_BAR = 3.0, 5.0
_LEAD_SENTENCES = 4
_ANAPHOR_REACH = 3
_CONTEXT = 400
_MOST_BACKGROUND = 12


class TrialFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A trial without its arms, outcomes and results.

    ``scopes``: the [start, end] stretches of text that speak of this trial; for the reported one all that speaks of no
    other. ``studied``: its conditions with those that an abstract states for the participants only.
    ``people``: every mention of the people studied.
    """

    role: Literal["reported", "background"]
    registry_ids: tuple[Coded, ...] = ()
    acronym: Span | None = None
    phase: Coded | None = None
    design: Design = Design()
    conditions: tuple[Mention, ...] = ()
    studied: tuple[Mention, ...] = ()
    population: Population = Population()
    conduct: Conduct = Conduct()
    people: tuple[Mention, ...] = ()
    scopes: tuple[Scope, ...] = ()


def find_trials(reading: Reading, lexicon: Lexicon) -> tuple[TrialFrame, ...]:
    """Return the trials that ``reading`` speaks of: first the reported one(s), then those cited.

    There is always one reported trial, without acronym where the text gives none. A pooled analysis, or a title that
    names two trials, gives further reported frames, which hold nothing but their name and ids. A cited trial without
    a name ("an earlier trial") has a frame too. ``lexicon`` is what ``reading`` was made with.
    """
    plain = plain_of(reading)
    names = find_trial_names(reading.text, reading.abbreviations)
    groups = _Groups(reading, plain, names)
    ids = _assign_ids(reading, plain, groups)
    background = _background_frames(reading, plain, groups, ids)
    own = tuple(_minus(reading.sentences, [scope for frame in background for scope in frame.scopes]))
    reported_keys = groups.reported
    first = reported_keys[0] if reported_keys else None
    conduct = find_conduct(reading, plain, own)
    who, people = find_population(reading, own)
    population = msgspec.structs.replace(who, screened=conduct.screened)
    main = TrialFrame(
        role="reported",
        registry_ids=ids.get(first, ()) if first is not None else ids.get("", ()),
        acronym=groups.best_span(first) if first is not None else None,
        phase=find_phase(reading.text, plain, own),
        design=find_design(plain, own),
        conditions=find_conditions(reading, population, own),
        studied=studied_conditions(reading, population, own),
        population=population,
        conduct=conduct,
        people=people,
        scopes=own,
    )
    others = [
        TrialFrame(role="reported", acronym=groups.best_span(key), registry_ids=ids.get(key, ()))
        for key in reported_keys[1:]
    ]
    return (main, *others, *background)


class _Groups:
    """The names of a text by trial, and which of these trials the text reports."""

    def __init__(self, reading: Reading, plain: str, names: tuple[TrialName, ...]) -> None:
        self.reading = reading
        self.plain = plain
        self.names: dict[str, list[TrialName]] = {}
        self._known_cues: dict[int, list[Rule]] = {}
        for name in names:
            self.names.setdefault(name.key, []).append(name)
        self.scores = {key: self._score(group) for key, group in self.names.items()}
        self.reported = self._choose()
        self.cited = frozenset(key for key in self.names if key not in self.reported and self._is_cited(key))

    def best_span(self, key: str) -> Span:
        """Return the first naming of the trial that is not part of a longer name."""
        return self.names[key][0].span

    def sentence_of(self, name: TrialName) -> Scope:
        return _sentence_at(self.reading.sentences, name.span.start)

    def is_regimen(self, name: TrialName) -> bool:
        """Tell whether the name stands for a treatment ("the Interfant-06 backbone") here."""
        return any(rule.field == "regimen" for rule in self._cues(name))

    def _is_cited(self, key: str) -> bool:
        """Tell whether the text cites the trial as another than the one it reports.

        A cue must say so; in news, a late mention beside a trial that title or lead name is enough.
        """
        group = self.names[key]
        if any(self.speaks_of_background(name) for name in group):
            return True
        strong = bool(self.reported) and self.scores[self.reported[0]] >= 6.0
        late = group[0].span.start >= self._lead_end()
        once = len(group) == 1 and group[0].span.start > len(self.reading.text) / 2
        bar = _ONCE_BAR if once else _LATE_BAR
        return self.reading.kind in ("news", "press_release") and strong and late and self.scores[key] < bar

    def _lead_end(self) -> int:
        sentences = self.reading.sentences
        return sentences[min(_LEAD_SENTENCES, len(sentences)) - 1][1] if sentences else 0

    def speaks_of_background(self, name: TrialName) -> bool:
        """Tell whether a cue beside the name says that it is another trial than the reported one."""
        return any(rule.field == "background" and rule.weight <= -2 for rule in self._cues(name))

    def _marked(self, name: TrialName) -> str:
        start, end = self.sentence_of(name)
        s, e = name.span.start, name.span.end
        start, end = max(start, s - _CONTEXT), min(end, e + _CONTEXT)
        return f"{self.plain[start:s]}‹{self.plain[s:e]}›{self.plain[e:end]}"

    def _cues(self, name: TrialName) -> list[Rule]:
        place = name.span.start
        if place not in self._known_cues:
            marked = self._marked(name)
            self._known_cues[place] = [r for r in load_rules("trial_cues.jsonl") if r.regex.search(marked)]
        return self._known_cues[place]

    def _score(self, group: list[TrialName]) -> float:
        score = 0.0
        title = self.reading.title or ""
        title_sections = [(s.start, s.end) for s in self.reading.sections if s.label == "title"]
        lead = self._lead_end()
        seen: set[str] = set()
        for name in group:
            for rule in self._cues(name):
                if rule.id not in seen:
                    seen.add(rule.id)
                    score += rule.weight
            if "lead" not in seen and name.span.start < lead and not self.is_regimen(name):
                seen.add("lead")
                score += 3.0
            in_title = name.span.text in title or any(s <= name.span.start < e for s, e in title_sections)
            if in_title and "title" not in seen and not self.is_regimen(name):
                seen.add("title")
                score += 5.0
        return score + min(len(group), 3) * 0.5

    def _choose(self) -> list[str]:
        good = sorted(
            (k for k, score in self.scores.items() if score >= 2.0),
            key=lambda k: (-self.scores[k], self.names[k][0].span.start),
        )
        if not good:
            # a text that names one trial only, without a sign that it is another one, reports it
            alone = [k for k in self.names if self.scores[k] >= 0.0 and not any(map(self.is_regimen, self.names[k]))]
            return alone if len(self.names) == 1 else []
        best = good[0]
        # a second trial is reported too only where the title or the lead names both alike
        partners = [k for k in good[1:] if self.scores[k] >= 5.5 and self._joined(best, k)]
        return sorted([best, *partners], key=lambda k: self.names[k][0].span.start)

    def _joined(self, one: str, other: str) -> bool:
        for a in self.names[one]:
            for b in self.names[other]:
                first, second = sorted((a.span, b.span), key=lambda s: s.start)
                between = self.plain[first.end : second.start]
                if len(between) < 40 and re.fullmatch(
                    r"(?: trials?| study| \([^()]*\))?,? ?(?:and|&|\+|/|or|,) ?(?:the )?(?:[a-z0-9-]+ ){0,2}", between
                ):
                    return True
        return False


def _sentence_at(sentences: tuple[Scope, ...], offset: int) -> Scope:
    i = bisect_right(sentences, offset, key=lambda sentence: sentence[0]) - 1
    return sentences[i] if i >= 0 and offset < sentences[i][1] else (offset, offset)


def _assign_ids(reading: Reading, plain: str, groups: _Groups) -> dict[str, tuple[Coded, ...]]:
    """Return the registry ids by trial key; the reported trial's stand under its key, or under "" without one."""
    own = groups.reported[0] if groups.reported else ""
    assigned: dict[str, list[Coded]] = {}
    for coded in find_registry_ids(reading.text, plain):
        start, _ = _sentence_at(reading.sentences, coded.start)
        before = [n for group in groups.names.values() for n in group if start <= n.span.start < coded.start]
        nearest = max(before, key=lambda n: n.span.start, default=None)
        key = own
        if nearest is not None and coded.start - nearest.span.end < 80:
            key = nearest.key
        same = assigned.setdefault(key, [])
        if coded.value not in {c.value for ids in assigned.values() for c in ids}:
            same.append(coded)
    return {key: tuple(ids) for key, ids in assigned.items() if ids}


def _background_frames(
    reading: Reading, plain: str, groups: _Groups, ids: dict[str, tuple[Coded, ...]]
) -> list[TrialFrame]:
    scopes: dict[str, list[Scope]] = {}
    last: tuple[str, int] | None = None
    rules = {rule.id: rule.regex for rule in load_rules("scopes.jsonl")}
    by_sentence: dict[Scope, list[TrialName]] = {}
    for group in groups.names.values():
        for name in group:
            by_sentence.setdefault(groups.sentence_of(name), []).append(name)
    for i, (start, end) in enumerate(reading.sentences):
        names = sorted(by_sentence.get((start, end), []), key=lambda n: n.span.start)
        cited = [n for n in names if n.key in groups.cited and not groups.is_regimen(n)]
        for name in cited:
            scope = _scope(plain, name, names, groups, (start, end), rules)
            scopes.setdefault(name.key, []).append(scope)
            last = (name.key, i)
        if cited:
            continue
        other = rules["another-trial"].search(plain, start, end)
        if other is not None and not names and not rules["current"].search(plain, start, end):
            key = f"?{start}"
            scopes[key] = [(_clause_start(plain, other.start(), (start, end), rules), end)]
            last = (key, i)
        elif last is not None and i - last[1] <= _ANAPHOR_REACH and rules["that-trial"].search(plain, start, end):
            scopes[last[0]].append((start, end))
            last = (last[0], i)
    keys = [k for k in groups.names if k not in groups.reported] + [k for k in scopes if k.startswith("?")]
    frames = [_background(reading, plain, groups, key, tuple(scopes.get(key, ())), ids.get(key, ())) for key in keys]
    return frames[:_MOST_BACKGROUND]


def _background(
    reading: Reading, plain: str, groups: _Groups, key: str, scopes: tuple[Scope, ...], ids: tuple[Coded, ...]
) -> TrialFrame:
    return TrialFrame(
        role="background",
        registry_ids=ids,
        acronym=groups.best_span(key) if key in groups.names else None,
        phase=find_phase(reading.text, plain, scopes),
        design=find_design(plain, scopes),
        scopes=tuple(dict.fromkeys(scopes)),
    )


def _scope(
    plain: str,
    name: TrialName,
    names: list[TrialName],
    groups: _Groups,
    sentence: Scope,
    rules: dict[str, re.Pattern[str]],
) -> Scope:
    """Return the part of the sentence that tells of the cited trial: all, unless it tells of the reported one too."""
    start, end = sentence
    before = plain[start : name.span.start]
    compared = re.search(r"\d", before) is not None and rules["compare"].search(before) is not None
    mixed = (
        compared
        or any(n.key in groups.reported for n in names)
        or rules["current"].search(plain, start, end) is not None
    )
    cited = [n for n in names if n.key in groups.cited]
    if mixed:
        start = _clause_start(plain, name.span.start, sentence, rules)
    elif len({n.key for n in cited}) > 1:
        # "ALMS (3.8%), ALLURE (4.7%) and BELONG (3.7%)": each has what stands up to the next name
        i = cited.index(name)
        start = name.span.start if i else start
        end = cited[i + 1].span.start if i + 1 < len(cited) else end
    return start, end


def _clause_start(plain: str, offset: int, sentence: Scope, rules: dict[str, re.Pattern[str]]) -> int:
    """Return where the comparison ("than in", "whereas") that leads to ``offset`` begins, else the sentence's start."""
    found = [m.start() for m in rules["compare"].finditer(plain, sentence[0], offset)]
    if found:
        return found[-1]
    return offset if rules["current"].search(plain, *sentence) else sentence[0]


def _minus(sentences: Iterable[Scope], taken: list[Scope]) -> list[Scope]:
    """Return the sentences without the stretches that ``taken`` covers."""
    rest: list[Scope] = []
    cuts = sorted(set(taken))
    first = 0
    for start, end in sentences:
        while first < len(cuts) and cuts[first][1] <= start:
            first += 1
        begin = start
        for s, e in cuts[first:]:
            if s >= end:
                break
            if s > begin:
                rest.append((begin, s))
            begin = max(begin, e)
        if begin < end:
            rest.append((begin, end))
    return rest


def find_phase(text: str, plain: str, scopes: tuple[Scope, ...]) -> Coded | None:
    """Return the first phase that the stretches ``scopes`` name, with its value ("2b" is "2", "I-II" is "1/2")."""
    best: Coded | None = None
    for start, end in scopes:
        if "phase" not in plain[start:end]:
            continue
        for rule in load_rules("phases.jsonl"):
            match = rule.regex.search(plain, start, end)
            if match is not None and rule.value is not None and (best is None or match.start() < best.start):
                s, e = match.span()
                best = Coded(text=text[s:e], start=s, end=e, value=rule.value)
        if best is not None:
            return best
    return None


def find_design(plain: str, scopes: tuple[Scope, ...]) -> Design:
    """Return the design as the stretches ``scopes`` state it; what they do not state is None."""
    found: set[str] = set()
    for scope, rule, regex in pattern_set("designs.jsonl").possible_in(plain, scopes):
        if rule.id not in found and regex.search(plain, *scope):
            found.add(rule.id)
    values: dict[str, str | bool] = {}
    for rule in load_rules("designs.jsonl"):
        if rule.id in found and rule.value is not None:
            values.setdefault(rule.field, rule.value if rule.value not in ("true", "false") else rule.value == "true")
    return msgspec.convert(values, Design)
