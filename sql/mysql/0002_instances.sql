-- Schema version 2: any number of instances. Times are milliseconds UTC.
--
-- Version 1 knew one daemon at a time, by a row in treaty_lease: stop it before this is run.

DROP TABLE IF EXISTS treaty_lease;

-- Who drives transactions: one row per start of an instance, alive as long as `renewals` grows.
CREATE TABLE IF NOT EXISTS treaty_instance (
  owner    VARBINARY(255) NOT NULL,
  instance VARBINARY(255) NOT NULL,
  renewals BIGINT         NOT NULL,
  renewed  BIGINT         NOT NULL,  -- when last, by the server's clock
  clock    BIGINT         NOT NULL,  -- the same by its own clock, for those who start later
  PRIMARY KEY (owner),
  UNIQUE KEY treaty_instance_name (instance)  -- one start at a time
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
