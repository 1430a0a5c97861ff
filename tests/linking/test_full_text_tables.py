"""Groups, sizes, times and outcomes as the tables of full texts tell them: all texts here are invented."""

from __future__ import annotations

import pytest

from extractor.extraction import extract
from extractor.linking.table_layout import lay_out_table
from extractor.linking.table_outcomes import caption_cell
from extractor.reading.tables import Cell, find_tables
from extractor.records import Result, Trial, check_offsets


def read(text: str) -> Trial:
    record = extract(text, kind="full_text")
    check_offsets(record)
    return record.trials[0]


def arms(trial: Trial) -> list[tuple[str, str, float | None]]:
    return [(a.label.text if a.label else "", a.role, a.size.value if a.size else None) for a in trial.arms]


def tabled(trial: Trial, outcome: str) -> list[Result]:
    named = {o.id for o in trial.outcomes if outcome in (o.name.text, o.concept)}
    return [r for r in trial.results if r.outcome in named and r.rules["figure"].startswith("table.")]


def told(trial: Trial, outcome: str) -> list[tuple[str, float | None, float | None, float | None]]:
    """(arm label, value, events, total) of the results of an outcome that stand in tables."""
    labels = {a.id: a.label.text if a.label else "" for a in trial.arms}
    return [
        (labels[r.arm or ""].lower(), r.value, r.events.value if r.events else None, r.total.value if r.total else None)
        for r in tabled(trial, outcome)
    ]


PROSE = "We compared kelp broth with water in adults with hiccups. Hiccups stopped sooner with kelp broth than with water.\n\n"


# -- groups ----------------------------------------------------------------------------------------------------------


def test_a_head_with_sizes_gives_the_groups_and_their_sizes() -> None:
    table = "| Outcome | Kelp broth (n = 31) | Water (n = 29) |\n|---|---|---|\n| Relief, n (%) | 20 (65) | 9 (31) |\n"
    trial = read(PROSE + table)
    assert [size for _, _, size in arms(trial)] == [31, 29]
    assert told(trial, "Relief") == [("kelp broth", 65, 20, 31), ("water", 31, 9, 29)]


def test_a_row_that_counts_people_gives_the_sizes_where_the_head_gives_none() -> None:
    table = (
        "| Outcome | 2 h group | 9 h group |\n|---|---|---|\n| Patients enrolled, n | 64 | 61 |\n| Relapse, n (%) | 16 (25.0) | 9 (14.8) |\n"
    )
    trial = read("Relapse was rare in the 2 h group and in the 9 h group.\n\n" + table)
    assert sorted(size or 0 for _, _, size in arms(trial)) == [61, 64]
    assert sorted(row[1:] for row in told(trial, "Relapse")) == [(14.8, 9, 61), (25.0, 16, 64)]


def test_sizes_in_rows_name_the_groups() -> None:
    table = """| | 3 months | | 6 months | |
|---|---|---|---|---|
| | n | (%) | n | (%) |
| Night cramps | | | | |
| Intervention (n = 80) | 20 | (25) | 8 | (10) |
| Usual care (n = 75) | 30 | (40) | 24 | (32) |
"""
    trial = read("Cramps were compared between the intervention and usual care.\n\n" + table)
    assert [size for _, _, size in arms(trial)] == [80, 75]
    found = [(r.value, r.events.value if r.events else None, r.total.value if r.total else None) for r in tabled(trial, "Night cramps")]
    assert found == [(10, 8, 80), (32, 24, 75), (25, 20, 80), (40, 30, 75)]
    assert [r.timepoint.value for r in tabled(trial, "Night cramps") if r.timepoint] == [6, 6, 3, 3]


def test_without_is_another_group_than_with() -> None:
    table = "| Course | With drain (n = 22) | Without drain (n = 24) |\n|---|---|---|\n| Fever | 4/22 | 3/24 |\n"
    trial = read("Surgery without a drain was studied.\n\n" + table)
    assert sorted(size or 0 for _, _, size in arms(trial)) == [22, 24]
    assert [row[1:] for row in told(trial, "Fever")] == [(4, 4, 22), (3, 3, 24)]


def test_short_and_long_form_are_one_group() -> None:
    text = (
        "The control group received care as usual (CAU). The intervention group received phone calls. CAU was given by nurses.\n\n"
        "| | Intervention (n = 41) | CAU (n = 43) |\n|---|---|---|\n| Falls, n (%) | 4 (9.8) | 9 (20.9) |\n"
    )
    assert [size for _, _, size in arms(read(text))] == [41, 43]


def test_places_with_their_numbers_are_no_groups() -> None:
    text = (
        "Patients received zumolast or placebo. Death was rarer with zumolast than with placebo.\n\n"
        "| Cause | Southern clinics (n = 12) | Northern clinics (n = 19) |\n|---|---|---|\n| Fever | 3 (25) | 4 (21) |\n"
    )
    assert not {"Southern clinics", "Northern clinics"} & {label for label, _, _ in arms(read(text))}


def test_sizes_behind_names_and_of_all_groups_at_once() -> None:
    named = read("In group A (52 people) honey was given and in group B (49 people) syrup was given. Cough fell in group A.\n")
    assert sorted(size or 0 for _, _, size in arms(named)) == [49, 52]
    each = read("They were divided into two groups (n = 14). Weight fell in the test group and rose in the control group.\n")
    assert {size for _, _, size in arms(each)} == {14}


def test_a_group_named_by_its_role_gets_what_the_text_says_it_received() -> None:
    text = (
        "The intervention group received supervised balance drills for 6 weeks. Controls got no training.\n\n"
        "| | Intervention (n = 20) | Control (n = 21) |\n|---|---|---|\n| Falls, n (%) | 2 (10) | 5 (24) |\n"
    )
    experimental = next(a for a in read(text).arms if a.role == "experimental")
    assert any("balance drills" in i.text for i in experimental.interventions)


# -- heads, times and rows -------------------------------------------------------------------------------------------


def test_labels_over_a_stub_of_two_columns_stand_over_their_figures() -> None:
    text = (
        "                Group A    Group B    P\n"
        "  ------------- ---------- ---------- ------- ------\n"
        "  Side          left       10 (25)    12 (30) 0.62\n"
        "                right      30 (75)    28 (70)\n"
    )
    (table,) = find_tables(text)
    grid = lay_out_table(table)
    assert grid.stub == 2
    assert [[cell.text for cell in path] for path in grid.paths] == [[], [], ["Group A"], ["Group B"], ["P"]]


def test_labels_under_repeated_groups_span_one_repetition() -> None:
    text = (
        "| | Drug | Placebo | P | Drug | Placebo | P |\n|---|---|---|---|---|---|---|\n"
        "| Variable | Median change to week 4 | Median change to week 9 | | | | |\n| Pulse | 3 | 4 | .2 | 5 | 6 | .3 |\n"
    )
    (table,) = find_tables(text)
    lower = [[cell.text for cell in path][-1] for path in lay_out_table(table).paths[1:]]
    assert lower == ["Median change to week 4"] * 3 + ["Median change to week 9"] * 3


def test_times_in_heads_with_their_summary() -> None:
    table = """| Outcome | Broth (n = 31) | | Water (n = 29) | |
|---|---|---|---|---|
| | Mean at baseline | Mean change at 3 months | Mean at baseline | Mean change at 3 months |
| Hiccups per day | 9.1 | -6.2 | 8.8 | -1.4 |
"""
    trial = read(PROSE + table)
    found = tabled(trial, "Hiccups per day")
    assert [(r.measure, r.value, r.baseline.value if r.baseline else None) for r in found] == [
        ("change", -6.2, 9.1), ("change", -1.4, 8.8),
    ]  # fmt: skip
    assert {(r.timepoint.value, r.timepoint.unit) for r in found if r.timepoint} == {(3, "month")}


def test_means_with_their_number_of_people_under_visits() -> None:
    table = """Table 3. Difference in mean itching scores by visit

| Visit | Time after challenge | Water mean score (n) | Kelp broth mean score (n) |
|---|---|---|---|
| Visit 2: onset | 3 min | 1.9 (70) | 0.4 (69) |
| 5 min | 2.1 (70) | 0.5 (69) | |
| Visit 3: duration | 3 min | 2.0 (66) | 0.8 (64) |
| 5 min | 2.2 (66) | 0.9 (64) | |
"""
    trial = read("Adults with hives were randomly assigned to kelp broth (n = 70) or water (n = 70).\n\n" + table)
    found = [(r.value, r.total.value if r.total else None, r.timepoint.value if r.timepoint else None) for r in tabled(trial, "itching scores")]
    assert found[:4] == [(2.1, 70, 5), (0.5, 69, 5), (2.2, 66, 5), (0.9, 64, 5)]


def test_whole_groups_come_before_their_parts() -> None:
    table = """| | Children | | Overall | |
|---|---|---|---|---|
| | Kelp broth (n = 11) | Water (n = 10) | Kelp broth (n = 31) | Water (n = 29) |
| Any event, n (%) | 2 (18) | 3 (30) | 6 (19) | 8 (28) |
"""
    found = tabled(read(PROSE + table), "Any event")
    assert [r.value for r in found] == [19, 28, 18, 30]
    assert [r.subgroup.text if r.subgroup else None for r in found] == [None, None, "Children", "Children"]


def test_a_dose_in_percent_is_no_percentage() -> None:
    table = "| Event | Kelp broth 1.5% (n = 31) | Water (n = 29) |\n|---|---|---|\n| Rash | 4 | 1 |\n"
    assert [(r.measure, r.value) for r in tabled(read(PROSE + table), "Rash")] == [("count", 4), ("count", 1)]


def test_marks_of_subscripts_are_no_part_of_a_concept() -> None:
    table = "| Test | Kelp broth (n = 31) | Water (n = 29) |\n|---|---|---|\n| VO~2~peak (mean ± SD) | 31 ± 6 | 29 ± 7 |\n"
    assert len(tabled(read(PROSE + table), "VO2peak")) == 2


@pytest.mark.parametrize(
    ("caption", "outcome"),
    [
        ("Change in grip strength by group", "grip strength"),
        ("Comparison of mean pain scores between groups at 6 weeks", "pain scores"),
        ("Effects of rope skipping on peak oxygen uptake", "peak oxygen uptake"),
        ("Results", "Results"),
    ],
)
def test_what_a_caption_measures(caption: str, outcome: str) -> None:
    assert caption_cell(Cell(text=caption, parts=((0, len(caption)),))).text == outcome


SHARES = """| Outcome | Letter group | | No letter group | |
|---|---|---|---|---|
| | N | Mean | N | Mean |
| Screening | | | | |
| Invited by post | 200 | 0.415 | 180 | 0.250 |
| Screened at all | 200 | 0.610 | 180 | 0.505 |
| Growth | | | | |
| Length-for-age Z-score | 200 | 0.41 | 180 | 0.38 |
| Weight, kg | 200 | 10.2 | 180 | 10.1 |
"""


def test_means_between_0_and_1_are_shares_where_their_whole_block_is() -> None:
    trial = read("Letters were compared with no letter: the letter group and the no letter group.\n\n" + SHARES)
    found = [(r.measure, r.value, r.unit, r.total.value if r.total else None) for r in tabled(trial, "Invited by post")]
    assert found == [("percentage", 41.5, "%", 200), ("percentage", 25.0, "%", 180)]
    assert [r.measure for r in tabled(trial, "Length-for-age Z-score")] == ["mean", "mean"]


def test_a_group_may_be_called_by_an_initial_that_heads_p_values_elsewhere() -> None:
    table = "| | S (n=20) | P (n=21) | p |\n|---|---|---|---|\n| Morning pain, mean (SD) | 2.2 (1.1) | 6.0 (1.1) | 0.01 |\n"
    text = "Patients were randomized to shock wave (S) or placebo (P) groups. Pain decreased most in the S group.\n\n"
    assert [(r.value, r.total.value if r.total else None) for r in tabled(read(text + table), "Morning pain")] == [(2.2, 20), (6.0, 21)]


def test_lettered_groups_get_what_the_text_gives_them() -> None:
    text = (
        "Group D (n = 33) received oral dexmedetomidine 4 mcg/kg and Group M (n = 34) received oral midazolam 0.5 mg/kg.\n\n"
        "| Variable | Group D | Group M |\n|---|---|---|\n| Recovery time (min) | 45.1 ± 8.0 | 38.0 ± 7.7 |\n"
    )
    trial = read(text)
    assert [a.size.value if a.size else None for a in trial.arms] == [33, 34]
    assert [[i.text for i in a.interventions] for a in trial.arms][1] == ["oral midazolam 0.5 mg/kg"]
    assert [r.value for r in tabled(trial, "Recovery time")] == [45.1, 38.0]


def test_heads_with_sizes_in_a_row_of_their_own_and_times_under_groups() -> None:
    sizes = "| | Kelp broth | Water |\n|---|---|---|\n| | (N=31) | (N=29) |\n| Any event | 6 (19.4) | 8 (27.6) |\n"
    assert [row[2:] for row in told(read(PROSE + sizes), "Any event")] == [(6, 31), (8, 29)]
    times = """| | Kelp broth (n = 31) | | | Water (n = 29) | | | |
|---|---|---|---|---|---|---|---|
| | Baseline | 12 weeks | Change | Baseline | 12 weeks | Change | P value |
| Urate (mean ± SD) | 8.1 ± 1.2 | 6.9 ± 1.1 | −1.2 ± 0.9 | 8.0 ± 1.3 | 7.8 ± 1.2 | −0.2 ± 0.8 | <0.001 |
"""
    found = [(r.measure, r.value, r.baseline.value if r.baseline else None) for r in tabled(read(PROSE + times), "Urate")]
    assert found == [("mean", 6.9, 8.1), ("mean", 7.8, 8.0), ("change", -1.2, 8.1), ("change", -0.2, 8.0)]


def test_short_forms_of_the_notes_name_the_groups() -> None:
    text = (
        "Children received artemether-lumefantrine or amodiaquine. Cure was common with artemether-lumefantrine.\n\n"
        "Table 2. Cure\n\n| Outcome | AL | AQ |\n|---|---|---|\n| Day 28 cure, n/N (%) | 210/221 (95.0) | 219/240 (91.3) |\n\n"
        "AL, artemether-lumefantrine; AQ, amodiaquine.\n"
    )
    trial = read(text)
    assert sorted(i.concept or i.text for a in trial.arms for i in a.interventions) == ["amodiaquine", "artemether-lumefantrine"]
    assert [row[1:] for row in told(trial, "Day 28 cure")] == [(95.0, 210, 221), (91.3, 219, 240)]


def test_a_percent_sign_may_be_the_unit_of_a_mean() -> None:
    table = "Table 2. Sleep (mean, SD)\n\n| | Kelp broth (n = 60) | Water (n = 62) |\n|---|---|---|\n| Sleep efficiency (%) | 58 (6) | 51 (9) |\n"
    assert [(r.measure, r.value) for r in tabled(read(PROSE + table), "Sleep efficiency")] == [("mean", 58), ("mean", 51)]


def test_rows_that_begin_with_women_may_be_outcomes() -> None:
    table = "| | Kelp broth (n = 31) | Water (n = 29) |\n|---|---|---|\n| Women with hiccups | 6/31 | 8/29 |\n| Women, n | 20/31 | 18/29 |\n"
    trial = read(PROSE + table)
    assert len(told(trial, "Women with hiccups")) == 2
    assert told(trial, "Women") == []


def test_a_combination_is_not_called_by_one_of_its_parts() -> None:
    text = (
        "Overweight adults were randomized to diet, exercise, or diet plus exercise for 6 months.\n\n"
        "| Measure | Diet | Exercise | Diet + exercise | P |\n|---|---|---|---|---|\n| n | 20 | 21 | 19 | |\n"
        "| Girth change, cm | −5.1 ± 2.9 | −1.8 ± 2.2 | −7.9 ± 3.3 | <0.001 |\n"
    )
    trial = read(text)
    assert sorted((label, size) for label, _, size in arms(trial)) == [("diet", 20), ("diet plus exercise", 19), ("exercise", 21)]
    assert [row[:2] for row in told(trial, "Girth change")] == [("diet", -5.1), ("exercise", -1.8), ("diet plus exercise", -7.9)]


def test_shares_before_their_counts() -> None:
    table = """| | Kelp broth (n = 152) | Water (n = 148) |
|---|---|---|
| Satisfied, % (n) | 81.6 (124) | 66.9 (99) |
| Needed a pill, % (n/N) | 11.2 (17/152) | 20.3 (30/148) |
"""
    trial = read(PROSE + table)
    assert [row[1:] for row in told(trial, "Satisfied")] == [(81.6, 124, 152), (66.9, 99, 148)]
    assert [row[1:] for row in told(trial, "Needed a pill")] == [(11.2, 17, 152), (20.3, 30, 148)]


def test_rates_over_time_and_percent_as_a_unit() -> None:
    table = """| | Kelp broth (n = 152) | Water (n = 148) |
|---|---|---|
| Falls, events per 100 person-years | 3.4 | 4.3 |
| HbA1c, % | 7.1 | 7.6 |
| Quit, % | 7.1 | 7.6 |
"""
    trial = read(PROSE + table)
    assert {r.measure for r in tabled(trial, "HbA1c")} == {"mean"}
    assert {r.measure for r in tabled(trial, "Quit")} == {"percentage"}
    assert "rate" in {r.measure for r in trial.results}


def test_rows_of_p_values_and_of_all_people() -> None:
    table = """Table 2. Fruit intake (mean, SD)

| | | Kelp broth (n = 40) | Water (n = 41) |
|---|---|---|---|
| All | Before | 1.1 (0.9) | 1.2 (0.9) |
| | After | 1.9 (1.1) | 1.3 (1.0) |
| | P value | 0.01 | 0.60 |
"""
    found = tabled(read(PROSE + table), "Fruit intake")
    assert [(r.value, r.baseline.value if r.baseline else None) for r in found] == [(1.9, 1.1), (1.3, 1.2)]


def test_sizes_before_names_and_of_groups_named_together() -> None:
    before = read("Of 112 patients, 57 were in the walking group and 55 in the bed group. The walking group walked further than the bed group.\n")
    assert sorted(size or 0 for _, _, size in arms(before)) == [55, 57]
    each = read("Women were allocated to three groups of 30. Group 1 received ondansetron, group 2 received granisetron and group 3 received saline.\n\n"
                "| | Group 1 | Group 2 | Group 3 |\n|---|---|---|---|\n| Shivering | 6 (20%) | 5 (16.7%) | 15 (50%) |\n")  # fmt: skip
    assert [size for _, _, size in arms(each)] == [30, 30, 30]


def test_a_letter_behind_a_name_calls_the_group() -> None:
    text = (
        "Bracing (Group I) was compared with taping (Group II) in 80 runners. Return to running took 14.2 ± 2.5 days in "
        "Group I and 8.4 ± 2.1 days in Group II.\n\n"
        "| Outcome | Bracing group (Group I) | Taping group (Group II) |\n|---|---|---|\n| Swelling, mm | 4.1 ± 1.0 | 3.0 ± 0.9 |\n"
    )
    trial = read(text)
    labels = {a.id: (a.label.text if a.label else "").lower() for a in trial.arms}
    found = {r.value: labels.get(r.arm or "", "") for r in trial.results}
    assert "bracing" in found[14.2] and "taping" in found[8.4]
    assert "bracing" in found[4.1] and "taping" in found[3.0]


def test_any_event_of_a_kind_is_that_kind() -> None:
    table = "| | Kelp broth (n = 31) | Water (n = 29) |\n|---|---|---|\n| Any adverse event | 6 (19.4) | 8 (27.6) |\n"
    trial = read(PROSE + table)
    assert [(o.name.text, o.concept) for o in trial.outcomes if tabled(trial, o.name.text)] == [("adverse event", "adverse events")]


def test_groups_over_before_and_after_are_one_each() -> None:
    text = "Patients were randomly assigned to mirror therapy (n = 25) or sham therapy (n = 24).\n\n"
    table = (
        "| Measure | Mirror therapy: pre | Mirror therapy: post | Sham therapy: pre | Sham therapy: post |\n|---|---|---|---|---|\n"
        "| Reach | 28.0 ± 9.9 | 39.2 ± 10.1 | 27.5 ± 9.2 | 32.1 ± 9.8 |\n"
    )
    trial = read(text + table)
    assert len(trial.arms) == 2
    assert [(r.value, r.baseline.value if r.baseline else None) for r in tabled(trial, "Reach")] == [(39.2, 28.0), (32.1, 27.5)]


def test_a_row_at_baseline_and_the_people_of_its_own_group() -> None:
    table = """| | Kelp broth | | | Water | | |
|---|---|---|---|---|---|---|
| | Mean | SD | N | Mean | SD | N |
| Reach, baseline | 25.1 | 3.3 | 48 | 24.8 | 3.1 | 47 |
| Reach | 16.0 | 4.8 | 46 | 16.9 | 5.0 | 45 |
"""
    trial = read("Adults were randomly assigned to kelp broth (n = 48) or water (n = 48).\n\n" + table)
    found = [(r.value, r.total.value if r.total else None, r.baseline.value if r.baseline else None) for r in tabled(trial, "Reach")]
    assert found == [(16.0, 46, 25.1), (16.9, 45, 24.8)]


# -- two groups in one cell, what is told first ----------------------------------------------------------------------

ROLES = (
    "The intervention group (n = 33) received four humming lessons and one leaflet about sleep. The control group (n = 32) "
    "received a leaflet about sleep. Sleep matters: sleep, sleep and sleep again. Snoring fell in the intervention group.\n\n"
)


def test_a_cell_may_print_both_groups() -> None:
    table = (
        "| Scale | Baseline mean (SD); Intervention (control) | Post-test mean (SD); Intervention (control) "
        "| Follow-up after 9 weeks; Intervention (control) |\n|---|---|---|---|\n"
        "| Snoring | 9.1 ± 2.0 (8.8 ± 2.2) | 4.0 ± 1.5 (8.1 ± 2.0) | 5.2 ± 1.9 (8.3 ± 2.1) |\n"
    )
    found = [(r.value, r.dispersion.value if r.dispersion else None, r.timepoint is None) for r in tabled(read(ROLES + table), "Snoring")]
    assert found == [(4.0, 1.5, True), (5.2, 1.9, False), (8.1, 2.0, True), (8.3, 2.1, False)]


def test_two_groups_parted_by_versus() -> None:
    table = "| Event | Kelp broth vs water |\n|---|---|\n| Relief | 20 (65) vs 9 (31) |\n| Burping | 2 (6) vs 3 (10) |\n"
    sizes = "Adults were randomly assigned to kelp broth (n = 31) or water (n = 29).\n\n"
    assert [r.value for r in tabled(read(sizes + table), "Relief")] == [65, 31]


def test_a_group_and_its_other_name_are_no_pair() -> None:
    sizes = "Adults were randomly assigned to kelp broth (n = 31) or water (n = 29).\n\n"
    table = "| Outcome | Kelp broth (broth) | Water |\n|---|---|---|\n| Urate, mean (SD) | 8.1 (1.2) | 7.9 (1.1) |\n"
    assert [r.value for r in tabled(read(sizes + table), "Urate")] == [8.1, 7.9]


def test_p_values_under_a_group_do_not_compare_groups() -> None:
    table = """| | Kelp broth (n = 31) | | | Water (n = 29) | | | |
|---|---|---|---|---|---|---|---|
| | Before | After | P value | Before | After | P value | Difference, P value |
| Urate (mean ± SD) | 8.1 ± 1.2 | 6.9 ± 1.1 | 0.001 | 8.0 ± 1.3 | 7.8 ± 1.2 | 0.40 | 0.02 |
"""
    assert {r.p_value.value if r.p_value else None for r in tabled(read(PROSE + table), "Urate")} == {0.02}


def test_labels_that_span_both_rows_of_a_head_stand_over_one_column() -> None:
    right = """  Outcome   Kelp broth    Water    Score   Gap
  --------- ------------- -------- ------- -------- ------ -----
            Mean          95% CI   Mean    95% CI
  Urate     8.1           7 to 9   7.9     6 to 8   0.2    0.4
"""
    heads = [[cell.text for cell in path] for path in lay_out_table(find_tables(right)[0]).paths]
    assert heads == [
        ["Outcome"], ["Kelp broth", "Mean"], ["Kelp broth", "95% CI"], ["Water", "Mean"], ["Water", "95% CI"], ["Score"], ["Gap"],
    ]  # fmt: skip
    left = """  Item    Range   T0      T1      Gap
  ------- ------- ------- ------- ------- ------- ------- ------- -------
  Broth   Water   P       Broth   Water   P
  Urate   0-9     8.1     7.9     0.40    6.9     7.8     0.02    0.9
"""
    heads = [[cell.text for cell in path] for path in lay_out_table(find_tables(left)[0]).paths]
    assert heads[1:] == [
        ["Range"], ["T0", "Broth"], ["T0", "Water"], ["T0", "P"], ["T1", "Broth"], ["T1", "Water"], ["T1", "P"], ["Gap"],
    ]  # fmt: skip


def test_what_the_prose_tells_of_baseline_is_at_day_0_and_compared_with_nothing() -> None:
    text = (
        "Nurses were randomly assigned to coaching (n = 20) or a leaflet (n = 21). At baseline, mean pain scores were 6.1 ± 1.2 "
        "with coaching and 6.3 ± 1.1 with a leaflet. After 4 weeks, mean pain scores were 3.1 ± 1.2 and 5.3 ± 1.1."
    )
    found = [(r.value, r.timepoint.value if r.timepoint else None, r.comparator is not None) for r in read(text).results]
    assert found == [(6.1, 0, False), (6.3, 0, False), (3.1, 4, True), (5.3, 4, False)]


def test_times_and_sizes_in_rows_hold_for_the_rows_below() -> None:
    table = """| Outcome | Kelp broth | Water | P value |
|---|---|---|---|
| Baseline | | | |
| Urate, mean (SD) | 8.1 (1.2) | 7.9 (1.1) | 0.5 |
| Week 8 | n~c~ = 28 | n~c~ = 27 | |
| Urate, mean (SD) | 6.1 (1.2) | 7.4 (1.1) | 0.01 |
"""
    trial = read("Adults were randomly assigned to kelp broth (n = 31) or water (n = 29).\n\n" + table)
    found = [
        (r.value, r.total.value if r.total else None, r.timepoint.value if r.timepoint else None, r.baseline.value if r.baseline else None)
        for r in tabled(trial, "Urate")
    ]
    assert found == [(6.1, 28, 8, 8.1), (7.4, 27, 8, 7.9)]
    unsized = table.replace("| Baseline | | | |", "| | N = 31 | N = 29 | |")
    trial = read("Relief came with kelp broth, not with water, in the kelp broth group and in the water group.\n\n" + unsized)
    assert [size for _, _, size in arms(trial)] == [31, 29]


def test_a_head_of_labels_with_a_unit_is_measured_in_all_rows() -> None:
    table = "| Gargling time (h) | Kelp broth (n = 31) | Water (n = 29) |\n|---|---|---|\n| Morning | 1.2 ± 0.3 | 2.0 ± 0.4 |\n"
    trial = read(PROSE + table)
    assert [(r.value, r.unit) for r in tabled(trial, "Gargling time, Morning")] == [(1.2, None), (2.0, None)]


HARD = "| | Group A | Group B | Group C |\n|---|---|---|---|\n| Hardness (mean ± SD) | 1.2 ± 0.3 | 2.0 ± 0.4 | 3.0 ± 0.4 |\n"


def test_letters_before_the_treatments_of_a_list_name_its_groups() -> None:
    text = (
        "Eighty teeth were randomly divided into three groups: (A) saline, (B) kelp varnish, and (C) calcium paste plus laser. "
        "Hardness was higher in group C than in group A.\n\n"
    )
    found = {a.label.text.lower(): [i.text for i in a.interventions] for a in read(text + HARD).arms if a.label}
    assert found == {"group a": ["saline"], "group b": ["kelp varnish"], "group c": ["calcium paste plus laser"]}


def test_sizes_behind_the_treatments_of_lettered_groups() -> None:
    text = (
        "Teeth were divided into group A (saline, n = 26), group B (kelp varnish, n = 27), and group C (laser, n = 28). "
        "Hardness was higher in group C than in group A.\n\n"
    )
    trial = read(text + HARD)
    assert sorted(size or 0 for _, _, size in arms(trial)) == [26, 27, 28]
    assert [r.total.value if r.total else None for r in tabled(trial, "Hardness")] == [26, 27, 28]


def test_notes_tell_what_stands_behind_a_mean() -> None:
    table = (
        "Table 2. Scales\n\n| Scale | Kelp broth (n = 31) | | Water (n = 29) | |\n|---|---|---|---|---|\n"
        "| | Baseline, mean | Mean change by week 6 | Baseline, mean | Mean change by week 6 |\n"
        "| Gurgling scale | 24.3 (1.1) | -6.8 (1.5) | 24.7 (1.2) | -2.9 (1.6) |\n\nData are expressed as least squares mean (standard error).\n"
    )
    assert [(r.value, r.dispersion.kind if r.dispersion else None) for r in tabled(read(PROSE + table), "Gurgling scale")] == [
        (-6.8, "se"), (-2.9, "se"),
    ]  # fmt: skip
