// Texts are counted as they are escaped; everything around them is taken for more than it is.

#include "wire/reply_size.h"

#include <simdjson.h>

#include <array>

#include "core/txn.h"

namespace treaty::wire {
namespace {

// Keys, numbers, times and marks of one object, with room to spare.
constexpr std::size_t kObject = 1'024;
constexpr unsigned char kEscaped = 6;  // \u00XX, and \ufffd for what is not UTF-8.

// By byte: what it takes in a JSON string. What is not ASCII stays as it is in UTF-8.
using BytesOf = std::array<unsigned char, 256>;
constexpr BytesOf MakeBytesOf(bool utf8) {
  BytesOf bytes{};
  for (std::size_t c = 0; c < bytes.size(); ++c) bytes[c] = c < 0x80 || utf8 ? 1 : kEscaped;
  for (std::size_t c = 0; c < 0x20; ++c) bytes[c] = kEscaped;
  for (const std::size_t c : {0x3cU, 0x3eU, 0x26U, 0x7fU}) bytes[c] = kEscaped;  // < > & DEL
  for (const std::size_t c : {0x22U, 0x5cU, 0x0aU, 0x0dU, 0x09U}) bytes[c] = 2;  // " \, LF CR TAB
  return bytes;
}
constexpr BytesOf kInUtf8 = MakeBytesOf(true);
constexpr BytesOf kInOther = MakeBytesOf(false);

std::size_t Base64Bytes(std::size_t bytes) { return (bytes + 2) / 3 * 4 + 2; }

std::size_t HeaderBytes(const std::vector<Header>& headers) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : headers) bytes += JsonBytes(name) + JsonBytes(value) + 2;
  return bytes;
}

// Options stand there twice, once as a text whose escapes are escaped once more.
std::size_t TermsBytes(const Terms& terms) {
  return JsonBytes(terms.custom_data) + 3 * HeaderBytes(terms.branch_headers);
}

std::size_t StepBytes(const Step& step) {
  constexpr std::size_t kStep = 64;
  return kStep + JsonBytes(step.action) + JsonBytes(step.compensate) + JsonBytes(step.payload);
}

// Everything but branches.
std::size_t TxnBytes(const StoredTxn& stored) {
  const Txn& txn = stored.txn;
  std::size_t bytes = 2 * kObject + JsonBytes(txn.gid()) + JsonBytes(stored.owner);
  bytes += JsonBytes(txn.body->query_prepared) + JsonBytes(txn.body->protocol);
  bytes += JsonBytes(txn.result) + JsonBytes(txn.rollback_reason);
  bytes += JsonBytes(txn.force.who) + JsonBytes(txn.force.why);
  for (const Step& step : txn.body->steps) bytes += StepBytes(step);
  return bytes + TermsBytes(*txn.terms);
}

// Both rows of a branch. In a list only its progress is known.
std::size_t BranchBytes(const Txn& txn, std::size_t branch, std::size_t around) {
  if (branch >= txn.registered.size() && branch >= CountBranches(*txn.body)) return 2 * around;
  const Step& step = txn.step(branch);
  const std::size_t urls =
      JsonBytes(UrlOf(txn, branch, Op::kAction)) + JsonBytes(UrlOf(txn, branch, Op::kCompensate));
  const BranchIndex index{static_cast<std::uint32_t>(branch)};
  const std::size_t names = JsonBytes(BranchId(txn, index)) + JsonBytes(step.op);
  return 2 * (around + names + Base64Bytes(step.payload.size())) + urls;
}

}  // namespace

std::size_t JsonBytes(std::string_view text) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  const BytesOf& bytes_of = utf8 ? kInUtf8 : kInOther;
  std::size_t bytes = 2;
  for (const char c : text) bytes += bytes_of[static_cast<unsigned char>(c)];
  return bytes;
}

std::size_t TxnReplyBytes(const StoredTxn& stored) {
  const Txn& txn = stored.txn;
  const std::size_t around = kObject / 2 + JsonBytes(txn.gid());
  std::size_t bytes = TxnBytes(stored);
  for (std::size_t i = 0; i < txn.branches.size(); ++i) bytes += BranchBytes(txn, i, around);
  return bytes;
}

std::size_t ListReplyBytes(const ListPage& page) {
  std::size_t bytes = kObject + JsonBytes(page.next_position);
  for (const StoredTxn& stored : page.txns) bytes += TxnBytes(stored);
  return bytes;
}

std::size_t KvReplyBytes(const KvPage& page) {
  std::size_t bytes = kObject;
  for (const KvEntry& entry : page.entries) {
    bytes += kObject / 2 + JsonBytes(entry.cat) + JsonBytes(entry.key) + JsonBytes(entry.value);
  }
  return bytes;
}

}  // namespace treaty::wire
