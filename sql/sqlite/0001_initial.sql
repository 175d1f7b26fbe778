-- Schema version 1 of the embedded store. Times are milliseconds UTC; 0 is "none".
--
-- An ordinary update of a running transaction touches no index: every index is partial, or on
-- columns that never change. Rows are appended, whatever gids the clients choose.

CREATE TABLE txn (
  id       INTEGER PRIMARY KEY,
  gid      TEXT    NOT NULL,
  model    INTEGER NOT NULL,
  status   INTEGER NOT NULL,  -- 0 prepared, 1 submitted, 2 aborting, 3 succeed, 4 failed
  created  INTEGER NOT NULL,
  updated  INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  wake     INTEGER NOT NULL,
  owner    TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  write_id INTEGER NOT NULL,
  state    BLOB    NOT NULL   -- proto/treaty/record.proto, State
) STRICT;

CREATE UNIQUE INDEX txn_gid ON txn (gid);

-- The list, newest first; the second for the search for failed ones.
CREATE INDEX txn_created ON txn (created, gid);
CREATE INDEX txn_failed ON txn (created, gid) WHERE status = 4;

-- Every unfinished transaction is in exactly one of these two: driven by its owner, or asleep.
CREATE INDEX txn_owned ON txn (gid) WHERE status < 3 AND owner <> '';
CREATE INDEX txn_asleep ON txn (wake, gid) WHERE status < 3 AND owner = '';

-- For retention.
CREATE INDEX txn_finished ON txn (finished) WHERE status >= 3;

-- The body of transaction `id` in parts: part n has the key id * 65536 + n. Part 0 carries the
-- options too, which an update of the progress then need not rewrite.
CREATE TABLE part (
  id    INTEGER PRIMARY KEY,
  terms BLOB,                 -- proto/treaty/record.proto, Terms; in part 0 only
  body  BLOB NOT NULL         -- proto/treaty/record.proto, Body
) STRICT;

-- The last time that the store's clock has shown, as far as no row tells.
CREATE TABLE clock (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  last INTEGER NOT NULL
) STRICT;

INSERT INTO clock (id, last) VALUES (1, 0);
