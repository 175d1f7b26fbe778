// When two requests about one gid mean the same transaction.

#include "core/request.h"

#include <array>

namespace treaty {
namespace {

template <auto... members>
void Copy(Terms& to, const Terms& from) {
  ((to.*members = from.*members), ...);
}

// In the order of Option.
constexpr std::array<void (*)(Terms& to, const Terms& from), kOptionCount> kCopies = {
    Copy<&Terms::wait_result>,
    Copy<&Terms::concurrent_option>,
    Copy<&Terms::timeout_to_fail>,
    Copy<&Terms::request_timeout>,
    Copy<&Terms::retry_interval>,
    Copy<&Terms::retry_limit>,
    Copy<&Terms::progress>,
    Copy<&Terms::branch_headers>,
    Copy<&Terms::passed_headers>,
    Copy<&Terms::custom_data, &Terms::concurrent, &Terms::after, &Terms::delay>};

}  // namespace

bool SameContent(const Body& stored, const Body& asked) {
  return stored.model == asked.model && stored.query_prepared == asked.query_prepared &&
         stored.steps == asked.steps;
}

// Empty counts as absent here too, so that a client's serializer may write out what is unset.
bool AgreesWith(const Body& stored, const TxnRequest& asked) {
  const Body& body = *asked.body;
  if (stored.model != body.model) return false;
  if (asked.has_steps && !body.steps.empty() && stored.steps != body.steps) return false;
  return !asked.has_query_prepared || body.query_prepared.empty() ||
         stored.query_prepared == body.query_prepared;
}

Status CheckOrders(const Terms& terms, const Body& body) {
  if (terms.after.size() <= body.steps.size()) return {};
  return {Code::kInvalidArgument,
          "custom_data: orders name step " + std::to_string(terms.after.size() - 1) +
              "; the transaction has " + std::to_string(body.steps.size()) + " steps"};
}

std::shared_ptr<const Terms> SubmittedTerms(const Txn& prepared, const TxnRequest& asked) {
  if (asked.options.none()) return nullptr;
  auto terms = std::make_shared<Terms>(*prepared.terms);
  for (std::size_t option = 0; option < kOptionCount; ++option) {
    if (asked.options[option]) kCopies[option](*terms, *asked.terms);
  }
  if (!terms->after.empty()) terms->after.resize(prepared.body->steps.size());
  return terms;
}

const Status& RegisterRequest::TroubleWith(std::string_view protocol) const {
  if (!url_trouble.ok()) return url_trouble;
  if (protocol == "grpc") return grpc_trouble;
  return protocol == "json-rpc" ? rpc_trouble : http_trouble;
}

}  // namespace treaty
