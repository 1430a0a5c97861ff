"""Published data of meta-analyses: counts and means are facts, cited with their source."""

from __future__ import annotations

from extractor.analysis import EffectSize, GroupMean, TwoByTwo, log_odds_ratio, log_risk_ratio, risk_difference

# Thirteen trials of the BCG vaccine against tuberculosis: Colditz et al. 1994, JAMA 271:698-702 (tuberculosis and people
# without, vaccinated and not), as used throughout the manual of metafor (Viechtbauer 2010, J Stat Softw 36(3)).
_BCG = (
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
    (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600),
    (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
)  # fmt: skip
# Deaths of people given lidocaine or none after a heart attack, of all: Hine et al. 1989, in Normand 1999, Stat Med 18:321-359.
_LIDOCAINE = ((2, 39, 1, 43), (4, 44, 4, 44), (6, 107, 4, 110), (7, 103, 5, 100), (7, 110, 3, 106), (11, 154, 4, 146))


def bcg_tables() -> list[TwoByTwo]:
    return [TwoByTwo(events=a, total=a + b, events_control=c, total_control=c + d) for a, b, c, d in _BCG]


def bcg_risk_ratios() -> list[EffectSize]:
    return [log_risk_ratio(table, f"trial {n}") for n, table in enumerate(bcg_tables(), 1)]


def bcg_odds_ratios() -> list[EffectSize]:
    return [log_odds_ratio(table, f"trial {n}") for n, table in enumerate(bcg_tables(), 1)]


def lidocaine_tables() -> list[TwoByTwo]:
    return [TwoByTwo(events=a, total=n, events_control=c, total_control=m) for a, n, c, m in _LIDOCAINE]


def lidocaine_risk_differences() -> list[EffectSize]:
    return [risk_difference(table) for table in lidocaine_tables()]


def group(mean: float, sd: float, n: float) -> GroupMean:
    return GroupMean(mean=mean, sd=sd, n=n)
