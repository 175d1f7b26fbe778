// What the HTTP participant knows about one scheme, host and port, and the calls to it.

#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "participant/http/connection.h"
#include "participant/http/request_head.h"
#include "participant/participant.h"
#include "participant/turnstile.h"
#include "wire/url.h"

namespace treaty {

struct Destination;

// One URL, parsed and allowed.
struct Target {
  std::shared_ptr<Destination> destination;
  RequestTemplate request;
  std::string method;  // Its parameter of that name, for JSON-RPC calls.
};

struct ByDeadline;
struct ByDestination;
template <typename Tag>
using JobHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<Tag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// How far a call has come; it never goes back. Before kConnecting its end is no fault of the
// participant's, and before kSent the participant cannot have seen it.
enum class Stage : std::uint8_t { kQueued, kLookingUp, kConnecting, kSent };

// One call, from handing over to its report. Leaves the lists it stands in when deleted.
struct Job : JobHook<ByDeadline>, JobHook<ByDestination>, Turn {
  BranchCall call;
  std::function<void(BranchReply)> done;
  std::shared_ptr<const Target> target;
  std::chrono::steady_clock::time_point deadline;
  std::shared_ptr<Connection> connection;  // Null while queued.
  Stage stage = Stage::kQueued;
  bool retried = false;
  std::shared_ptr<const std::string> rpc_body;  // Of a JSON-RPC call, instead of the payload.
};

template <typename Tag>
using JobList = boost::intrusive::list<Job, boost::intrusive::base_hook<JobHook<Tag>>,
                                       boost::intrusive::constant_time_size<false>>;

struct Destination : Gate {
  wire::Url url;  // Its scheme, host and port count.
  JobList<ByDestination> queue;
  std::vector<std::shared_ptr<Connection>> idle;  // The last used at the end.
  bool with_idle = false;                         // Stands in the list of those that have some.
};

}  // namespace treaty
