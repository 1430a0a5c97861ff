-- The evidence store: one SQLite file in WAL mode.
-- PRAGMA application_id = 1163281496 ("EVDX"), PRAGMA user_version = 3; both are set when the store is made.
-- The record itself is records.body: its JSON (schemas/record.schema.json), deflated (zlib, RFC 1950). The tables after
-- failures are an index over the current record of each document, for selection from SQL, and can be filled anew from the
-- records at any time; names in them are folded (case, blanks, dashes).

CREATE TABLE runs (
    id                INTEGER PRIMARY KEY,
    started           TEXT NOT NULL,                 -- ISO 8601, UTC
    ended             TEXT,
    extractor_version TEXT NOT NULL,
    inputs            TEXT NOT NULL,                 -- JSON array, as given by the user
    workers           INTEGER NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('running', 'finished', 'interrupted', 'stopped')),
    added             INTEGER NOT NULL DEFAULT 0,
    skipped           INTEGER NOT NULL DEFAULT 0,    -- read already by this version of the extractor
    failed            INTEGER NOT NULL DEFAULT 0,
    set_aside         INTEGER NOT NULL DEFAULT 0     -- cannot report results of a trial: not read
);

-- A document is its text: the same text at a second address is a row in copies.
CREATE TABLE documents (
    id          INTEGER PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,                -- document_id, or document_id@hash where that id was taken
    sha256      TEXT NOT NULL UNIQUE,
    document_id TEXT NOT NULL,
    kind        TEXT NOT NULL,
    title       TEXT,
    url         TEXT,
    source      TEXT,
    language    TEXT,
    published   TEXT,
    pmid        TEXT,
    pmcid       TEXT,
    doi         TEXT
);
CREATE INDEX documents_document_id ON documents (document_id);

CREATE TABLE copies (
    document    INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    document_id TEXT NOT NULL,
    url         TEXT NOT NULL DEFAULT '',
    source      TEXT,
    PRIMARY KEY (document, document_id, url)
) WITHOUT ROWID;
CREATE INDEX copies_document_id ON copies (document_id);

CREATE TABLE records (
    id                INTEGER PRIMARY KEY,
    document          INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    extractor_name    TEXT NOT NULL,
    extractor_version TEXT NOT NULL,
    run               INTEGER REFERENCES runs (id),
    current           INTEGER NOT NULL CHECK (current IN (0, 1)),   -- 1: the one that is indexed and queried
    body              BLOB NOT NULL,
    UNIQUE (document, extractor_version)
);
CREATE UNIQUE INDEX records_current ON records (document) WHERE current = 1;

-- What could not be fetched, read, extracted or stored. The same failure in a later run is the same row.
CREATE TABLE failures (
    id        INTEGER PRIMARY KEY,
    place     TEXT NOT NULL,                         -- file, file:line or address
    stage     TEXT NOT NULL CHECK (stage IN ('fetch', 'parse', 'extract', 'store')),
    reason    TEXT NOT NULL,
    document  TEXT NOT NULL DEFAULT '',
    first_run INTEGER REFERENCES runs (id),
    last_run  INTEGER REFERENCES runs (id),
    times     INTEGER NOT NULL DEFAULT 1,
    resolved  INTEGER NOT NULL DEFAULT 0 CHECK (resolved IN (0, 1)),   -- 1: the document was read later
    UNIQUE (place, stage, reason, document)
);
CREATE INDEX failures_document ON failures (document);

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

-- Words that are said of the people studied, in any spelling and number.
CREATE TABLE people_words (
    word  TEXT NOT NULL,
    trial INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,
    PRIMARY KEY (word, trial)
) WITHOUT ROWID;
CREATE INDEX people_words_trial ON people_words (trial);

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
