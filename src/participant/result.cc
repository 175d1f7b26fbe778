// The table of replies. JSON is read only where the field's name occurs.

#include "participant/result.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/enough_memory.h"
#include "participant/reason_text.h"

namespace treaty {
namespace {

constexpr std::string_view kOngoingText = "ONGOING";
constexpr std::string_view kFailureText = "FAILURE";
constexpr std::string_view kField = "dtm_result";
constexpr std::size_t kSearched = 64 * 1024;

enum class Word { kNone, kOngoing, kFailure };

Word Exactly(std::string_view text) {
  if (text == kOngoingText) return Word::kOngoing;
  return text == kFailureText ? Word::kFailure : Word::kNone;
}

// The word of the field, or nothing where the body is not an object with such a field.
std::optional<Word> FieldWord(const ReadBody& read) {
  if (read.cut) return read.result ? std::optional(Exactly(*read.result)) : std::nullopt;
  const std::string_view body = read.text;
  if (body.find(kField) == std::string_view::npos) return std::nullopt;
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const auto field = json.find(kField);
  if (field == json.end() || !field->is_string()) return std::nullopt;
  return Exactly(field->get_ref<const std::string&>());
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Word LegacyWord(std::string_view body, Words words) {
  if (words == Words::kAlone) return Exactly(Trimmed(body));
  const std::string_view searched = body.substr(0, kSearched);
  if (searched.find(kOngoingText) != std::string_view::npos) return Word::kOngoing;
  return searched.find(kFailureText) != std::string_view::npos ? Word::kFailure : Word::kNone;
}

Word WordOf(const ReadBody& body, Words words, const ResultOptions& options) {
  if (body.text.empty()) return Word::kNone;
  if (const auto word = FieldWord(body)) return *word;
  return options.legacy_result_words ? LegacyWord(body.text, words) : Word::kNone;
}

bool IsSuccess(int status, const ResultOptions& options) {
  return status == 200 || (options.success_on_any_2xx && status >= 200 && status < 300);
}

std::string Account(int status, std::string_view trouble) {
  std::string account = "status " + std::to_string(status);
  if (!trouble.empty()) account.append(", the body is ").append(trouble);
  return account;
}

// What an error object says; nothing where it has no code that decides.
std::optional<BranchReply> ErrorOutcome(const nlohmann::json& error, std::string_view body) {
  constexpr double kFailureCode = -32901;
  constexpr double kOngoingCode = -32902;
  const auto code = error.find("code");  // Only objects have any.
  if (code == error.end() || !code->is_number()) return std::nullopt;
  const auto value = code->get<double>();
  if (value == kOngoingCode) return BranchReply{Outcome::kOngoing, "JSON-RPC error -32902"};
  if (value != kFailureCode) return std::nullopt;
  const auto message = error.find("message");
  const bool says = message != error.end() && message->is_string();
  const std::string said = says ? message->get<std::string>() : std::string();
  return BranchReply{Outcome::kFailure, ReasonText(said.empty() ? body : said)};
}

BranchReply MapHttp(int status, const ReadBody& body, Words words, const ResultOptions& options) {
  const Word word = body.trouble.empty() ? WordOf(body, words, options) : Word::kNone;
  const auto account = [&] { return Account(status, body.trouble); };
  if (status == 425 || word == Word::kOngoing) return {Outcome::kOngoing, account()};
  if (status == 409 || word == Word::kFailure) {
    return {Outcome::kFailure, body.trouble.empty() ? ReasonText(body.text) : account()};
  }
  const bool succeeds = body.trouble.empty() && IsSuccess(status, options);
  return succeeds ? BranchReply{Outcome::kSuccess, {}} : BranchReply{Outcome::kUnknown, account()};
}

BranchReply MapRpc(int status, const ReadBody& body, Words words, const ResultOptions& options) {
  BranchReply as_http = MapHttp(status, body, words, options);
  if (as_http.outcome != Outcome::kSuccess) return as_http;
  if (body.cut) return {Outcome::kUnknown, "the JSON-RPC reply is longer than Calls.MaxReplyBytes"};
  const auto json = nlohmann::json::parse(body.text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return {Outcome::kUnknown, "no JSON-RPC reply"};
  const auto error = json.find("error");
  if (error == json.end() || error->is_null()) return as_http;
  return ErrorOutcome(*error, body.text).value_or(BranchReply{Outcome::kUnknown, "JSON-RPC error"});
}

// A reply that there is no memory to read says nothing, least of all a success.
template <typename Map>
BranchReply Readable(Map map) {
  Result<BranchReply> mapped = WithinMemory([&]() -> Result<BranchReply> { return map(); });
  if (mapped.ok()) return *std::move(mapped);
  return {Outcome::kUnknown, kNoMemoryToRead};
}

}  // namespace

BranchReply MapRpcReply(int status, const ReadBody& body, Words words,
                        const ResultOptions& options) {
  return Readable([&] { return MapRpc(status, body, words, options); });
}

BranchReply MapReply(int status, const ReadBody& body, Words words, const ResultOptions& options) {
  return Readable([&] { return MapHttp(status, body, words, options); });
}

}  // namespace treaty
