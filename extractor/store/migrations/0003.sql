-- From store version 2 to 3: words that are said of the people studied; candidate keys are whole numbers.
-- The index is emptied; the code fills it from the records once all scripts have run.

DELETE FROM results;
DELETE FROM trial_concepts;
DELETE FROM record_names;
DELETE FROM concept_words;
DELETE FROM names;
DELETE FROM concepts;
DROP TABLE trial_keys;
DELETE FROM trials;

-- What may make trials of two documents one: registry ids, acronyms with a number as "acronym:keynote189", links as
-- "doi:10.1000/x", and as whole numbers the candidate keys ("match:..."), for what two trials seldom have in common. What
-- shares no key with a trial, not even through others, has no say in how it is assembled.
CREATE TABLE trial_keys (
    key   NOT NULL,
    trial INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,
    PRIMARY KEY (key, trial)
) WITHOUT ROWID;
CREATE INDEX trial_keys_trial ON trial_keys (trial);

-- Words that are said of the people studied, in any spelling and number.
CREATE TABLE people_words (
    word  TEXT NOT NULL,
    trial INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,
    PRIMARY KEY (word, trial)
) WITHOUT ROWID;
CREATE INDEX people_words_trial ON people_words (trial);
