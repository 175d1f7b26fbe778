#include "api/http/topics.h"

#include <string>
#include <utility>

#include "api/http/parameters.h"
#include "api/http/reply.h"
#include "api/http/reply_memory.h"
#include "wire/kv_reply.h"
#include "wire/reply_size.h"
#include "wire/topic_request.h"

namespace treaty::api {
namespace {

wire::TopicParameters ParametersOf(const Target& target) {
  return {target.Parameter("topic"), target.Parameter("url"), target.Parameter("remark")};
}

KvFilter FilterOf(const Target& target) {
  return {.cat = std::string(target.Parameter("cat")), .key = std::string(target.Parameter("key"))};
}

// A name in a path, where its own slashes and percent signs are still escaped.
std::string NameIn(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const bool slash = text.starts_with("%2F") || text.starts_with("%2f");
    const bool percent = text.starts_with("%25");
    name += slash ? '/' : text.front();
    text.remove_prefix(slash || percent ? 3 : 1);
  }
  return name;
}

}  // namespace

void Topics::Edit(Result<TopicEdit> edit, ReplyFn reply) {
  if (!edit.ok()) return reply(StatusReply(edit.status(), config_));
  engine_.EditTopic(*std::move(edit), [this, reply = std::move(reply)](const Answer& answer) {
    reply(AnswerReply(answer, config_));
  });
}

void Topics::Subscribe(const Target& target, ReplyFn reply) {
  Edit(wire::ParseSubscribe(ParametersOf(target), config_.targets), std::move(reply));
}

void Topics::Unsubscribe(const Target& target, ReplyFn reply) {
  Edit(wire::ParseUnsubscribe(ParametersOf(target)), std::move(reply));
}

void Topics::Delete(const Target& target, ReplyFn reply) {
  const std::string name = NameIn(std::string_view(target.path).substr(kPath.size()));
  Edit(wire::ParseDeleteTopic(name), std::move(reply));
}

// All in one reply, or none: a part could be taken for the whole.
void Topics::Query(const Target& target, ReplyFn reply) {
  KvFilter filter = FilterOf(target);
  filter.limit = kKvPageEntries;
  engine_.ListKv(std::move(filter), [this, reply = std::move(reply)](const Result<KvPage>& page) {
    if (!page.ok()) return reply(StatusReply(page.status(), config_));
    if (page->next_position.empty()) {
      return reply(
          MakeReply(wire::KvReplyBytes(*page), config_, [&] { return wire::KvReply(*page); }));
    }
    reply(ErrorReply(400, "too many entries for one reply; page through them with scanKV"));
  });
}

void Topics::Scan(const Target& target, ReplyFn reply) {
  const auto limit = ReadLimit(target);
  if (!limit.ok()) return reply(StatusReply(limit.status(), config_));
  KvFilter filter{.cat = std::string(target.Parameter("cat")),
                  .position = std::string(target.Parameter("position")),
                  .limit = *limit};
  engine_.ListKv(std::move(filter), [this, reply = std::move(reply)](const Result<KvPage>& page) {
    if (!page.ok()) return reply(StatusReply(page.status(), config_));
    reply(MakeReply(wire::KvReplyBytes(*page), config_, [&] { return wire::KvPageReply(*page); }));
  });
}

}  // namespace treaty::api
