-- Schema version 2: every model, and topics.
--
-- Records of TCC, XA, message and workflow have fields and parts that version 1 does not know.

-- Small values by category and key: topics.
CREATE TABLE kv (
  cat     TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  value   TEXT    NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  PRIMARY KEY (cat, name)
) STRICT, WITHOUT ROWID;
