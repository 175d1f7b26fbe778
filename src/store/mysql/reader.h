// The queries about transactions, each on a connection that commits every statement by itself.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "store/mysql/connection.h"
#include "store/store.h"
#include "wire/record/record_codec.h"

namespace treaty {

// One connection and what it reads with; for one thread at a time. See Store for the methods.
class MysqlReader {
 public:
  // `log` is not owned and outlives the reader.
  MysqlReader(std::unique_ptr<MysqlConnection> connection, Log& log);

  MysqlConnection& connection() { return *connection_; }

  Result<std::optional<StoredTxn>> Load(const std::string& gid);
  // An error is that of all of them.
  using Records = std::vector<Result<std::optional<StoredTxn>>>;
  Result<Records> LoadMany(std::span<const std::string> gids);
  Result<Findings> Look(const std::string& owner, Time until, const DueKey& after,
                        std::size_t limit);
  Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const DueKey& after,
                                          std::size_t limit);
  Result<std::vector<DueKey>> FindLater(const DueKey& after, std::size_t limit);
  Result<ParkedPage> CountParked(const DueKey& after, std::size_t limit);
  Result<ListPage> List(const ListFilter& filter);

 private:
  Result<std::vector<DueKey>> ReadKeys(const SqlText& sql);
  Result<std::vector<std::string>> FindEnded(const std::string& owner, const std::string& from);
  using FoundByGid = std::unordered_map<std::string, Result<StoredTxn>>;
  Result<FoundByGid> LoadRows(std::span<const std::string> gids);
  Status LoadBranches(FoundByGid& found);
  Status AddBranch(FoundByGid& found, const MysqlRow& row);
  StoredTxn ReadListed(const MysqlRow& row);

  std::unique_ptr<MysqlConnection> connection_;
  Log& log_;
  RecordCodec codec_;
};

}  // namespace treaty
