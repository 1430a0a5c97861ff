-- From store version 1 to 2: the index by components and concepts, the log of changes, and texts set aside.
-- The index is dropped and made anew; the code fills it from the records once all scripts have run.

CREATE INDEX documents_document_id ON documents (document_id);
CREATE INDEX copies_document_id ON copies (document_id);

DROP TABLE results;
DROP TABLE names;
DROP TABLE trial_keys;
DROP TABLE trials;

ALTER TABLE runs ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0;

-- Texts that a cheap test told to hold no results of a trial. A version of the extractor asks only once.
CREATE TABLE set_aside (
    sha256            TEXT PRIMARY KEY,
    document_id       TEXT NOT NULL,
    url               TEXT,
    reason            TEXT NOT NULL,
    extractor_version TEXT NOT NULL,
    run               INTEGER REFERENCES runs (id)
) WITHOUT ROWID;

-- Every change of what a document says: added, read anew, withdrawn. A graph made of the store remembers the last id it
-- has seen and is brought up to date from here.
CREATE TABLE changes (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    document TEXT NOT NULL                           -- documents.key
);

-- ---- the index

CREATE TABLE trials (
    id          INTEGER PRIMARY KEY,
    record      INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,                       -- id inside the record, "t1"
    role        TEXT NOT NULL,
    acronym     TEXT,                                -- as printed
    acronym_key TEXT,                                -- "acronym:dapahf", with or without a number
    phase       TEXT,
    enrolled    REAL,
    component   INTEGER NOT NULL DEFAULT 0,          -- equal for all that share keys, also through others
    UNIQUE (record, name)
);
CREATE INDEX trials_acronym ON trials (acronym_key);
CREATE INDEX trials_component ON trials (component);

-- What may make trials of two documents one: registry ids, acronyms with a number as "acronym:keynote189", links as
-- "doi:10.1000/x", and as whole numbers the candidate keys ("match:..."), for what two trials seldom have in common. What
-- shares no key with a trial, not even through others, has no say in how it is assembled.
CREATE TABLE trial_keys (
    key   NOT NULL,
    trial INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,
    PRIMARY KEY (key, trial)
) WITHOUT ROWID;
CREATE INDEX trial_keys_trial ON trial_keys (trial);

-- What documents name, each thing once: its preferred name, the other names, and the words of the preferred name in any
-- spelling and number, by which a general name ("lung cancer") finds its special forms.
CREATE TABLE concepts (
    id      INTEGER PRIMARY KEY,
    label   TEXT NOT NULL,                           -- drug, condition, outcome, ...
    concept TEXT NOT NULL,
    UNIQUE (label, concept)
);

CREATE TABLE names (
    id      INTEGER PRIMARY KEY,
    concept INTEGER NOT NULL REFERENCES concepts (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    UNIQUE (concept, name)
);
CREATE INDEX names_name ON names (name);

CREATE TABLE concept_words (
    word    TEXT NOT NULL,
    concept INTEGER NOT NULL REFERENCES concepts (id) ON DELETE CASCADE,
    PRIMARY KEY (word, concept)
) WITHOUT ROWID;
CREATE INDEX concept_words_concept ON concept_words (concept);

-- Which record uses which name.
CREATE TABLE record_names (
    record INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    name   INTEGER NOT NULL REFERENCES names (id),
    PRIMARY KEY (record, name)
) WITHOUT ROWID;
CREATE INDEX record_names_name ON record_names (name);

-- Which trial is about what: drugs and other interventions of its arms (of a document on one trial all it names),
-- conditions, outcomes.
CREATE TABLE trial_concepts (
    trial   INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,
    concept INTEGER NOT NULL REFERENCES concepts (id),
    PRIMARY KEY (trial, concept)
) WITHOUT ROWID;
CREATE INDEX trial_concepts_concept ON trial_concepts (concept);

CREATE TABLE results (
    trial      INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,                        -- id inside the record
    outcome    TEXT,                                 -- concept
    measure    TEXT NOT NULL,
    value      REAL,
    unit       TEXT,
    events     REAL,
    total      REAL,
    ci_low     REAL,
    ci_high    REAL,
    p_op       TEXT,
    p_value    REAL,
    time_value REAL,
    time_unit  TEXT,
    direction  TEXT,
    context    TEXT NOT NULL,
    PRIMARY KEY (trial, name)
) WITHOUT ROWID;
CREATE INDEX results_outcome ON results (outcome, measure);

INSERT INTO changes (document) SELECT key FROM documents ORDER BY id;
