-- Schema version 1 for MySQL and MariaDB. Times are milliseconds UTC; 0 is "none". Texts are
-- bytes, whatever the server's character set is: compared byte by byte, blanks at the end count.
--
-- Rows are stored in the order of creation, whatever gids the clients choose. An ordinary update
-- of a running transaction touches no index.

CREATE TABLE IF NOT EXISTS treaty_txn (
  created  BIGINT         NOT NULL,
  gid      VARBINARY(128) NOT NULL,
  model    TINYINT        NOT NULL,
  status   TINYINT        NOT NULL,  -- 0 prepared, 1 submitted, 2 aborting, 3 succeed, 4 failed
  updated  BIGINT         NOT NULL,
  finished BIGINT         NOT NULL,
  place    VARBINARY(255) NOT NULL,  -- '': asleep; '@owner': driven; '.succeed', '.failed': finished
  due      BIGINT         NOT NULL,  -- when to wake it, or when it finished
  version  BIGINT         NOT NULL,
  write_id BIGINT         NOT NULL,
  state    MEDIUMBLOB     NOT NULL,  -- proto/treaty/record.proto, State
  PRIMARY KEY (created, gid),
  UNIQUE KEY treaty_txn_gid (gid),
  KEY treaty_txn_place (place, due, gid)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The body in parts: part 0 is the submission and carries the options too, which an update of the
-- progress then need not rewrite; part n is the n-th registered branch.
CREATE TABLE IF NOT EXISTS treaty_part (
  created BIGINT         NOT NULL,
  gid     VARBINARY(128) NOT NULL,
  n       INT            NOT NULL,
  terms   MEDIUMBLOB,                -- proto/treaty/record.proto, Terms; in part 0 only
  body    LONGBLOB       NOT NULL,   -- proto/treaty/record.proto, Body
  PRIMARY KEY (created, gid, n)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Named texts with a version. The ids only ever grow, so that pages stay in order.
CREATE TABLE IF NOT EXISTS treaty_kv (
  id          BIGINT          NOT NULL AUTO_INCREMENT,
  cat         VARBINARY(64)   NOT NULL,  -- topics
  k           VARBINARY(255)  NOT NULL,
  v           LONGBLOB        NOT NULL,  -- of a topic: [{"url":…,"remark":…},…]
  version     BIGINT          NOT NULL,
  write_id    BIGINT          NOT NULL,
  create_time BIGINT          NOT NULL,
  update_time BIGINT          NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY treaty_kv_name (cat, k)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who drives transactions: one row per start of an instance, alive as long as `renewals` grows.
CREATE TABLE IF NOT EXISTS treaty_lease (
  owner    VARBINARY(255) NOT NULL,
  instance VARBINARY(255) NOT NULL,
  renewed  BIGINT         NOT NULL,  -- when last, by the server's clock: for people, not for programs
  renewals BIGINT         NOT NULL,
  PRIMARY KEY (owner)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The last time that the store's clock has shown.
CREATE TABLE IF NOT EXISTS treaty_clock (
  id   INT    NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT INTO treaty_clock (id, last) VALUES (1, 0) ON DUPLICATE KEY UPDATE id = treaty_clock.id;
