// When two requests about one gid mean the same transaction.

#include "core/request.h"

namespace treaty {

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

std::shared_ptr<const Terms> SubmittedTerms(const std::shared_ptr<const Terms>& prepared,
                                            const TxnRequest& asked) {
  if (!asked.has_options && !asked.has_custom_data) return prepared;
  auto terms = std::make_shared<Terms>(asked.has_options ? *asked.terms : *prepared);
  const Terms& custom = asked.has_custom_data ? *asked.terms : *prepared;
  terms->custom_data = custom.custom_data;
  terms->concurrent = custom.concurrent;
  terms->after = custom.after;
  terms->delay = custom.delay;
  return terms;
}

}  // namespace treaty
