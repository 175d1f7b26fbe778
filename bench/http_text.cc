// A scan of the head, line by line, for the three fields that matter.

#include "http_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace treaty::bench {
namespace {

constexpr std::string_view kBreak = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool StartsWithIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char want, char have) {
           return want == std::tolower(static_cast<unsigned char>(have));
         });
}

struct Fields {
  std::size_t length = 0;
  bool chunked = false;
  bool close = false;
  bool broken = false;
};

std::string_view ValueOf(std::string_view line) {
  line.remove_prefix(line.find(':') + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  return line;
}

void ReadField(std::string_view line, Fields& out) {
  if (StartsWithIgnoringCase(line, "content-length:")) {
    const std::string_view value = ValueOf(line);
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), out.length);
    out.broken = error != std::errc();
  } else if (StartsWithIgnoringCase(line, "transfer-encoding:")) {
    out.chunked = StartsWithIgnoringCase(ValueOf(line), "chunked");
  } else if (StartsWithIgnoringCase(line, "connection:")) {
    out.close = StartsWithIgnoringCase(ValueOf(line), "close");
  }
}

Fields ReadFields(std::string_view head) {
  Fields fields;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find(kBreak), head.size());
    ReadField(head.substr(0, end), fields);
    head.remove_prefix(std::min(end + kBreak.size(), head.size()));
  }
  return fields;
}

// Returns the size of a chunked body; 0 while it is incomplete. Trailers are not looked for.
std::size_t ChunkedSize(std::string_view body) {
  constexpr std::string_view kLast = "0\r\n\r\n";
  if (body.starts_with(kLast)) return kLast.size();
  const std::size_t end = body.find("\r\n0\r\n\r\n");
  return end == std::string_view::npos ? 0 : end + kBreak.size() + kLast.size();
}

}  // namespace

HttpMessage ParseHttp(std::string_view buffer) {
  HttpMessage out;
  const std::size_t head_end = buffer.find(kHeadEnd);
  if (head_end == std::string_view::npos) return out;
  const std::size_t line_end = buffer.find(kBreak);
  out.first_line = buffer.substr(0, line_end);
  const std::size_t fields_from = std::min(line_end + kBreak.size(), head_end);
  const Fields fields = ReadFields(buffer.substr(fields_from, head_end - fields_from));
  if (fields.broken) {
    out.state = HttpMessage::State::kBroken;
    return out;
  }
  const std::string_view rest = buffer.substr(head_end + kHeadEnd.size());
  const std::size_t length = fields.chunked ? ChunkedSize(rest) : fields.length;
  if (length > rest.size() || (fields.chunked && length == 0)) return out;
  out.state = HttpMessage::State::kComplete;
  out.body = rest.substr(0, length);
  out.size = head_end + kHeadEnd.size() + length;
  out.close = fields.close;
  return out;
}

int StatusOf(std::string_view first_line) {
  constexpr std::size_t kCodeAt = sizeof("HTTP/1.1 ") - 1;
  int code = 0;
  if (first_line.size() < kCodeAt + 3) return 0;
  std::from_chars(first_line.data() + kCodeAt, first_line.data() + kCodeAt + 3, code);
  return code;
}

}  // namespace treaty::bench
