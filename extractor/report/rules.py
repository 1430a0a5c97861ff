"""What the rules that link a figure say in words: ``rules.tsv`` (id, says) beside this module.

An id that the table does not have, such as that of a reading pattern or of a word, is told by its family ("wording.",
"table.") or else by the kind of link it made ("link:figure", ...), which name the file where it stands.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from extractor.errors import LexiconError

__all__ = ["rule_text", "rule_texts"]

_FILE = "rules.tsv"


@cache
def rule_texts() -> dict[str, str]:
    """Return what each rule says, by its id; "FAMILY." and "link:KIND" are said of all the others.

    Raises:
        LexiconError: the table is malformed or an id stands twice.
    """
    lines = resources.files("extractor.report").joinpath(_FILE).read_text(encoding="utf-8").splitlines()
    if lines[0] != "id\tsays":
        raise LexiconError("the header must be id, says", f"{_FILE}:1")
    texts: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        rule, _, says = line.partition("\t")
        if not rule or not says or "\t" in says:
            raise LexiconError("expected 2 columns", f"{_FILE}:{number}")
        if rule in texts:
            raise LexiconError(f"{rule!r} stands twice", f"{_FILE}:{number}")
        texts[rule] = says
    return texts


def rule_text(link: str, rule: str) -> str:
    """Return what ``rule``, which made a link of the kind ``link`` ("arm", "outcome", ...), says; "" if unknown."""
    texts = rule_texts()
    family = rule.partition(".")[0] + "."
    return texts.get(rule) or texts.get(family) or texts.get(f"link:{link}", "")
