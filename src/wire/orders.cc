// Reads the orders of a saga and proves that they can be followed.

#include "wire/orders.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <vector>

#include "wire/json_reader.h"
#include "wire/txn_request.h"

namespace treaty::wire {
namespace {

using After = std::vector<std::vector<BranchIndex>>;

std::string RangeText(std::size_t steps) {
  if (steps == 0) return "there are no steps to order";
  return "steps are numbered from 0 to " + std::to_string(steps - 1);
}

Result<std::size_t> ReadStepKey(std::string_view key, std::size_t steps) {
  std::size_t step = 0;
  const auto end = std::from_chars(key.data(), key.data() + key.size(), step);
  const bool number = end.ec == std::errc() && end.ptr == key.data() + key.size();
  if (!number || key != std::to_string(step)) {
    return Invalid("custom_data: the key " + Quoted(key) + " of orders must be a step's number");
  }
  if (step >= steps) {
    return Invalid("custom_data: orders name step " + Quoted(key) + "; " + RangeText(steps));
  }
  return step;
}

Status ReadList(Element value, std::size_t step, After& after) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    return Invalid("custom_data: each value of orders must be a list of step numbers");
  }
  std::vector<BranchIndex> waits;
  for (const Element item : list) {
    std::int64_t other = 0;
    if (item.get(other) != simdjson::SUCCESS) {
      return Invalid("custom_data: the step numbers in orders must be whole numbers");
    }
    if (other < 0 || other >= static_cast<std::int64_t>(after.size())) {
      return Invalid("custom_data: orders name step " + std::to_string(other) + "; " +
                     RangeText(after.size()));
    }
    if (static_cast<std::size_t>(other) == step) {
      return Invalid("custom_data: step " + std::to_string(step) + " waits for itself");
    }
    if (waits.size() >= after.size()) {
      return Invalid("custom_data: a list of orders is longer than there are steps");
    }
    waits.push_back({static_cast<std::uint32_t>(other)});
  }
  after[step] = std::move(waits);
  return {};
}

Status ReadOrders(Element value, std::size_t steps, After& after) {
  simdjson::dom::array list;
  if (value.get(list) == simdjson::SUCCESS && list.size() == 0) return {};
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return Invalid("custom_data: orders must be an object of lists");
  }
  if (object.size() == 0) return {};
  after.resize(steps);
  for (const auto [key, waits] : object) {
    const auto step = ReadStepKey(key, steps);
    if (!step.ok()) return step.status();
    if (waits.is_null()) continue;
    if (Status status = ReadList(waits, *step, after); !status.ok()) return status;
  }
  return {};
}

// Whether every step's turn comes; without concurrent each also waits for the one before it.
bool CanFinish(const After& after, bool concurrent) {
  std::vector<std::size_t> waiting(after.size());
  After followers(after.size());
  const auto add = [&](std::size_t step, std::size_t on) {
    ++waiting[step];
    followers[on].push_back({static_cast<std::uint32_t>(step)});
  };
  for (std::size_t step = 0; step < after.size(); ++step) {
    for (const BranchIndex on : after[step]) add(step, on.value);
    if (!concurrent && step > 0) add(step, step - 1);
  }
  std::vector<std::size_t> ready;
  for (std::size_t step = 0; step < after.size(); ++step) {
    if (waiting[step] == 0) ready.push_back(step);
  }
  std::size_t done = 0;
  for (; done < ready.size(); ++done) {
    for (const BranchIndex next : followers[ready[done]]) {
      if (--waiting[next.value] == 0) ready.push_back(next.value);
    }
  }
  return done == after.size();
}

}  // namespace

Status ReadSagaData(std::string_view text, std::size_t steps, Terms& terms) {
  constexpr std::array<std::string_view, 2> kNames = {"orders", "concurrent"};
  auto document = Document::Parse(text, Document::Slot::kCustomData, "custom_data");
  if (!document.ok()) return document.status();
  const auto fields = Select(document->root().get_object().value_unsafe(), kNames);
  if (fields.found[1]) {
    const auto concurrent = ReadBool(fields.values[1], "custom_data: concurrent");
    if (!concurrent.ok()) return concurrent.status();
    terms.concurrent = *concurrent;
  }
  if (!fields.found[0]) return {};
  if (Status status = ReadOrders(fields.values[0], steps, terms.after); !status.ok()) return status;
  if (CanFinish(terms.after, terms.concurrent)) return {};
  return Invalid(
      "custom_data: the orders contain a cycle (without concurrent every step also waits for the "
      "one before it)");
}

void ForgetUnnamedSteps(Terms& terms) {
  std::size_t named = 0;
  for (std::size_t step = 0; step < terms.after.size(); ++step) {
    if (!terms.after[step].empty()) named = std::max(named, step + 1);
    for (const BranchIndex on : terms.after[step])
      named = std::max<std::size_t>(named, on.value + 1);
  }
  terms.after.resize(std::min(named, terms.after.size()));
}

}  // namespace treaty::wire
