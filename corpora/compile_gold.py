"""Compile the hand-written annotations of corpora/gold/src into records of the record contract.

Each document has two files: NAME.txt, the text exactly as a careful reader sees it, and NAME.gold, what that reader
takes from it. A .gold file is read line by line, words as in a shell (quotes group, ``#`` starts a comment line):

    document ID KIND                     names QUOTE...               every occurrence is a name, never a result
    mention LABEL QUOTE CONCEPT          every occurrence is a mention
    trial ID ROLE                        the lines below belong to it until the next trial
    id QUOTE [VALUE]   acronym QUOTE   phase QUOTE VALUE   design KEY=VALUE...   condition QUOTE CONCEPT
    population QUOTE   eligibility|age|location|ethnicity|sex QUOTE   enrolled QUOTE   analysed QUOTE
    arm ID ROLE QUOTE [size=QUOTE]
    drug|procedure|behaviour ARM QUOTE CONCEPT [dose=] [route=] [schedule=] [duration=]
    outcome ID ROLE QUOTE [CONCEPT]
    s START [end=QUOTE] [ph=NAME,...]    the sentence that starts so; the lines below are about it
    r MEASURE QUOTE o= a= c= v= u= n= N= base= sd= se= iqr= range= ci= p= pk= t= tu= sub= dir= sig= ctx= mod= tr= ph=
    x KIND QUOTE...                      figures that are no results (dose, threshold, follow-up, group size, ...)

A QUOTE is looked up in the sentence (results) or in the whole text (everything else; in a sentence, ``^QUOTE``), at
borders of words and numbers. ``QUOTE@2`` is its second occurrence; a quote that stands twice in a
sentence must say which. ``ph`` names what makes a result hard to bind (PHENOMENA), of a sentence or of one result.

    python corpora/compile_gold.py [--check]
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from extractor import records as rec
from extractor.errors import RecordError

__all__ = ["GOLD", "Compiled", "GoldError", "compile_all", "compile_document", "main"]

GOLD = Path(__file__).parent / "gold"
EXTRACTOR = rec.Extractor(name="hand", version="1")
WORDS = {
    "none": 0, "no": 0, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "doubled": 2, "twice": 2, "half": 50,
}  # fmt: skip
PHENOMENA = frozenset(
    ["parallel-arms", "parallel-outcomes", "parallel-times", "two-dimensions", "brackets", "order-once", "three-arms",
     "dose-levels", "factorial", "crossover", "single-arm", "historical-control", "background", "baseline",
     "change-score", "pair-p", "p-each", "interval-each", "inherited", "subgroup", "safety", "noninferiority",
     "no-difference-list", "table", "words", "middle-dot", "not-reached"]
)  # fmt: skip
NUMBER = re.compile(r"[-−]?\d+(?:[,\u2009\u202f\u00a0]\d{3})*(?:[.·]\d+)?|[-−]?(?<!\d)[.·]\d+")
UNIT = re.compile(r"(minute|hour|day|week|month|year|cycle)s?\b", re.I)
SENTENCE_END = re.compile(r"(?<!\bvs)(?<!\bDr)(?<!\bProf)[.!?][”\"’)]?(?=\s+[A-Z“\"])|(?=\n)|$")
NULL_AT = {
    "hazard_ratio": 1, "odds_ratio": 1, "risk_ratio": 1, "rate_ratio": 1,
    "risk_difference": 0, "mean_difference": 0, "relative_reduction": 0, "absolute_difference": 0,
}  # fmt: skip
DIRECTIONS = {"+": "increased", "-": "decreased", "0": "no_difference", None: None}
OPTIONS = frozenset(
    ["o", "a", "c", "v", "u", "n", "N", "base", "sd", "se", "iqr", "range", "ci", "p", "pk", "t", "sub", "dir",
     "sig", "ctx", "mod", "tr", "ph", "tu"]
)  # fmt: skip
TRIAL_TEXT = ("eligibility", "age", "location", "ethnicity")


class GoldError(Exception):
    """An annotation does not fit its text; the message names file and line."""


@dataclass(frozen=True)
class Compiled:
    """One document: its record, the figures in it that are not results as (start, end, kind), and the phenomena of the
    results by their ids."""

    record: rec.Record
    not_results: tuple[tuple[int, int, str], ...]
    phenomena: dict[str, tuple[str, ...]]


def _worded(text: str) -> int | None:
    """Return the number that words say ("one hundred and eighty-six"), or None; a unit of time may follow."""
    parts = [w for w in re.split(r"[\s-]+", UNIT.sub("", text)) if w not in ("", "and", "s")]
    total, current = 0, 0
    for word in parts:
        if word in WORDS:
            current += WORDS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word == "thousand":
            total, current = total + max(current, 1) * 1000, 0
        else:
            return None
    return total + current if parts else None


def _value(text: str) -> int | float:
    words = text.casefold().strip()
    worded = _worded(words)
    if worded is not None:
        return worded
    if re.fullmatch(r"\d{1,3}( \d{3})+", words):  # thousands apart by a blank
        words = words.replace(" ", "")
    match = NUMBER.search(words)
    if match is None:
        raise GoldError(f"no number in {text!r}")
    digits = re.sub(r"[,\u2009\u202f\u00a0]", "", match[0]).replace("·", ".").replace("−", "-")
    return float(digits) if "." in digits else int(digits)


@dataclass
class _Trial:
    id: str
    role: str
    ids: list[rec.Coded] = field(default_factory=list)
    acronym: rec.Span | None = None
    phase: rec.Coded | None = None
    design: dict[str, Any] = field(default_factory=dict)
    conditions: list[rec.Mention] = field(default_factory=list)
    population: dict[str, Any] = field(default_factory=dict)
    arms: dict[str, dict[str, Any]] = field(default_factory=dict)
    outcomes: list[rec.Outcome] = field(default_factory=list)
    results: list[rec.Result] = field(default_factory=list)

    def build(self) -> rec.Trial:
        arms = tuple(rec.Arm(**{**a, "interventions": tuple(a["interventions"])}) for a in self.arms.values())
        population: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in self.population.items()}
        return rec.Trial(
            id=self.id, role=self.role, registry_ids=tuple(self.ids), acronym=self.acronym, phase=self.phase,  # type: ignore[arg-type]
            design=msgspec.convert(self.design, rec.Design), conditions=tuple(self.conditions),
            population=rec.Population(**population), arms=arms,
            outcomes=tuple(self.outcomes), results=tuple(self.results),
        )  # fmt: skip


class _Compiler:
    """Reads one .gold file against its text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sentence = (0, len(text))
        self.in_sentence = False
        self.trials: list[_Trial] = []
        self.mentions: list[rec.Mention] = []
        self.not_results: list[tuple[int, int, str]] = []
        self.document: tuple[str, str] = ("", "")
        self.count = 0
        self.sentence_phenomena: tuple[str, ...] = ()
        self.phenomena: dict[str, tuple[str, ...]] = {}

    # ---- looking up quotes
    def occurrences(self, quote: str, start: int, end: int) -> list[int]:
        left = r"(?<![\w])(?<!\d[.·,])" if quote[:1].isalnum() else ""
        right = r"(?![\w])(?![.·,]\d)" if quote[-1:].isalnum() else ""
        return [m.start() for m in re.finditer(left + re.escape(quote) + right, self.text[:end]) if m.start() >= start]

    def find(self, quote: str) -> tuple[int, int]:
        scope, nth = (self.sentence if self.in_sentence else (0, len(self.text))), 0
        if quote.startswith("^"):
            quote, scope = quote[1:], (0, len(self.text))
        match = re.fullmatch(r"(.*)@(\d+)", quote, re.S)
        if match:
            quote, nth = match[1], int(match[2])
        found = self.occurrences(quote, *scope)
        if len(found) < max(nth, 1):
            raise GoldError(f"{quote!r} (number {max(nth, 1)}) does not stand in {self.text[slice(*scope)][:70]!r}")
        if nth == 0 and self.in_sentence and len(found) > 1:
            raise GoldError(f"{quote!r} stands {len(found)} times here: say which with @1, @2, ...")
        start = found[max(nth, 1) - 1]
        return start, start + len(quote)

    def span(self, quote: str) -> rec.Span:
        start, end = self.find(quote)
        return rec.Span(text=self.text[start:end], start=start, end=end)

    def number(self, quote: str) -> rec.Number:
        s = self.span(quote)
        return rec.Number(text=s.text, start=s.start, end=s.end, value=_value(s.text))

    # ---- lines
    def line(self, words: list[str]) -> None:
        command, *rest = words
        plain = command in ("x", "names", "document")
        options = {} if plain else dict(w.split("=", 1) for w in rest if re.match(r"[A-Za-z_]+=", w))
        args = rest if plain else [w for w in rest if not re.match(r"[A-Za-z_]+=", w)]
        if command == "document":
            self.document = (args[0], args[1])
        elif command == "names":
            for quote in args:
                hits = self.occurrences(quote, 0, len(self.text))
                if not hits:
                    raise GoldError(f"{quote!r} does not stand in the text")
                self.not_results += [(at, at + len(quote), "name") for at in hits]
        elif command == "mention":
            self.mention(*args)
        elif command == "s":
            self.start_sentence(args[0], options.get("end"))
            self.sentence_phenomena = _phenomena(options.get("ph", ""))
        elif command == "x":
            self.not_results += [(*self.find(quote), args[0]) for quote in args[1:]]
        elif command == "r":
            self.result(args[0], args[1], options)
        elif command == "trial":
            self.in_sentence = False
            self.trials.append(_Trial(id=args[0], role=args[1]))
        else:
            self.trial_line(self.trials[-1], command, args, options)

    def mention(self, label: str, quote: str, concept: str) -> None:
        for at in self.occurrences(quote, 0, len(self.text)):
            self.mentions.append(
                rec.Mention(label=label, concept=concept, text=quote, start=at, end=at + len(quote))  # type: ignore[arg-type]
            )

    def start_sentence(self, opening: str, closing: str | None) -> None:
        self.in_sentence = False
        start, _ = self.find(opening)
        if closing is not None:
            end = self.text.index(closing, start) + len(closing)
        else:
            match = SENTENCE_END.search(self.text, start)
            end = match.end() if match else len(self.text)
        self.sentence, self.in_sentence = (start, end), True

    def trial_line(self, trial: _Trial, command: str, args: list[str], options: dict[str, str]) -> None:
        if command == "id":
            s = self.span(args[0])
            trial.ids.append(rec.Coded(text=s.text, start=s.start, end=s.end, value=args[-1].partition("@")[0]))
        elif command == "acronym":
            trial.acronym = self.span(args[0])
        elif command == "phase":
            s = self.span(args[0])
            trial.phase = rec.Coded(text=s.text, start=s.start, end=s.end, value=args[1])
        elif command == "design":
            trial.design = {k: {"true": True, "false": False}.get(v, v) for k, v in options.items()}
        elif command == "condition":
            s = self.span(args[0])
            trial.conditions.append(
                rec.Mention(label="condition", concept=args[1], text=s.text, start=s.start, end=s.end)
            )
        elif command in ("population", "sex"):
            trial.population["description" if command == "population" else "sex"] = self.span(args[0])
        elif command in TRIAL_TEXT:
            trial.population.setdefault(command, []).append(self.span(args[0]))
        elif command in ("enrolled", "analysed"):
            trial.population[command] = self.number(args[0])
        elif command == "arm":
            size = self.number(options["size"]) if "size" in options else None
            label = self.span(args[2])
            trial.arms[args[0]] = {"id": args[0], "role": args[1], "label": label, "interventions": [], "size": size}
        elif command in ("drug", "procedure", "behaviour"):
            s = self.span(args[1])
            how: dict[str, Any] = {k: self.span(v) for k, v in options.items()}
            trial.arms[args[0]]["interventions"].append(
                rec.Intervention(label=command, concept=args[2], text=s.text, start=s.start, end=s.end, **how)  # type: ignore[arg-type]
            )
        elif command == "outcome":
            trial.outcomes.append(
                rec.Outcome(id=args[0], role=args[1], name=self.span(args[2]), concept=args[3] if args[3:] else None)  # type: ignore[arg-type]
            )
        else:
            raise GoldError(f"unknown command {command!r}")

    # ---- results
    def owner(self, options: dict[str, str]) -> _Trial:
        for trial in self.trials:
            if options.get("tr") == trial.id or options.get("a") in trial.arms:
                return trial
            if "tr" not in options and "a" not in options and options.get("o") in {o.id for o in trial.outcomes}:
                return trial
        raise GoldError(f"no trial has arm {options.get('a')}, outcome {options.get('o')} or id {options.get('tr')}")

    def interval(self, quote: str) -> rec.ConfidenceInterval:
        start, end = self.find(quote)
        body = self.text[start:end]
        level = re.match(r"(\d+(?:[.·]\d+)?)\s?%", body)
        rest = body[level.end() :] if level else body
        # a hyphen between two bounds is a dash, not a minus sign
        rest = re.sub(r"(?<=\d)[-–](?=[\d.])", " ", rest)
        bounds = [_value(m) for m in NUMBER.findall(rest)]
        if len(bounds) not in (1, 2):
            raise GoldError(f"not an interval: {quote!r}")
        high = bounds[1] if len(bounds) == 2 else None
        percent = _value(level[1]) if level else None
        return rec.ConfidenceInterval(level=percent, low=bounds[0], high=high, span=(start, end))

    def p_value(self, quote: str, kind: str) -> rec.PValue:
        start, end = self.find(quote)
        op = re.search(r"[<>=]", self.text[start:end])
        if op is None:
            raise GoldError(f"not a p-value: {quote!r}")
        return rec.PValue(op=op[0], value=_value(self.text[start:end]), span=(start, end), kind=kind)  # type: ignore[arg-type]

    def dispersion(self, options: dict[str, str]) -> rec.Dispersion | None:
        for kind in ("sd", "se"):
            if kind in options:
                span = self.find(options[kind])
                return rec.Dispersion(kind=kind, value=_value(self.text[slice(*span)]), span=span)
        for kind in ("iqr", "range"):
            if kind in options:
                ci = self.interval(options[kind])
                return rec.Dispersion(kind=kind, low=ci.low, high=ci.high, span=ci.span)  # type: ignore[arg-type]
        return None

    def timepoint(self, quote: str, stated: str | None) -> rec.TimePoint:
        start, end = self.find(quote)
        body = self.text[start:end]
        if stated is not None:  # "at 6 and 12 months": the unit stands with the last of the list
            return rec.TimePoint(value=_value(body), unit=stated, span=(start, end))
        unit = UNIT.search(body)
        if unit is None:
            raise GoldError(f"no unit of time in {quote!r}")
        word = body[: unit.start()].strip(" -–") if not NUMBER.search(body) else body
        return rec.TimePoint(value=_value(word or body), unit=unit[1].casefold(), span=(start, end))

    def result(self, measure: str, quote: str, o: dict[str, str]) -> None:
        if measure not in rec.MEASURES or set(o) - OPTIONS:
            raise GoldError(f"unknown measure or option: {measure} {sorted(set(o) - OPTIONS)}")
        start, end = self.find(quote)
        body = self.text[start:end]
        value = None if o.get("v") == "null" else _value(o.get("v", body))
        unit = o.get("u") or ("%" if "%" in body else (UNIT.search(body) or [None, None])[1])
        trial = self.owner(o)
        outcomes = {x.id for x in trial.outcomes}
        for key, names in (("o", outcomes), ("a", set(trial.arms)), ("c", set(trial.arms))):
            if key in o and o[key] not in names:
                raise GoldError(f"{key}={o[key]} is not in trial {trial.id}")
        self.count += 1
        printed = NUMBER.search(body)
        result = rec.Result(
            id=f"r{self.count}", measure=measure, outcome=o.get("o"), arm=o.get("a"), comparator=o.get("c"),  # type: ignore[arg-type]
            value=value, unit=unit, span=(start, end), printed=printed[0] if printed and value is not None else None,
            modifier=o.get("mod"), events=self.number(o["n"]) if "n" in o else None,
            total=self.number(o["N"]) if "N" in o else None, baseline=self.number(o["base"]) if "base" in o else None,
            dispersion=self.dispersion(o), ci=self.interval(o["ci"]) if "ci" in o else None,
            p_value=self.p_value(o["p"], o.get("pk", "difference")) if "p" in o else None,
            timepoint=self.timepoint(o["t"], o.get("tu")) if "t" in o else None,
            subgroup=self.span(o["sub"]) if "sub" in o else None,
            direction=DIRECTIONS[o.get("dir")],  # type: ignore[arg-type]
            context=o.get("ctx", trial.role), sentence=self.sentence,  # type: ignore[arg-type]
        )  # fmt: skip
        _check_arithmetic(result)
        named = (*self.sentence_phenomena, *_phenomena(o.get("ph", "")))
        if named:
            self.phenomena[result.id] = tuple(dict.fromkeys(named))
        trial.results.append(msgspec.structs.replace(result, significant=_significant(result, o.get("sig"))))

    # ---- the end
    def covered(self) -> Iterator[tuple[int, int]]:
        for start, end, _ in self.not_results:
            yield start, end
        for mention in self.mentions:
            yield mention.start, mention.end
        for trial in self.trials:
            stack: list[Any] = [trial.build()]
            while stack:
                item = stack.pop()
                if isinstance(item, rec.Span):
                    yield item.start, item.end
                if isinstance(item, msgspec.Struct):
                    for name in item.__struct_fields__:
                        value = getattr(item, name)
                        if name == "span" and value is not None:
                            yield value
                        elif name != "sentence":
                            stack.append(value)
                elif isinstance(item, tuple):
                    stack += [x for x in item if not isinstance(x, int)]

    def finish(self) -> Compiled:
        seen = [False] * len(self.text)
        for start, end in self.covered():
            seen[start:end] = [True] * (end - start)
        for match in re.finditer(r"\d+", self.text):
            if not all(seen[match.start() : match.end()]):
                around = self.text[max(0, match.start() - 40) : match.end() + 20]
                raise GoldError(f"{match[0]!r} is neither part of a result nor listed as something else: ...{around!r}")
        ident, kind = self.document
        title = self.text.partition("\n")[0]
        article = rec.make_article(id=ident, text=self.text, kind=kind, title=title, language="en")
        mentions = tuple(sorted(self.mentions, key=lambda m: (m.start, m.end)))
        record = rec.Record(
            document=article, extractor=EXTRACTOR, mentions=mentions, trials=tuple(t.build() for t in self.trials)
        )
        rec.check_offsets(record)
        return Compiled(record=record, not_results=tuple(sorted(self.not_results)), phenomena=self.phenomena)


def _phenomena(names: str) -> tuple[str, ...]:
    found = tuple(name for name in names.split(",") if name)
    unknown = set(found) - PHENOMENA
    if unknown:
        raise GoldError(f"unknown phenomenon {', '.join(sorted(unknown))}")
    return found


def _significant(result: rec.Result, stated: str | None) -> bool | None:
    if stated is not None:
        return stated == "1"
    if result.p_value is not None and result.p_value.op in ("<", "="):
        return result.p_value.value <= 0.05 if result.p_value.op == "<" else result.p_value.value < 0.05
    null = NULL_AT.get(result.measure)
    ci = result.ci
    if null is None or ci is None or ci.low is None or ci.high is None:
        return None
    return not ci.low <= null <= ci.high


def _check_arithmetic(result: rec.Result) -> None:
    """Raise GoldError where counts, percentage and interval contradict each other: a slip of the writer's pen."""
    if result.measure == "percentage" and result.events is not None and result.total is not None:
        share = 100 * result.events.value / result.total.value
        if result.value is None or abs(share - result.value) > 0.51:
            raise GoldError(f"{result.events.value}/{result.total.value} is {share:.1f}%, not {result.value}%")
    ci, value = result.ci, result.value
    if ci is None or value is None:
        return
    if (ci.low is not None and ci.low > value) or (ci.high is not None and ci.high < value):
        raise GoldError(f"{value} lies outside its interval {ci.low} to {ci.high}")


def compile_document(source: Path) -> Compiled:
    """Return the record that the annotation file ``source`` (NAME.gold beside NAME.txt) describes.

    Raises:
        GoldError: a quote is not found, is ambiguous, or a figure of the text is not accounted for.
    """
    text = source.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")
    compiler = _Compiler(text)
    where = ""
    try:
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{source.name}:{number}"
            if line.strip() and not line.lstrip().startswith("#"):
                compiler.line(shlex.split(line))
        where = f"{source.name}:end"
        return compiler.finish()
    except (GoldError, LookupError, ValueError, TypeError, RecordError) as error:
        raise GoldError(f"{where}: {error}") from error


def compile_all(folder: Path = GOLD / "src") -> list[Compiled]:
    """Return every document of ``folder``, in the order of the file names."""
    return [compile_document(path) for path in sorted(folder.glob("*.gold"))]


def main(argv: list[str] | None = None) -> int:
    """Write gold/records.jsonl and gold/not_results.jsonl, or with --check compare them; return the exit status."""
    parser = argparse.ArgumentParser(description="Compile the hand-written gold annotations.")
    parser.add_argument("--check", action="store_true", help="only compare with the stored files")
    check = parser.parse_args(argv).check
    try:
        documents = compile_all()
    except GoldError as error:
        print(error, file=sys.stderr)
        return 1
    rows = [
        {
            "id": d.record.document.id,
            "not_results": [{"start": s, "end": e, "kind": k} for s, e, k in d.not_results],
            "phenomena": d.phenomena,
        }
        for d in documents
    ]
    wanted = {
        GOLD / "records.jsonl": b"".join(rec.encode_record(d.record) + b"\n" for d in documents),
        GOLD / "not_results.jsonl": b"".join(msgspec.json.encode(row) + b"\n" for row in rows),
    }
    stale = [path.name for path, data in wanted.items() if not path.exists() or path.read_bytes() != data]
    if check:
        if stale:
            print(f"stale: {', '.join(stale)}; run python corpora/compile_gold.py", file=sys.stderr)
        return 1 if stale else 0
    for path, data in wanted.items():
        path.write_bytes(data)
    print(f"{len(documents)} documents, {sum(len(t.results) for d in documents for t in d.record.trials)} results")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
