// The reading connection: single records, the two recovery indexes and the list.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/kv_reader.h"
#include "store/store.h"
#include "wire/record/record_codec.h"

namespace treaty {

// For one thread at a time. Every call sees one consistent state and ends its snapshot.
class Reader {
 public:
  // `connection` has its schema. `log` is not owned and outlives the reader.
  static Result<std::unique_ptr<Reader>> Create(SqliteConnection connection, Log& log);

  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // See Store.
  Result<std::optional<StoredTxn>> Load(const std::string& gid);
  Result<std::vector<DueKey>> FindDue(Time until, const DueKey& after, std::size_t limit);
  Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const std::string& after,
                                          std::size_t limit);
  Result<std::vector<DueKey>> FindLater(const DueKey& after, std::size_t limit);
  Result<ParkedPage> CountParked(const DueKey& after, std::size_t limit);
  Result<ListPage> List(const ListFilter& filter);

  KvReader& kv() { return kv_; }

  // The latest time that the database shows.
  Result<Time> LastTime();

 private:
  Reader(SqliteConnection connection, Log& log);
  Status PrepareAll();
  Result<std::optional<StoredTxn>> LoadRow(const std::string& gid);
  Status LoadParts(Txn& txn);
  Statement& ListStatement(const ListFilter& filter);
  Result<ListPage> ListOne(const std::string& gid);
  Result<ListPage> ReadPage(Statement& list, std::size_t limit);
  StoredTxn ReadListed(const Statement& row);
  Result<std::vector<DueKey>> ReadKeys(Statement& statement, bool with_owner = false);

  SqliteConnection connection_;
  Log& log_;
  KvReader kv_;
  RecordCodec codec_;
  Statement load_, load_parts_, find_due_, find_orphans_, find_later_, last_time_;
  Statement parked_;
  Statement list_one_, list_all_, list_unfinished_, list_failed_;
};

}  // namespace treaty
