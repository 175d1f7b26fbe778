#include "wire/kv_reply.h"

#include "wire/json_text.h"
#include "wire/reply_size.h"

namespace treaty::wire {
namespace {

// Every key, always.
void AppendEntry(std::string& out, const KvEntry& entry) {
  ObjectWriter object(out);
  object.Number("id", entry.id);
  object.TimeOrNull("create_time", entry.created);
  object.TimeOrNull("update_time", entry.updated);
  object.String("cat", entry.cat);
  object.String("k", entry.key);
  object.String("v", entry.value);
  object.Number("version", static_cast<std::int64_t>(entry.version));
  object.Close();
}

std::string EntriesOf(const KvPage& page) {
  std::string out;
  out.reserve(KvReplyBytes(page));
  out = R"({"kv":[)";
  const char* comma = "";
  for (const KvEntry& entry : page.entries) {
    out += comma;
    comma = ",";
    AppendEntry(out, entry);
  }
  out += ']';
  return out;
}

}  // namespace

std::string KvReply(const KvPage& page) {
  std::string out = EntriesOf(page);
  out += '}';
  return out;
}

std::string KvPageReply(const KvPage& page) {
  std::string out = EntriesOf(page);
  out += R"(,"next_position":)";
  AppendString(out, page.next_position);
  out += '}';
  return out;
}

}  // namespace treaty::wire
