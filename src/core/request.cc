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

}  // namespace treaty
