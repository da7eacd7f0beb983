-- What interactions are listed by is apart from what they say, so that a million of them can be filtered without reading a word.

-- A workspace and a kind: few of them, and each is a range of one index.
CREATE TABLE facet (
    id INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL,
    kind TEXT NOT NULL,
    UNIQUE (workspace, kind)
) STRICT;

CREATE TABLE interaction (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    time INTEGER NOT NULL,
    facet INTEGER NOT NULL,
    -- 0 while nobody has judged it.
    verdict INTEGER NOT NULL,
    -- The numbers of the files it is about, four bytes each.
    files BLOB NOT NULL
) STRICT;
CREATE INDEX interaction_order ON interaction (facet, verdict, time);

-- JSON, compressed.
CREATE TABLE body (
    seq INTEGER PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE interaction_file (
    file INTEGER NOT NULL,
    time INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (file, time, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    event TEXT NOT NULL
) STRICT;
CREATE INDEX feedback_of ON feedback (seq);
CREATE INDEX feedback_order ON feedback (time);

-- Which interaction went into which sample, sample into which dataset, dataset into which generation. Ids only: it outlives what is
-- forgotten, and says what a model has seen that it should not have.
CREATE TABLE sample_of (
    sample TEXT NOT NULL,
    interaction TEXT NOT NULL,
    PRIMARY KEY (sample, interaction)
) STRICT, WITHOUT ROWID;
CREATE INDEX sample_from ON sample_of (interaction);
CREATE TABLE dataset_sample (
    dataset TEXT NOT NULL,
    sample TEXT NOT NULL,
    PRIMARY KEY (dataset, sample)
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_from ON dataset_sample (sample);
CREATE TABLE generation (
    label TEXT PRIMARY KEY,
    dataset TEXT NOT NULL,
    parent TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX generation_from ON generation (dataset);
CREATE TABLE tainted (
    sample TEXT PRIMARY KEY,
    time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
