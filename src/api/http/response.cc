// Head and body of a small reply go out as one piece.

#include "api/http/response.h"

#include <charconv>
#include <string_view>

namespace treaty::api {
namespace {

std::string_view Phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 425:
      return "Too Early";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

template <typename Number>
void AppendNumber(std::string& out, Number number) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof(text), number);
  out.append(text, end.ptr);
}

}  // namespace

void FormatHead(const HttpReply& reply, ResponseShape shape, std::string& out) {
  out = "HTTP/1.1 ";
  AppendNumber(out, reply.status);
  out += ' ';
  out += Phrase(reply.status);
  out += "\r\nContent-Type: ";
  out += reply.content_type;
  out += "\r\nContent-Length: ";
  AppendNumber(out, reply.body.size());
  if (reply.retry_after) {
    out += "\r\nRetry-After: ";
    AppendNumber(out, reply.retry_after->count());
  }
  if (reply.allow != nullptr) {
    out += "\r\nAllow: ";
    out += reply.allow;
  }
  if (shape.close) {
    out += "\r\nConnection: close";
  } else if (shape.http_1_0) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
}

void FormatResponse(const HttpReply& reply, ResponseShape shape, std::string& out) {
  FormatHead(reply, shape, out);
  if (!shape.no_body) out += reply.body;
}

}  // namespace treaty::api
