#include "engine/plain_store.h"

#include <utility>

namespace treaty {
namespace {

constexpr char kAway[] = "the store is unavailable; try again later";
constexpr char kNotWritable[] = "the store takes no writes; the coordinator's log says why";

// `what` is damaged, or cannot be stored as it is.
std::string Words(const Status& trouble, const std::string& what) {
  switch (trouble.code()) {
    case Code::kUnknown:
      return "the store does not answer, and may have the change or not; repeat the request";
    case Code::kBlocked:
      return "somebody else holds a lock on " + what + "; try again later";
    case Code::kDataLoss:
      return what + " is damaged or of an unknown version; the coordinator's log says more";
    case Code::kInvalidArgument:
      return "the store does not hold anything so large";
    case Code::kInternal:
      return "the store refuses " + what + ", and will again; the coordinator's log says why";
    default:
      return kAway;
  }
}

}  // namespace

bool PlainStore::IsNew(const std::string& line) {
  const std::lock_guard lock(mutex_);
  const Time now = store_.clock().Now();
  if (line == logged_ && now < logged_at_ + kQuiet) return false;
  logged_ = line;
  logged_at_ = now;
  return true;
}

Status PlainStore::Told(const Status& trouble, const std::string& gid, const std::string& text) {
  const std::string line = "store: " + trouble.message();
  if (IsNew(line)) log_.Write(LogLevel::kError, gid, line);
  return {trouble.code(), text};
}

Status PlainStore::Commit(std::span<const Write> writes, std::span<Verdict> verdicts) {
  Status status = store_.Commit(writes, verdicts);
  return status.ok() ? status : Told(status, "", Words(status, "the change"));
}

Result<std::optional<StoredTxn>> PlainStore::Load(const std::string& gid) {
  return Plain(gid, store_.Load(gid));
}

std::vector<Result<std::optional<StoredTxn>>> PlainStore::LoadMany(
    std::span<const std::string> gids) {
  auto found = store_.LoadMany(gids);
  for (std::size_t i = 0; i < found.size(); ++i) found[i] = Plain(gids[i], std::move(found[i]));
  return found;
}

Result<std::optional<StoredTxn>> PlainStore::Plain(const std::string& gid,
                                                   Result<std::optional<StoredTxn>> found) {
  if (found.ok()) return found;
  return Told(found.status(), gid, Words(found.status(), "the record of transaction " + gid));
}

Result<std::vector<DueKey>> PlainStore::FindLater(const DueKey& after, std::size_t limit) {
  auto found = store_.FindLater(after, limit);
  if (found.ok()) return found;
  return Told(found.status(), "", Words(found.status(), "the index of what is due"));
}

// A position that is none of the store's is the client's mistake, in the store's words.
Result<ListPage> PlainStore::List(const ListFilter& filter) {
  auto page = store_.List(filter);
  if (page.ok() || page.status().code() == Code::kInvalidArgument) return page;
  return Told(page.status(), "", Words(page.status(), "the list of transactions"));
}

Result<std::optional<KvEntry>> PlainStore::LoadKv(const std::string& cat, const std::string& key) {
  auto entry = store_.LoadKv(cat, key);
  if (entry.ok()) return entry;
  return Told(entry.status(), "", Words(entry.status(), "the stored entry " + key));
}

Result<KvPage> PlainStore::ListKv(const KvFilter& filter) {
  auto page = store_.ListKv(filter);
  if (page.ok() || page.status().code() == Code::kInvalidArgument) return page;
  return Told(page.status(), "", Words(page.status(), "the list of entries"));
}

Status PlainStore::CheckWritable() {
  Status status = store_.CheckWritable();
  return status.ok() ? status : Told(status, "", kNotWritable);
}

}  // namespace treaty
