"""Which of the namings are groups of the trial: names are compared by content, the best list gives the arms."""

from __future__ import annotations

import re
from collections import Counter

from extractor.lexicon import Lexicon
from extractor.linking.arm_names import Draft, content
from extractor.linking.arm_naming import Naming
from extractor.linking.arm_view import View
from extractor.linking.arm_worth import NamingReader

__all__ = ["Chooser", "choose_arms"]

_AFTER_WORDS = frozenset({"after", "following", "undergoing", "receiving", "during", "taking", "before", "with"})
_BASE = {
    "allocation": 12.0, "versus": 3.0, "compared": 2.0, "compared-left": 2.0, "compare": 5.0, "between": 3.0, "either": 5.0,
    "receiving": 3.0, "receiving-or": 6.0, "receiving-and": 3.0, "letter": 6.0, "groups": 5.0, "coordinated": 3.0, "values": 2.0,
    "value": 1.0, "than": 1.0, "group": 4.0, "treated": 3.0, "recipients": 3.0, "sized": 4.0, "ordinal": 0.0, "all": 0.0,
    "subject": 1.0, "preposition": 0.5, "bracket": 2.0, "title-lead": 3.0, "title-of": 4.0, "title-with": 2.0, "title-later": 1.0, "compare-one": 2.0, "without": 3.0,
}  # fmt: skip
_SHORT_FORM = re.compile(r"[A-Z]{3,6}")
_ORDERS = ("abcdef", "123456", ("i", "ii", "iii", "iv"))
_TWICE = 2
_GROUP_FRAMES = frozenset({"group", "groups", "letter", "treated", "recipients"})
_WEAK_FRAMES = frozenset({"preposition", "subject", "compared-left"})
_UNSOUNDED = frozenset({"of", "the", "and", "with", "in", "for", "a", "an", "to"})


def _named(draft: Draft) -> list[Naming]:
    return draft.namings if draft.title is None else [draft.title, *draft.namings]


class Chooser(NamingReader):
    """Finds the arms among the namings of one text."""

    def __init__(self, view: View, namings: list[Naming], title_stop: int, lexicon: Lexicon) -> None:
        super().__init__(view, namings, title_stop, lexicon)
        self.title_best: Naming | None = None
        self.title_words = content(view, 0, title_stop, self.expanded)
        self.grouped = {
            self.key[id(n)]
            for n in namings
            if n.frame in ("group", "groups", "treated", "recipients", "sized") and not n.whole
        }

    # -- the seeds --------------------------------------------------------------------------------------------------

    def choose(self) -> list[Draft]:
        """Return the arms, in the order of the list that names them."""
        drafts = self._seed()
        self._settle(drafts)
        self._letter_in_order(drafts)
        self._merge_absence(drafts)
        self._title_pair(drafts)
        self._extra(drafts)
        self._title(drafts)
        self._settle(drafts)
        self._drop_contained(drafts)
        return self._without_weak(drafts) if self.short_text else drafts

    def _without_weak(self, drafts: list[Draft]) -> list[Draft]:
        """Leave out of a sentence alone what a preposition or a verb only makes likely, where two groups are named as such."""
        strong = [d for d in drafts if any(n.frame in _GROUP_FRAMES for n in d.namings)]
        if len(strong) < _TWICE:
            return drafts
        bits, group = self.view.bits, self.r.arm_group
        return [
            d for d in drafts
            if d in strong or d.control or any(n.frame not in _WEAK_FRAMES or bits[n.stop] & group for n in d.namings)
        ]  # fmt: skip

    def _drop_contained(self, drafts: list[Draft]) -> None:
        """Take away namings that stand inside a longer naming of another arm: "B" inside "A plus B"."""
        spans = [(n.core, d) for d in drafts for n in d.namings]
        for draft in drafts:
            kept = [
                n for n in draft.namings
                if not any(d is not draft and s[0] <= n.core[0] and n.core[1] <= s[1] and s != n.core for s, d in spans)
            ]  # fmt: skip
            if kept:
                draft.namings = kept

    def _seed(self) -> list[Draft]:
        rows: dict[int, list[Naming]] = {}
        for naming in self.namings:
            if naming.row >= 0 and not naming.whole:
                rows.setdefault(naming.row, []).append(naming)
        best: tuple[float, list[Naming]] = (0.0, [])
        for row in rows.values():
            row.sort(key=lambda n: n.first)
            items = self._distinct(row)
            if len(items) < 2:
                continue
            worths = [min(4.0, self.worth[id(n)]) for n in items]
            if min(worths) <= 0:
                items = [n for n, w in zip(items, worths, strict=True) if w > 0]
                if len(items) < 2:
                    continue
            score = (
                max(_BASE[n.frame] for n in row)
                + sum(min(4.0, self.worth[id(n)]) for n in items) / len(items)
                + (0.5 * (len(items) == 2))
            )
            if row[0].first < self.title_stop:
                score += 5.0
            elif row[0].frame != "allocation" and self._past_methods(row[0]):
                score -= 1.0
            score += 2.0 * sum(bool(self.key[id(n)] & self.title_words) for n in items) / len(items)
            score += 1.5 * any(self.key[id(n)] in self.grouped for n in items)
            if all(not self.key[id(n)] or self.is_generic(n) for n in items):
                score -= 3.0
            if score > best[0]:
                best = (score, items)
        drafts: list[Draft] = []
        if best[0] >= 4.0 or self.short_text:
            for order, naming in enumerate(best[1]):
                draft = Draft(order)
                self._join(draft, naming)
                drafts.append(draft)
        return drafts

    def _past_methods(self, naming: Naming) -> bool:
        return self.view.tokens[naming.first].start > 0.55 * len(self.view.text)

    def _distinct(self, row: list[Naming]) -> list[Naming]:
        seen: list[frozenset[str]] = []
        items = []
        for naming in row:
            key = self.key[id(naming)] or self._raw(naming)
            if key in seen:
                continue
            seen.append(key)
            items.append(naming)
        return items

    def _join(self, draft: Draft, naming: Naming) -> None:
        key = self.key.get(id(naming), frozenset())
        if naming.frame == "letter" or (
            naming.core[1] - naming.core[0] == 1 and len(self.view.lows[naming.core[0]]) == 1
        ):
            draft.letters.add(self.view.lows[naming.core[0]])
        elif self.is_generic(naming):
            if not draft.keys:
                draft.generic = True
        elif key and key not in draft.keys:
            draft.keys.append(key)
        if naming.alias is not None:
            draft.letters |= self._letters(naming.alias)
            alias = self._alias(naming.alias)
            if alias and alias not in draft.keys:
                draft.keys.append(alias)
            draft.control = draft.control or self._called_control(naming.alias)
        if draft.keys:
            draft.generic = False
        if self.is_control(naming):
            draft.control = True
        if naming not in draft.namings:
            draft.namings.append(naming)
        draft.support += _BASE[naming.frame]

    # -- mapping ----------------------------------------------------------------------------------------------------

    def _settle(self, drafts: list[Draft]) -> None:
        """Give every naming to the arm that it names."""
        taken = {id(n) for d in drafts for n in d.namings}
        for naming in self.namings:
            if naming.whole or id(naming) in taken:
                continue
            draft = self.match(naming, drafts)
            if draft is not None:
                self._join(draft, naming)

    def _merge_absence(self, drafts: list[Draft]) -> None:
        """ "Without B" beside "A plus B" and "A" is A."""
        for absent in [d for d in drafts if d.keys and all("no" in key for key in d.keys)]:
            if not all("without" in self.view.lows[slice(*n.core)] for n in absent.namings):
                continue
            lacking = absent.words() - {"no"}
            rest = [d for d in drafts if d is not absent]
            full = [key for d in rest for key in d.keys if lacking & key]
            bare = [d for d in rest for key in d.keys if any(key == whole - lacking for whole in full)]
            if lacking and len(bare) == 1:
                for naming in absent.namings:
                    self._join(bare[0], naming)
                drafts.remove(absent)

    def _letter_in_order(self, drafts: list[Draft]) -> None:
        """Where letters stand for the groups and none is explained, they follow the order in which the groups are listed."""
        letters = Counter(self.view.lows[n.core[0]] for n in self.namings if n.frame == "letter" and n.core[1] - n.core[0] == 1)
        orders = [order[: len(drafts)] for order in _ORDERS if letters[order[0]] >= _TWICE]
        if len(drafts) < _TWICE or len(orders) != 1 or any(d.letters for d in drafts):
            return
        known = {low for low in letters if any(low in order for order in _ORDERS)}
        if known != set(orders[0]) or min(letters[low] for low in orders[0]) < _TWICE:
            return
        for draft, low in zip(sorted(drafts, key=lambda d: min(n.first for n in d.namings)), orders[0], strict=True):
            draft.letters.add(low)
        self._settle(drafts)

    def match(self, naming: Naming, drafts: list[Draft]) -> Draft | None:
        """Return the arm that ``naming`` names, None where none or several do."""
        view = self.view
        if naming.frame == "letter":
            letter = view.lows[naming.core[0]]
            for draft in drafts:
                if letter in draft.letters:
                    return draft
            alias = self._alias(naming.alias) if naming.alias else frozenset()
            return self.match_key(alias, drafts) if alias else None
        if self.is_generic(naming):
            if naming.frame not in (
                "group",
                "groups",
                "coordinated",
                "allocation",
                "treated",
                "sized",
                "between",
                "versus",
                "compared",
                "than",
            ):
                return None
            experimental = [d for d in drafts if not d.control]
            return experimental[0] if len(experimental) == 1 else None
        key = self.key.get(id(naming), frozenset())
        found = self.match_key(key, drafts)
        if found is None:
            found = self._by_initials(naming, drafts)
        if found is not None:
            return found
        if self.is_control(naming):
            controls = [d for d in drafts if d.control]
            words = set(key)
            if len(controls) == 1 and (
                words & {"control", "placebo", "comparison", "comparator", "usual", "standard", "conventional"}
            ):
                own = controls[0].words()
                clash = (
                    {"placebo", "sham"} & words
                    and not {"placebo", "sham"} & own
                    and {"usual", "waiting", "waitlist"} & own
                )
                return None if clash else controls[0]
        return None

    def _by_initials(self, naming: Naming, drafts: list[Draft]) -> Draft | None:
        """Return the one arm whose name's first letters the short form ``naming`` is; None where none or two are."""
        view = self.view
        first, stop = naming.core
        printed = view.text[view.tokens[first].start : view.tokens[stop - 1].end]
        if stop - first != 1 or not _SHORT_FORM.fullmatch(printed) or printed in self.expanded:
            return None
        hits = [d for d in drafts if any(printed in self._initials(n) for n in _named(d))]
        return hits[0] if len(hits) == 1 else None

    def _initials(self, naming: Naming) -> str:
        lows = self.view.lows[slice(*naming.core)]
        return "".join(low[0] for low in lows if low[0].isalpha() and low not in _UNSOUNDED).upper()

    def match_key(self, key: frozenset[str], drafts: list[Draft]) -> Draft | None:
        """Return the one arm whose names fit ``key`` best; None where none or two do."""
        if not key:
            return None
        scored: list[tuple[float, int]] = []
        if self.short_text and any(key == own for draft in drafts for own in draft.keys):
            equal = [d for d in drafts if key in d.keys]
            return equal[0] if len(equal) == 1 else None
        for index, draft in enumerate(drafts):
            others: set[str] = set()
            for other in drafts:
                if other is not draft:
                    others |= other.words()
            score = 0.0
            for own in draft.keys:
                if ("no" in own) != ("no" in key):
                    continue
                if own == key:
                    score = max(score, 10.0)
                    continue
                shared = own & key
                if not shared:
                    continue
                telling = shared - others
                if key <= own:
                    score = max(score, 6.0 if telling else 1.0)
                elif own <= key:
                    # more is said than the name: another arm when the rest belongs to one
                    rest = (key - own) & others
                    score = max(
                        score, (0.5 if rest else 5.0) if telling or not others & key else (1.0 if rest else 2.0)
                    )
                elif (
                    telling
                    and not self.short_text
                    and len(shared) * 2 >= min(len(own), len(key))
                    and not (key - own) & others
                ):
                    score = max(score, 3.0)
            scored.append((score, index))
        scored.sort(reverse=True)
        if not scored or scored[0][0] < 2.0:
            return None
        if len(scored) > 1 and scored[1][0] == scored[0][0]:
            return None
        return drafts[scored[0][1]]

    # -- more arms --------------------------------------------------------------------------------------------------

    def _extra(self, drafts: list[Draft]) -> None:
        """Make arms of well supported namings that no arm took."""
        taken = {id(n) for d in drafts for n in d.namings}
        clusters: list[Draft] = []
        for naming in self.namings:
            if naming.whole or id(naming) in taken or naming.frame in ("ordinal",) or naming.frame.startswith("title"):
                continue
            if self.worth[id(naming)] <= (0.5 if self.short_text else 1.0):
                continue
            cluster = self._cluster(naming, clusters)
            self._join(cluster, naming)
        for cluster in sorted(clusters, key=lambda c: c.order):
            if self._enough(cluster, drafts):
                cluster.order = len(drafts)
                drafts.append(cluster)

    def _cluster(self, naming: Naming, clusters: list[Draft]) -> Draft:
        key = self.key[id(naming)]
        for cluster in clusters:
            if naming.frame == "letter":
                if self.view.lows[naming.core[0]] in cluster.letters:
                    return cluster
            elif (
                (key and key in cluster.keys)
                or (not key and cluster.generic and self.is_generic(naming))
                or (cluster.control and self._bare_absence(naming, cluster))
                or (
                    key
                    and not self.short_text
                    and not self.is_control(naming)
                    and any(key <= k or k <= key for k in cluster.keys)
                    and not cluster.control
                )
            ):
                return cluster
        cluster = Draft(naming.first)
        clusters.append(cluster)
        return cluster

    def _bare_absence(self, naming: Naming, cluster: Draft) -> bool:
        """Whether one of the two is a bare "not" or "without" and the other names the control it speaks of."""
        return self.is_control(naming) and (naming.frame == "without" or all(key == {"no"} for key in cluster.keys))

    def _enough(self, cluster: Draft, drafts: list[Draft]) -> bool:
        if self.short_text:
            return self._enough_in_sentence(cluster, drafts)
        strong = [
            n
            for n in cluster.namings
            if n.frame in ("group", "groups", "letter", "treated", "recipients", "allocation", "receiving-or", "sized")
        ]
        if cluster.generic:
            return bool(strong) and not any(not d.control for d in drafts)
        if cluster.control and not any(d.control for d in drafts) and len(drafts) < 2:
            return bool(strong) or any(n.frame in ("versus", "compared", "than", "without") for n in cluster.namings)
        if any(n.frame in ("allocation",) for n in cluster.namings) and len(drafts) < 2:
            return True
        if len(drafts) >= 2:
            return (
                cluster.support >= 11.0 and len(strong) >= 2 and not any(cluster.words() <= d.words() for d in drafts)
            )
        return cluster.support >= 7.0 and bool(strong)

    def _enough_in_sentence(self, cluster: Draft, drafts: list[Draft]) -> bool:
        if cluster.generic and len([d for d in drafts if not d.control]) >= 1:
            return False
        worth = max(self.worth[id(n)] for n in cluster.namings)
        return worth >= 1.0 or cluster.support >= 3.0

    # -- the title --------------------------------------------------------------------------------------------------

    def _title_pair(self, drafts: list[Draft]) -> None:
        """Where the title compares two and only one of them is known by its words, the other names the other arm."""
        taken = {id(n): d for d in drafts for n in d.namings}
        rows: dict[int, list[Naming]] = {}
        for naming in self.namings:
            if (
                naming.row >= 0
                and naming.stop <= self.title_stop
                and not naming.whole
                and not naming.frame.startswith("title")
            ):
                rows.setdefault(naming.row, []).append(naming)
        for row in rows.values():
            if len(row) != 2 or len(drafts) != 2:
                continue
            known = [taken.get(id(n)) for n in row]
            i = 0 if known[0] is None else 1
            other = known[1 - i]
            if other is not None and known[i] is None:
                draft = drafts[1] if drafts[0] is other else drafts[0]
                if draft.control and not self.is_control(row[i]):
                    # "X versus Y" where the body calls Y the control: the two are one arm, X is the other
                    if self._bare(draft) and i == 0 and not other.control:
                        self._swap(drafts, draft, other, row[i])
                    continue
                if not any(n.first < self.title_stop for n in draft.namings) and self.worth[id(row[i])] > 0:
                    self._join(draft, row[i])
                    taken[id(row[i])] = draft
            elif (
                known == [None, None]
                and not any(n.first < self.title_stop for d in drafts for n in d.namings)
                and min(self.worth[id(n)] for n in row) > 1
            ):
                control = [self.is_control(n) for n in row]
                first, second = (drafts[0], drafts[1])
                if (
                    first.control != second.control
                    and (first.control != control[0] or control[0] == control[1])
                    and first.control
                ):
                    first, second = second, first
                self._join(first, row[0])
                self._join(second, row[1])

    def _bare(self, draft: Draft) -> bool:
        """Whether an arm is called nothing but "control"."""
        return all(key <= {"control", "comparison"} for key in draft.keys)

    def _swap(self, drafts: list[Draft], control: Draft, named: Draft, naming: Naming) -> None:
        """Merge ``named`` into ``control`` and make ``naming`` the experimental arm."""
        for n in named.namings:
            self._join(control, n)
        fresh = Draft(named.order)
        self._join(fresh, naming)
        drafts[drafts.index(named)] = fresh

    def _title(self, drafts: list[Draft]) -> None:
        """Name the experimental arm from the title, or make it where nothing else named one."""
        candidates = [n for n in self.namings if n.frame.startswith("title") and self.key.get(id(n))]
        if not candidates:
            return
        body: set[str] = set()
        for naming in self.namings:
            if not naming.whole and naming.first >= self.title_stop and naming.frame not in ("value", "than"):
                body |= self.key[id(naming)]
        taken = {id(n) for d in drafts for n in d.namings}
        experimental = [d for d in drafts if not d.control]
        if any(n.first < self.title_stop and id(n) in taken for d in experimental for n in d.namings):
            return

        def worth(n: Naming) -> float:
            key = self.key[id(n)]
            weak = n.first > 0 and self.view.lows[n.first - 1] in _AFTER_WORDS
            return (
                self.worth[id(n)]
                - (2.5 if weak else 0.0)
                + _BASE[n.frame] / 2
                + 2.0 * len(key & body) / max(1, len(key))
                + (1.0 if key & body else 0.0)
            )

        candidates = [n for n in candidates if id(n) not in taken and not self.is_control(n)]
        if not candidates:
            return
        best = max(candidates, key=worth)
        if worth(best) < 2.5:
            return
        if worth(best) >= 3.5:
            self.title_best = best
        if len(experimental) == 1:
            # the title often names the intervention in other words than the allocation does
            experimental[0].title = best
            if experimental[0].generic or not experimental[0].keys:
                self._join(experimental[0], best)
        elif experimental and not experimental[0].keys:
            experimental[0].title = best
            self._join(experimental[0], best)
        elif not experimental and worth(best) >= 3.0:
            draft = Draft(-1)
            self._join(draft, best)
            drafts.insert(0, draft)


def choose_arms(view: View, namings: list[Naming], title_stop: int, lexicon: Lexicon) -> tuple[list[Draft], Chooser]:
    """Return the arms that ``namings`` speak of, and the chooser that can map further names to them."""
    chooser = Chooser(view, namings, title_stop, lexicon)
    return chooser.choose(), chooser
