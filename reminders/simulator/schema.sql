-- The simulator's own store. Instants are seconds since 1970.

CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which messages were accepted
    reference TEXT NOT NULL,
    id TEXT NOT NULL,
    phone TEXT NOT NULL,
    sender TEXT NOT NULL,
    body TEXT NOT NULL,
    parts INTEGER NOT NULL,
    accepted_at REAL NOT NULL,
    -- 'delivered' or 'undelivered' from settles_at on, 'lost' from the start.
    outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'undelivered', 'lost')),
    settles_at REAL NOT NULL,
    -- Whether it was undelivered for a reason that may pass.
    temporary INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Not unique: with the fault `ignores_references` a repeated reference is sent again.
CREATE INDEX IF NOT EXISTS message_reference ON message (reference);
CREATE INDEX IF NOT EXISTS message_phone ON message (phone, seq);

-- What is still to be reported; a row goes when its receiver has said 2xx.
CREATE TABLE IF NOT EXISTS receipt (
    seq INTEGER PRIMARY KEY,
    message_seq INTEGER NOT NULL,
    event TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'given_up'))
) STRICT;

CREATE INDEX IF NOT EXISTS receipt_due ON receipt (callback_url, due_at) WHERE state = 'pending';

-- One row a number that was written to, for the list of phones.
CREATE TABLE IF NOT EXISTS phone (
    number TEXT PRIMARY KEY,
    texts INTEGER NOT NULL,
    last_seq INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS phone_latest ON phone (last_seq);

CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
