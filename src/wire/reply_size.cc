// Texts are counted as they are escaped; everything around them is taken for more than it is.

#include "wire/reply_size.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/code_point.h"
#include "core/txn.h"

namespace treaty::wire {
namespace {

// Keys, numbers, times and marks of one object, with room to spare.
constexpr std::size_t kObject = 1'024;
constexpr unsigned char kEscaped = 6;  // \u00XX, and \ufffd for what is not UTF-8.

// Of a byte of ASCII: what it takes in a JSON string.
constexpr std::array<unsigned char, 0x80> MakeBytesOf() {
  std::array<unsigned char, 0x80> bytes{};
  for (std::size_t c = 0; c < bytes.size(); ++c) bytes[c] = c < 0x20 ? kEscaped : 1;
  for (const std::size_t c : {0x3cU, 0x3eU, 0x26U, 0x7fU}) bytes[c] = kEscaped;  // < > & DEL
  for (const std::size_t c : {0x22U, 0x5cU, 0x0aU, 0x0dU, 0x09U}) bytes[c] = 2;  // " \, LF CR TAB
  return bytes;
}
constexpr auto kBytesOf = MakeBytesOf();

// What nobody would see is written as a number, beyond the first plane as two.
std::size_t WideBytes(const CodePoint& wide) {
  if (!IsInvisible(wide.value)) return wide.bytes;
  return wide.value >= 0x10000 ? 2 * kEscaped : kEscaped;
}

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
  bytes += JsonBytes(txn.result) + JsonBytes(txn.rollback_reason) + JsonBytes(txn.last_outcome);
  bytes += JsonBytes(txn.force.who) + JsonBytes(txn.force.why);
  for (const Step& step : txn.body->steps) bytes += StepBytes(step);
  return bytes + TermsBytes(*txn.terms);
}

// Both rows of a branch. In a list only its progress is known.
std::size_t BranchBytes(const Txn& txn, std::size_t branch, std::size_t around) {
  around += JsonBytes(txn.branches[branch].last_outcome);
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
  std::size_t bytes = 2;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const CodePoint wide = utf8 && c >= 0x80 ? FirstCodePoint(text.substr(i)) : CodePoint{};
    if (wide.bytes > 0) {
      bytes += WideBytes(wide);
    } else {
      bytes += c < 0x80 ? kBytesOf[c] : kEscaped;
    }
    i += std::max<std::size_t>(wide.bytes, 1);
  }
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
