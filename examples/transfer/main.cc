// A bank as a service: moves money when a saga's coordinator asks for it, and tells what it does.
//
//   POST /transfer-out, /transfer-out-undo, /transfer-in, /transfer-in-undo   {"amount": 30}
//   GET  /balance
//   POST /slow?ms=2000   (from now on, each transfer takes that long; for demonstrations)

#include <CLI/CLI.hpp>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "bank.h"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using Query = std::map<std::string, std::string>;

// The values sent here need no unescaping: gids are URL-safe.
Query ParseQuery(const std::string& text) {
  Query query;
  std::stringstream pairs(text);
  for (std::string pair; std::getline(pairs, pair, '&');) {
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos) query[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return query;
}

// Returns the body's amount, 0 if it has none that is sensible.
std::int64_t Amount(const std::string& text) {
  constexpr std::int64_t kMost = 1'000'000'000;
  const auto body = nlohmann::json::parse(text, nullptr, false);
  if (!body.is_object() || !body.contains("amount")) return 0;
  if (!body["amount"].is_number_integer()) return 0;
  const auto amount = body["amount"].get<std::int64_t>();
  return amount >= 1 && amount <= kMost ? amount : 0;
}

Response Reply(http::status status, const nlohmann::json& body) {
  Response response(status, 11);
  response.set(http::field::content_type, "application/json");
  response.body() = body.dump();
  return response;
}

class Service {
 public:
  Service(std::string name, bank::Bank& bank, int slow_ms)
      : name_(std::move(name)), bank_(bank), slow_ms_(slow_ms) {}

  Response Handle(const Request& request) {
    const std::string target(request.target());
    const std::size_t mark = target.find('?');
    const std::string path = target.substr(0, mark);
    const Query query = ParseQuery(mark == std::string::npos ? "" : target.substr(mark + 1));
    if (path == "/balance") return Reply(http::status::ok, {{"balance", bank_.Balance()}});
    if (path == "/slow") return BeSlow(query);
    if (path == "/transfer-out") return Transfer(request, query, -1, false);
    if (path == "/transfer-out-undo") return Transfer(request, query, +1, true);
    if (path == "/transfer-in") return Transfer(request, query, +1, false);
    if (path == "/transfer-in-undo") return Transfer(request, query, -1, true);
    return Reply(http::status::not_found, {{"error", "no such path"}});
  }

 private:
  Response BeSlow(const Query& query) {
    const auto ms = query.find("ms");
    slow_ms_ = ms == query.end() ? 0 : std::atoi(ms->second.c_str());
    return Reply(http::status::ok, {{"slow_ms", slow_ms_.load()}});
  }

  Response Transfer(const Request& request, const Query& query, int sign, bool undo) {
    const std::int64_t amount = Amount(request.body());
    if (!query.contains("gid") || !query.contains("branch_id") || amount == 0) {
      return Reply(http::status::bad_request,
                   {{"error", "needs gid, branch_id and an amount from 1 to 1000000000"}});
    }
    const bank::Origin origin{query.at("gid"), query.at("branch_id"), undo};
    if (const int ms = slow_ms_; ms > 0) {
      Say("asked to move " + std::to_string(sign * amount) + ", taking my time");
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    }
    return Tell(bank_.Move(origin, sign * amount), sign * amount, undo);
  }

  Response Tell(bank::Verdict verdict, std::int64_t amount, bool undo) {
    const std::string what =
        (undo ? "undo: " : "") + std::string(amount < 0 ? "" : "+") + std::to_string(amount);
    switch (verdict) {
      case bank::Verdict::kDone:
        Say(what + ", balance now " + std::to_string(bank_.Balance()));
        break;
      case bank::Verdict::kDoneBefore:
        Say(what + " was asked for again; done before, nothing moves");
        break;
      case bank::Verdict::kNothingToUndo:
        Say(what + ": the action never took effect, nothing to undo");
        break;
      case bank::Verdict::kUndoneBefore:
        Say(what + " comes after its undo; refused");
        return Reply(http::status::conflict, {{"dtm_result", "FAILURE"}, {"why", "undone before"}});
      case bank::Verdict::kTooLittle:
        Say(what + " refused: balance is only " + std::to_string(bank_.Balance()));
        return Reply(http::status::conflict,
                     {{"dtm_result", "FAILURE"}, {"why", name_ + ": not enough money"}});
    }
    return Reply(http::status::ok, {{"dtm_result", "SUCCESS"}});
  }

  void Say(const std::string& text) {
    std::cout << "bank " + name_ + ": " + text + "\n" << std::flush;
  }

  std::string name_;
  bank::Bank& bank_;
  std::atomic<int> slow_ms_;
};

// Serves one connection until its client closes it.
void Serve(tcp::socket socket, Service& service) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code error;
  while (!error) {
    Request request;
    http::read(socket, buffer, request, error);
    if (error) break;
    Response response = service.Handle(request);
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    http::write(socket, response, error);
    if (!request.keep_alive()) break;
  }
  socket.shutdown(tcp::socket::shutdown_both, error);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A bank for sagas to move money at", "transfer_bank");
  std::string name = "A", file;
  std::int64_t balance = 100;
  std::uint16_t port = 0;
  int slow_ms = 0;
  app.add_option("--name", name, "What it calls itself");
  app.add_option("--port", port, "Port on 127.0.0.1; 0 takes any free one");
  app.add_option("--balance", balance, "Balance of a new account");
  app.add_option("--file", file, "Where the account is kept; default: bank-NAME.db");
  app.add_option("--slow", slow_ms, "Milliseconds that each transfer takes");
  CLI11_PARSE(app, argc, argv);

  try {
    bank::Bank bank(file.empty() ? "bank-" + name + ".db" : file, balance);
    Service service(name, bank, slow_ms);
    asio::io_context context;
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    std::cout << "bank " << name
              << ": open on http://127.0.0.1:" << acceptor.local_endpoint().port() << ", balance "
              << bank.Balance() << std::endl;
    while (true) std::thread(Serve, acceptor.accept(), std::ref(service)).detach();
  } catch (const std::exception& error) {
    std::cerr << "bank " << name << ": " << error.what() << std::endl;
    return 1;
  }
}
