"""Groups that no allocation sentence names: the one treatment a news story is about, its placebo, a historical control.

find_arms reads groups from titles, allocation sentences and group names. Stories for lay readers often have none of these:
"the jab was 77% effective". Here the treatment that the text keeps naming becomes the experimental arm, a placebo or
other control that it names the comparator, and an earlier trial or cohort that results are set against the historical arm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from extractor.lexicon import Lexicon
from extractor.linking.arm_view import is_no_group, make_view
from extractor.linking.arms import ArmMention, ArmReading
from extractor.linking.story_treatments import find_kind, find_unknown
from extractor.reading.types import Reading
from extractor.records import Arm, ArmRole, Intervention, Mention, Span

__all__ = ["complete_arms"]

_TREATMENT_LABELS = frozenset({"drug", "procedure", "behaviour"})
_FEW, _MANY = 2, 6
_TOP = 3
_TITLE_WEIGHT = 4
_LEAST_WEIGHT = 3
_NO_CONTROL = re.compile(r"^(?:no|without)\b", re.IGNORECASE)
_DENIED = re.compile(r"^(?:no|without) (?:[\w-]+ ){0,2}(?:controls?|comparators?|comparison|placebo)\b", re.IGNORECASE)
_DENIED_BEFORE = re.compile(r"\b(?:no|without|nor|lack(?:ed|s|ing)?(?: of)?|absence of|did not (?:have|include)|had no) (?:an? |any )?(?:[\w-]+ )?$", re.IGNORECASE)
_ONLY_KIND = re.compile(
    r"(?:the )?(?:active |study |real |new )?(?:drug|vaccine|treatment|intervention|medication|medicine|pill|jab|shot|antibody|injection|tablet|active)(?: (?:group|arm|recipients))?",
    re.IGNORECASE,
)
_GOT = re.compile(r"\b(?:received|receive|given|got|treated with|took|infused with)\b(?: [\w,-]+){0,4}?:? (?:an? |the )?$", re.IGNORECASE)
_TRIPLET = re.compile(r"\bthe (?:triplet|quadruplet|three-drug \w+|four-drug \w+|triple therapy)\b", re.IGNORECASE)
_DOUBLET = re.compile(r"\bthe (?:doublet|two-drug \w+|dual therapy)\b", re.IGNORECASE)
_GROUP_BEHIND = re.compile(r" (?:group|arm|recipients)\b", re.IGNORECASE)
_GROUP_WORD = re.compile(r"\b(?:groups?|arms?|cohorts?|patients|people|recipients)\b", re.IGNORECASE)
_ENDING = re.compile(r"(?:ing|ation|ion|e|ed|er|s)$")
_SHORTEST_STEM = 4
_NO_STEMS = frozenset({"treat", "control", "activ", "stand", "usual", "test", "real", "receiv"})
_PEOPLE = r"(?:patients|people|participants|children|babies|infants|newborns|women|men|workers|adults|pupils|schools)"
_RESUMED = re.compile(r"\b(?:back|return\w*|resum\w+|went back|able) (?:to )?(?:their |his |her )?$", re.IGNORECASE)
_UNTREATED = re.compile(
    r"\b(?:un(?:vaccinated|treated|immuni[sz]ed|inoculated) (?:people|persons?|patients|participants|children|adults|infants|babies|women|men|controls)"
    r"|(?<=\bin )the (?:rest|others|remainder|other (?:schools|villages|clinics|hospitals|homes|towns|group|half|arm)))\b",
    re.IGNORECASE,
)
_BACK_REFERENCE = re.compile(
    r"\b(?:the|this) (?:new |experimental |active |real |actual |investigational |study )?(?:drug|vaccine|jab|shot|antibody|pills?|medicine|"
    r"injections?|combination|infusion|regimen|gene therapy|device|operation|therapy|treatment)(?: (?:group|arm|recipients))?\b"
    r"(?! (?:trial|study|period|of choice|was compared|effect))|\b(?:active drug|active treatment|vaccinees|vaccine recipients|vaccinated (?:people|persons?|participants))\b",
    re.IGNORECASE,
)
_HISTORICAL = re.compile(
    r"\b(?:historical (?:controls?|cohort|comparison|series|data)|(?:the )?controls? from the earlier trial|natural[- ]history (?:cohort|study|data|controls?)|"
    r"external controls?|(?:untreated|matched|comparable) (?:children|patients|people|adults|boys|girls|controls?)(?: in (?:an?|the) registry)?|in the registry)\b",
    re.IGNORECASE,
)
_GERUND = re.compile(r"^(?:adding|giving|taking|using|combining|starting|offering|treating with)\b", re.IGNORECASE)
_COMBINED = re.compile(
    r"^\W{0,3}(?:\([^)]{1,30}\) ?)?(?:with|plus|and|added to|to|on top of|in combination with) (?:the |an? )?$",
    re.IGNORECASE,
)
_TRIAL_OF = re.compile(r"^ (?:in|of|from) (?:the |an? )?(?:[a-z]+ ){0,2}$")
_VAGUE_CONTROLS = frozenset({"observation", "no treatment", "waiting list", "no intervention"})
"""Controls whose names are also plain words ("years of observation")."""
_NOT_A_GROUP = re.compile(r"\s*-?\s*(?:chemotherapy|backbone|regimen|protocol|scheme)\b", re.IGNORECASE)
_SET_AGAINST = re.compile(r"\b(?:than|compared|versus|vs|against|opposed|relative|whereas|while|in)\b", re.IGNORECASE)


def complete_arms(
    reading: Reading,
    lexicon: Lexicon,
    arms: ArmReading,
    background: Sequence[tuple[Span | None, Sequence[tuple[int, int]]]],
) -> ArmReading:
    """Return ``arms`` with the groups that the text implies, and without those that it denies.

    Args:
        reading: what was read. lexicon: knows which treatments are controls. arms: what find_arms returned.
        background: for each cited trial its acronym (or None) and the stretches that speak of it.
    """
    kept = _without_denied(arms)
    scopes = [scope for _, places in background for scope in places]
    made = _Completion(reading, lexicon, kept, scopes)
    made.merge_called_by_kind()
    made.replace_late_single()
    made.add_main_treatments()
    made.add_control()
    made.add_historical([acronym for acronym, _ in background if acronym is not None])
    made.add_back_references()
    made.add_drug_given()
    made.add_bare_names()
    made.add_derived_names()
    made.name_by_treatment()
    made.add_combined()
    made.name_historical([acronym for acronym, _ in background if acronym is not None])
    return made.result()


def _without_denied(arms: ArmReading) -> ArmReading:
    """Drop "no concurrent control", and groups named in passing beside two that the text keeps naming."""
    counts = Counter(i for m in arms.mentions for i in m.arm_ids)
    ranked = sorted((counts[a.id] for a in arms.arms), reverse=True)
    dropped = {
        a.id
        for a in arms.arms
        if a.label is not None
        and (
            _DENIED.match(a.label.text)
            or (len(ranked) > 2 and ranked[1] >= _MANY and counts[a.id] <= _FEW and a.size is None)
        )
    }
    if not dropped:
        return arms
    mentions = [
        msgspec.structs.replace(m, arm_ids=tuple(i for i in m.arm_ids if i not in dropped)) for m in arms.mentions
    ]
    kept = [a for a in arms.arms if a.id not in dropped]
    if len(kept) > 1 and all(a.role == "experimental" for a in kept):
        # the comparator was none: of those named side by side the last is what the others are compared with
        kept[-1] = msgspec.structs.replace(kept[-1], role="comparator")
    return ArmReading(arms=tuple(kept), mentions=tuple(m for m in mentions if m.arm_ids))


def _intervention(mention: Mention) -> Intervention:
    return Intervention(
        text=mention.text,
        start=mention.start,
        end=mention.end,
        label=mention.label,
        concept=mention.concept,
        id=mention.id,
    )


def _names_group(reading: Reading, mention: Mention) -> bool:
    """Whether a mention of a control is no "control" of something else, as in "pain control"."""
    if mention.text.lower() != "control":
        return True
    view = make_view(reading)
    return not any(t.start == mention.start and is_no_group(view, i) for i, t in enumerate(view.tokens))


class _Completion:
    """The groups under way."""

    def __init__(self, reading: Reading, lexicon: Lexicon, arms: ArmReading, scopes: Sequence[tuple[int, int]]) -> None:
        self.reading = reading
        self.lexicon = lexicon
        self.arms = list(arms.arms)
        self.mentions = list(arms.mentions)
        self.scopes = scopes
        known = [m for m in reading.mentions if m.label in _TREATMENT_LABELS]
        unlisted = find_unknown(reading)
        self.introduced = {m.concept for m in unlisted}
        self.treatments = sorted([*known, *unlisted], key=lambda m: (m.start, m.end))

    def result(self) -> ArmReading:
        return ArmReading(arms=tuple(self.arms), mentions=tuple(sorted(self.mentions, key=lambda m: (m.start, m.end))))

    def _has(self, role: ArmRole) -> bool:
        return any(a.role == role for a in self.arms)

    def _new_id(self) -> str:
        numbers = [int(a.id[1:]) for a in self.arms if a.id[1:].isdigit()]
        return f"a{max(numbers, default=0) + 1}"

    def _free(self, start: int, end: int) -> bool:
        return not any(m.start < end and start < m.end for m in self.mentions)

    def _add(
        self, role: ArmRole, label: Span, interventions: Sequence[Mention], places: Sequence[Span], rule: str
    ) -> None:
        arm_id = self._new_id()
        given = tuple(_intervention(m) for m in interventions)
        self.arms.append(
            Arm(
                id=arm_id, role=role, label=Span(text=label.text, start=label.start, end=label.end), interventions=given
            )
        )
        for place in places:
            if self._free(place.start, place.end):
                self.mentions.append(ArmMention(start=place.start, end=place.end, arm_ids=(arm_id,), rule=rule))

    def _weights(self) -> dict[str, float]:
        """How much the text is about each treatment: its namings outside cited trials, more in the title and at the top."""
        title = (self.reading.title or "").lower()
        top = self.reading.sentences[min(1, len(self.reading.sentences) - 1)][1] if self.reading.sentences else 0
        weights: Counter[str] = Counter()
        for m in self.treatments:
            concept = m.concept or m.text.lower()
            if self.lexicon.is_control(m.concept) or any(s <= m.start < e for s, e in self.scopes):
                continue
            weights[concept] += 2 if m.start < top else 1
        for concept in weights:
            names = {m.text.lower() for m in self.treatments if (m.concept or m.text.lower()) == concept}
            if any(re.search(rf"\b{re.escape(n)}\b", title) for n in names | {concept.lower()}):
                weights[concept] += _TITLE_WEIGHT
        return dict(weights)

    def merge_called_by_kind(self) -> None:
        """Join "the drug group" of a story to the one tested group that has a name."""
        if self.reading.kind not in ("news", "press_release"):
            return
        tested = [a for a in self.arms if a.role == "experimental" and a.label is not None]
        named = [a for a in tested if a.label is not None and not _ONLY_KIND.fullmatch(a.label.text)]
        if len(named) != 1 or len(named) == len(tested):
            return
        called = {a.id for a in tested if a is not named[0]}
        self.arms = [a for a in self.arms if a.id not in called]
        self.mentions = [
            msgspec.structs.replace(
                m, arm_ids=tuple(dict.fromkeys(named[0].id if i in called else i for i in m.arm_ids))
            )
            for m in self.mentions
        ]

    def replace_late_single(self) -> None:
        """Take the kind of treatment that a headline names ("Experimental pill") for the one group, where that was found only
        in a treatment spoken of later ("in this disease, chemotherapy works in few")."""
        if len(self.arms) != 1 or len(self.reading.sentences) < _TOP:
            return
        kept = self.arms, self.mentions
        if any(m.start < self.reading.sentences[_TOP - 1][0] for m in self.mentions):
            return
        self.arms, self.mentions = [], []
        if not self._add_kind(self.reading.sentences[0][1]):
            self.arms, self.mentions = kept

    def add_main_treatments(self) -> None:
        """Give a text without an experimental arm the treatment that it is about."""
        known = {i.concept for a in self.arms for i in a.interventions}
        if self._has("experimental"):
            return
        weights = {c: w for c, w in self._weights().items() if c not in known and w >= _LEAST_WEIGHT}
        if not weights:
            self._add_kind()
            return
        title = max((s.end for s in self.reading.sections if s.label == "title"), default=self.reading.sentences[0][1])
        first = {c: min(m.start for m in self.treatments if (m.concept or m.text.lower()) == c) for c in weights}
        best = max(weights, key=lambda c: (weights[c], -first[c]))
        if min(first.values()) > title and best not in self.introduced and self._add_kind(title):
            return
        named = [m for m in self.treatments if (m.concept or m.text.lower()) == best]
        self._add("experimental", named[0], [named[0]], named, "arm.main_treatment")

    def _add_kind(self, before: int | None = None) -> bool:
        """Give a story without any named treatment the kind of treatment that it tells of at its top, or before a place."""
        if self.reading.kind not in ("news", "press_release") or not any(f.kind != "number" for f in self.reading.figures):
            return False
        kind = find_kind(self.reading, [(m.start, m.end) for m in self.mentions])
        if kind is None or (before is not None and kind.start >= before):
            return False
        head = kind.text.split(" ")[-1].removesuffix("s")
        users = rf"(?<![\w-])(?:the {re.escape(head)}(?! (?:company|maker))|{re.escape(head)} (?:users?|group|arm|recipients))\b"
        again = [Span(text=m.group(), start=m.start(), end=m.end()) for m in re.finditer(users, self.reading.text, re.IGNORECASE)]
        self._add("experimental", kind, [], [kind, *again], "arm.kind")
        return True

    def add_control(self) -> None:
        """Add the control that the text names, where no comparator was found."""
        if self._has("comparator"):
            return
        named = [
            m
            for m in self.treatments
            if self.lexicon.is_control(m.concept) and m.concept not in _VAGUE_CONTROLS and not _NO_CONTROL.match(m.text)
        ]
        named = [m for m in named if not any(s <= m.start < e for s, e in self.scopes) and self._free(m.start, m.end)]
        named = [m for m in named if _names_group(self.reading, m)]
        named = [m for m in named if not _RESUMED.search(self.reading.text[max(0, m.start - 30) : m.start])]
        named = [m for m in named if not _DENIED_BEFORE.search(self.reading.text[max(0, m.start - 40) : m.start])]
        if named:
            self._add("comparator", named[0], [named[0]], named, "arm.named_control")

    def add_drug_given(self) -> None:
        """Give the one group of a trial the drug that the text says it got, where its name tells of none ("cells", "the infusion")."""
        tested = [i for i, a in enumerate(self.arms) if a.role != "historical"]
        if len(tested) != 1:
            return
        arm, text = self.arms[tested[0]], self.reading.text
        own = {i.concept for i in arm.interventions}
        if any(m.concept in own and _GOT.search(text[max(0, m.start - 60) : m.start]) for m in self.treatments):
            return
        for m in self.treatments:
            if m.label != "drug" or self.lexicon.is_control(m.concept) or self._is_cited(m.start):
                continue
            if _GOT.search(text[max(0, m.start - 60) : m.start]) and self._free(m.start, m.end):
                self.arms[tested[0]] = msgspec.structs.replace(arm, interventions=(*arm.interventions, _intervention(m)))
                self.mentions += [
                    ArmMention(start=t.start, end=t.end, arm_ids=(arm.id,), rule="arm.drug_given")
                    for t in self.treatments
                    if t.concept == m.concept and self._free(t.start, t.end) and not self._is_cited(t.start)
                ]
                return

    def add_bare_names(self) -> None:
        """Let the treatment of a group name it wherever a story names it ("between the high dose and placebo"), and "unvaccinated
        children" or "in the rest" the one control."""
        if self.reading.kind not in ("news", "press_release"):
            return
        text, owners = self.reading.text, self._owners()
        for m in self.treatments:
            arm_ids = owners.get(m.concept or m.text.lower(), set())
            after = text[m.end : m.end + 1]
            if len(arm_ids) != 1 or "" in arm_ids or after == "-" or not self._free(m.start, m.end) or self._is_cited(m.start):
                continue
            group = _GROUP_BEHIND.match(text, m.end)
            end = group.end() if group is not None else m.end
            self.mentions.append(ArmMention(start=m.start, end=end, arm_ids=tuple(arm_ids), rule="arm.bare_name"))
        controls = [a for a in self.arms if a.role == "comparator"]
        if len(controls) != 1:
            return
        for found in _UNTREATED.finditer(text):
            if self._free(*found.span()) and not self._is_cited(found.start()):
                self.mentions.append(
                    ArmMention(start=found.start(), end=found.end(), arm_ids=(controls[0].id,), rule="arm.untreated")
                )

    def add_derived_names(self) -> None:
        """Let "exercisers", "the cooled babies" or "stenting" name the group called by the word they come from."""
        if self.reading.kind not in ("news", "press_release"):
            return
        stems: dict[str, set[str]] = {}
        for arm in self.arms:
            words = re.findall(r"[a-z]{5,}", _GROUP_WORD.sub("", arm.label.text.lower())) if arm.label is not None else []
            if words:
                stems.setdefault(_ENDING.sub("", words[-1]), set()).add(arm.id)
        for stem, ids in stems.items():
            if len(stem) < _SHORTEST_STEM or len(ids) != 1 or stem in _NO_STEMS:
                continue
            named = rf"(?<![\w-])(?:(?:the )?{stem}(?:ers|ing)|the {stem}ed|{stem}ed(?= {_PEOPLE}))(?: (?:{_PEOPLE}|group|arm))?(?!\w)"
            for m in re.finditer(named, self.reading.text, re.IGNORECASE):
                if self._free(*m.span()) and not self._is_cited(m.start()):
                    self.mentions.append(
                        ArmMention(start=m.start(), end=m.end(), arm_ids=tuple(ids), rule="arm.derived_name")
                    )

    def _owners(self) -> dict[str, set[str]]:
        """The groups that get each treatment, of those that get only one."""
        owners: dict[str, set[str]] = {}
        for arm in self.arms:
            for given in arm.interventions:
                key = given.concept or given.text.lower()
                owners.setdefault(key, set()).add(arm.id if len(arm.interventions) == 1 else "")
        return owners

    def _is_cited(self, place: int) -> bool:
        return any(s <= place < e for s, e in self.scopes)

    def add_historical(self, acronyms: Sequence[Span]) -> None:
        """Add the earlier trial or cohort that results are set against."""
        text = self.reading.text
        for i, arm in enumerate(self.arms):
            if arm.role == "comparator" and arm.label is not None and _HISTORICAL.search(arm.label.text):
                self.arms[i] = msgspec.structs.replace(arm, role="historical")
        if self._has("comparator"):
            return
        places = [Span(text=m.group(), start=m.start(), end=m.end()) for m in _HISTORICAL.finditer(text)]
        for acronym in acronyms:
            for m in re.finditer(rf"(?<!\w){re.escape(acronym.text)}(?!\w)", text):
                if not _NOT_A_GROUP.match(text, m.end()) and _SET_AGAINST.search(
                    text[max(0, m.start() - 120) : m.start()]
                ):
                    places.append(Span(text=m.group(), start=m.start(), end=m.end()))
        places.sort(key=lambda p: p.start)
        earlier = next((a.id for a in self.arms if a.role == "historical"), None)
        if earlier is not None:
            self.mentions += [
                ArmMention(start=p.start, end=p.end, arm_ids=(earlier,), rule="arm.historical")
                for p in places
                if self._free(p.start, p.end)
            ]
        elif places:
            self._add("historical", places[0], [], places, "arm.historical")

    def add_combined(self) -> None:
        """Give the arm of a trial without concurrent control what its treatment is combined with."""
        experimental = [i for i, a in enumerate(self.arms) if a.role == "experimental"]
        if len(experimental) != 1 or self._has("comparator"):
            return
        arm = self.arms[experimental[0]]
        known = {i.concept or i.text.lower() for i in arm.interventions}
        added: list[Intervention] = []
        ordered = sorted(self.treatments, key=lambda m: m.start)
        for left, right in pairwise(ordered):
            joined = _COMBINED.match(self.reading.text[left.end : right.start]) if left.end <= right.start else None
            concept = right.concept or right.text.lower()
            if joined is None or (left.concept or left.text.lower()) not in known or concept in known:
                continue
            if self.lexicon.is_control(right.concept) or any(s <= right.start < e for s, e in self.scopes):
                continue
            known.add(concept)
            added.append(_intervention(right))
        if added:
            self.arms[experimental[0]] = msgspec.structs.replace(arm, interventions=(*arm.interventions, *added))

    def name_historical(self, acronyms: Sequence[Span]) -> None:
        """Let the label of a historical arm say which trial it was: "protocol alone in the original X trial"."""
        for i, arm in enumerate(self.arms):
            if arm.role != "historical" or arm.label is None:
                continue
            for acronym in acronyms:
                at = self.reading.text.find(acronym.text, arm.label.end)
                if 0 <= at - arm.label.end <= 50 and _TRIAL_OF.match(self.reading.text[arm.label.end : at]):
                    end = at + len(acronym.text)
                    label = Span(text=self.reading.text[arm.label.start : end], start=arm.label.start, end=end)
                    self.arms[i] = msgspec.structs.replace(arm, label=label)
                    break

    def name_by_treatment(self) -> None:
        """Name arms by their treatment: not "Adding X", and in a news story no phrase of the headline."""
        self._name_after_headline()
        for i, arm in enumerate(self.arms):
            if arm.label is not None and _GERUND.match(arm.label.text):
                inside = [t for t in self.treatments if arm.label.start < t.start and t.end <= arm.label.end]
                if inside:
                    start, end = inside[0].start, arm.label.end
                    label = Span(text=self.reading.text[start:end], start=start, end=end)
                    self.arms[i] = msgspec.structs.replace(arm, label=label)

    def _name_after_headline(self) -> None:
        story = self.reading.kind in ("news", "press_release")
        title_end = max((s.end for s in self.reading.sections if s.label == "title"), default=0)
        for i, arm in enumerate(self.arms):
            if arm.label is None or arm.label.start >= title_end:
                continue
            label = arm.label
            if not story and any(label.start < t.end and t.start < label.end for t in self.treatments):
                continue
            own = [m for m in self.mentions if m.arm_ids == (arm.id,) and m.start >= title_end]
            named = [m for m in own if any(m.start <= t.start and t.end <= m.end for t in self.treatments)]
            if named:
                place = named[0]
                text = self.reading.text[place.start : place.end]
                self.arms[i] = msgspec.structs.replace(arm, label=Span(text=text, start=place.start, end=place.end))

    def add_back_references(self) -> None:
        """Let "the drug", "the jab", "active treatment" name the one experimental arm of a news story."""
        experimental = [a for a in self.arms if a.role == "experimental"]
        if len(experimental) != 1 or self.reading.kind not in ("news", "press_release"):
            return
        for m in _BACK_REFERENCE.finditer(self.reading.text):
            if self._free(m.start(), m.end()) and not any(s <= m.start() < e for s, e in self.scopes):
                self.mentions.append(
                    ArmMention(start=m.start(), end=m.end(), arm_ids=(experimental[0].id,), rule="arm.back_reference")
                )
        controls = [a for a in self.arms if a.role == "comparator"]
        larger, smaller = list(_TRIPLET.finditer(self.reading.text)), list(_DOUBLET.finditer(self.reading.text))
        if len(controls) == 1 and larger and smaller:
            for places, arm in ((larger, experimental[0]), (smaller, controls[0])):
                self.mentions += [
                    ArmMention(start=m.start(), end=m.end(), arm_ids=(arm.id,), rule="arm.back_reference")
                    for m in places
                    if self._free(*m.span()) and not self._is_cited(m.start())
                ]
