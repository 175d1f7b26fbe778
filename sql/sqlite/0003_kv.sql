-- Schema version 3: named texts with a version. Times are milliseconds UTC.
--
-- A change is conditional on the write id of what was read. The ids only ever grow, so that pages
-- stay in order while entries come and go.

CREATE TABLE kv (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  cat         TEXT    NOT NULL,  -- topics
  k           TEXT    NOT NULL,
  v           TEXT    NOT NULL,  -- of a topic: [{"url":…,"remark":…},…]
  version     INTEGER NOT NULL,
  write_id    INTEGER NOT NULL,
  create_time INTEGER NOT NULL,
  update_time INTEGER NOT NULL,
  UNIQUE (cat, k)
) STRICT;
