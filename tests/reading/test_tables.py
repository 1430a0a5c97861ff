"""Tables in a text: found, parsed into cells, offsets true; prose without them."""

from __future__ import annotations

import pytest

from extractor.lexicon import load_lexicon
from extractor.reading.markup import blank_markup, has_markup
from extractor.reading.reader import read_article
from extractor.reading.sections import find_sections
from extractor.reading.tables import Table, find_tables, prose_of
from extractor.records import make_article
from tests.growth import growth

PIPES = """Sleep was longer with the tea.

Table 3. Sleep after two weeks

| Outcome | Valerian tea (n = 31) | Water (n = 29) |
|:--- | ---: | :---: |
| Hours asleep | 7.1 ± 0.9 | 6.4 ± 1.1 |
| Woken \\| called | 4 (13) | |

Notes: Values are mean ± SD or number (%).

The tea was liked."""

SIMPLE = """The rest is in the table.

::::table-wrap
::: caption
Knee function by group
:::

  Variable                 Brace (n = 18)   Taping (n = 17)[a](#)   *P* value
  ------------------------ ---------------- ----------------------- -----------
  Steps[b](#)             4,210 (880)      3,905 (910)             0.31
   Stairs                  12 (66.7)        9 (52.9)                0.40

Values are mean (SD) or *n* (%).::::

Nobody fell."""

MULTILINE = """  ----------------------------------------
  Outcome           Early feeding  Late
                    (n = 44)       feeding
                                   (n = 41)
  ----------------- -------------- --------
  Weight gain, g    31 (12)        24 (11)

  Days in           9 (3)          12 (4)
  hospital
  ----------------------------------------
"""


def texts(table: Table) -> list[list[str | None]]:
    return [[cell.text if cell is not None else None for cell in row.cells] for row in (*table.header, *table.rows)]


def test_pipes() -> None:
    (table,) = find_tables(PIPES)
    assert texts(table) == [
        ["Outcome", "Valerian tea (n = 31)", "Water (n = 29)"],
        ["Hours asleep", "7.1 ± 0.9", "6.4 ± 1.1"],
        ["Woken \\| called", "4 (13)", None],
    ]
    assert table.caption is not None and PIPES[slice(*table.caption)] == "Table 3. Sleep after two weeks"
    assert table.notes is not None and "Values are mean" in PIPES[slice(*table.notes)]


def test_columns_under_dashes_with_shortened_links() -> None:
    (table,) = find_tables(SIMPLE)
    assert texts(table) == [
        ["Variable", "Brace (n = 18)", "Taping (n = 17)", "P  value"],
        ["Steps", "4,210 (880)", "3,905 (910)", "0.31"],
        ["Stairs", "12 (66.7)", "9 (52.9)", "0.40"],
    ]
    assert [row.indent for row in table.rows] == [0, 1]
    assert table.caption is not None and SIMPLE[slice(*table.caption)].strip() == "Knee function by group"
    assert table.notes is not None and "Values are mean" in SIMPLE[slice(*table.notes)]


def test_a_row_without_one_cell_keeps_the_others_in_their_columns() -> None:
    text = SIMPLE.replace("12 (66.7) ", "          ")
    (table,) = find_tables(text)
    assert texts(table)[2] == ["Stairs", None, "9 (52.9)", "0.40"]


def test_cells_of_several_lines() -> None:
    (table,) = find_tables(MULTILINE)
    assert texts(table) == [
        ["Outcome", "Early feeding (n = 44)", "Late feeding (n = 41)"],
        ["Weight gain, g", "31 (12)", "24 (11)"],
        ["Days in hospital", "9 (3)", "12 (4)"],
    ]


@pytest.mark.parametrize("text", [PIPES, SIMPLE, MULTILINE])
def test_offsets_hold(text: str) -> None:
    for table in find_tables(text):
        for row in (*table.header, *table.rows):
            for cell in row.cells:
                if cell is not None:
                    assert " ".join(blank_markup(text[s:e]) for s, e in cell.parts) == cell.text
                    for i in range(len(cell.text)):
                        start, end = cell.place(i, i + 1)
                        assert start == end or blank_markup(text)[start:end] == cell.text[i]


def test_dashes_alone_are_no_table() -> None:
    assert find_tables("A heading\n---------\n\nPain fell -- as hoped -- from 5 to 3.\n\n- - -\n") == ()


def test_prose_is_read_without_tables_and_marks() -> None:
    prose = prose_of(SIMPLE, find_tables(SIMPLE))
    assert len(prose) == len(SIMPLE)
    assert prose.split() == ["The", "rest", "is", "in", "the", "table.", "Nobody", "fell."]
    reading = read_article(make_article(id="t", text=SIMPLE, kind="full_text"), load_lexicon())
    assert [SIMPLE[slice(*pair)] for pair in reading.sentences] == ["The rest is in the table.", "Nobody fell."]
    assert len(reading.tables) == 1


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Pain fell ([Table 2](#)), *P* < 0.05.", "Pain fell (            ),  P  < 0.05."),
        ("HbA~1c~ was 7.1%^[a](#)^", "HbA 1c  was 7.1%"),
        ("12 (4)** and 10^-4^", "12 (4)   and 10^-4^"),
    ],
)
def test_marks_are_blanked(text: str, plain: str) -> None:
    assert blank_markup(text).rstrip() == plain
    assert len(blank_markup(text)) == len(text)


def test_a_section_s_name_ends_its_heading() -> None:
    text = "# Abstract ## Results Cough fell. ## Conclusions: Fine. ## Results of trials"
    assert blank_markup(text).split("\n") == ["", " Abstract ", "", " Results", "Cough fell. ", "", " Conclusions:", "Fine. ", "", " Results of trials"]
    assert len(blank_markup(text)) == len(text)


def test_the_end_of_a_wrap_ends_its_table_within_the_line() -> None:
    text = (
        "::::table-wrap\n::: caption\nTable 1. Cough\n:::\n\n"
        "  Item   Broth   Water\n  ------ ------- -------\n                       \n  Cough  12      3:::: The cough fell. It fell again.\n"
    )
    (table,) = find_tables(text)
    assert [[cell.text if cell else None for cell in row.cells] for row in table.rows] == [["Cough", "12", "3"]]
    assert "The cough fell. It fell again." in prose_of(text, (table,))


def test_plain_prose_has_no_marks() -> None:
    assert not has_markup("The dose was 5 * 3 mg (n = 12); CD4+ cells rose. No. #4 fell.")


def test_sections_by_marked_headings() -> None:
    text = "# Abstract ## Methods We asked. ## Results It fell. # Results ## Patients We saw 10. # Discussion Fine."
    found = [(s.label, text[s.start : s.end].strip()) for s in find_sections(make_article(id="t", text=text))]
    assert found == [
        ("other", "# Abstract"),
        ("methods", "## Methods We asked."),
        ("results", "## Results It fell."),
        ("results", "# Results ## Patients We saw 10."),
        ("conclusions", "# Discussion Fine."),
    ]


@pytest.mark.parametrize(
    "piece",
    ["  a   b   c\n  --- --- ---\n  1   2   3\n\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "--- ", "::::table-wrap\n", "^a", "[x](#) ",
     "  ------\n", "*", "~a", "# Results "],
)  # fmt: skip
def test_linear_time(piece: str) -> None:
    def work(size: int) -> None:
        text = piece * size
        prose_of(text, find_tables(text))
        find_sections(make_article(id="t", text=text))

    assert growth(work, 400, 3200) < 24
