"""A made corpus with known truth: 300 documents on 100 invented trials, for the tests of assembly.

``python -m tests.made_corpus`` extracts and assembles it and prints how well the trials are told apart and which of the
planted contradictions and slips are found. Drugs, trials, figures and texts are invented; everything is drawn from one
seed, so the corpus is the same each time.
"""
