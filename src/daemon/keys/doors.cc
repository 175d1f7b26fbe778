// Where clients come in, and what they may ask for at a time.

#include "daemon/config.h"
#include "daemon/keys/row.h"
#include "daemon/keys/sections.h"

namespace treaty::daemon::keys {

// clang-format off
Section Listening() {
  return {"Listening", {
      Text(Own("Host"), "127.0.0.1", [](Config& c, const std::string& v) { c.host = v; },
           "Address to listen on. Anything but a loopback address needs Insecure: true"),
      Port(Dtm("HttpPort"), {36'789, 0, 65'535}, [](Config& c, std::uint16_t v) { c.http_port = v; },
           "Port of the HTTP API; 0 takes any free one"),
      Port(Dtm("GrpcPort"), {36'790, 0, 65'535}, [](Config& c, std::uint16_t v) { c.grpc_port = c.grpc_server.port = v; },
           "Port of the gRPC API and its health service; 0: none"),
      Port(Dtm("JsonRpcPort"), {0, 0, 65'535}, [](Config& c, std::uint16_t v) { c.json_rpc_port = v; },
           "Port of its own for JSON-RPC, by custom 36791; 0: none, HttpPort serves /api/json-rpc anyway"),
      Flag(Own("Insecure"), false, [](Config& c, bool v) { c.insecure = v; },
           "Accept that everybody who reaches the port commands this daemon: there is no authentication yet"),
      Count(Own("Lanes"), {0, 0, 64}, [](Config& c, std::size_t v) { c.lanes = v; },
            "Threads that drive transactions; 0: one per core"),
      Text(Own("InstanceId"), "", [](Config& c, const std::string& v) { c.instance_id = v; },
           "Name of this instance among those that share a database, the same at each start; empty: host name and HttpPort"),
  }};
}

Section HttpServer() {
  return {"Limits of the HTTP server", {
      List(Own("Http.Hosts"), "", [](Config& c, const std::string& v) { c.http_hosts = v; },
           "Names and addresses by which clients reach this server, host[:port] with commas between, beside those of loopback; a request for another Host is 421. Empty: on loopback no more, elsewhere any. They are never called, on the ports of this server and those given here, without one on 80 and 443"),
      Bytes(Own("Http.MaxBodyBytes"), {4 * kMiB, kKiB, 256 * kMiB}, [](Config& c, std::size_t v) { c.http_server.max_body_bytes = v; },
            "Longest request body; beyond: 413"),
      Bytes(Own("Http.MaxHeaderBytes"), {16 * kKiB, kKiB, kMiB}, [](Config& c, std::size_t v) { c.http_server.max_header_bytes = v; },
            "Longest request head, and of a chunked body the trailer and all extensions together; beyond: 431. At most 128 fields, whatever it says"),
      Seconds(Own("Http.HeaderTimeout"), {5, 1, 600}, [](Config& c, Duration v) { c.http_server.header_timeout = v; },
              "A request's head must be complete by then"),
      Seconds(Own("Http.BodyTimeout"), {30, 1, 3'600}, [](Config& c, Duration v) { c.http_server.body_timeout = v; },
              "A request's body must be complete by then"),
      BytesPerSecond(Own("Http.MinBodyRate"), {kKiB, 1, 100 * kMiB}, [](Config& c, std::size_t v) { c.http_server.min_body_rate = v; },
                     "A body that arrives more slowly is cut off"),
      Seconds(Own("Http.IdleTimeout"), {75, 1, kDay}, [](Config& c, Duration v) { c.http_server.idle_timeout = v; },
              "A connection without a request is closed after that; longer than load balancers keep one, mostly 60"),
      Count(Own("Http.MaxConnections"), {4'096, 1, 1'000'000}, [](Config& c, std::size_t v) { c.http_server.max_connections = v; },
            "Open connections, all clients together"),
      Count(Own("Http.MaxConnectionsPerAddress"), {256, 1, 1'000'000}, [](Config& c, std::size_t v) { c.http_server.max_connections_per_address = v; },
            "Open connections of one client address; loopback is exempt"),
      Bytes(Own("Http.MaxMemoryBytes"), {128 * kMiB, kMiB, 64 * kGiB}, [](Config& c, std::size_t v) { c.http_server.max_memory_bytes = v; },
            "Requests and replies in memory, all together, but for small ones; beyond: 503"),
      Seconds(Own("Http.WriteTimeout"), {30, 1, 3'600}, [](Config& c, Duration v) { c.http_server.write_timeout = v; },
              "A client that takes nothing more of its reply for so long is cut off"),
      BytesPerSecond(Own("Http.MinReplyRate"), {16 * kKiB, 1, 100 * kMiB}, [](Config& c, std::size_t v) { c.http_server.min_reply_rate = v; },
                     "A client that has taken its reply more slowly, after Http.WriteTimeout, is cut off"),
  }};
}

Section GrpcServer() {
  return {"The gRPC server", {
      Bytes(Own("Grpc.MaxMessageBytes"), {4 * kMiB, kKiB, 256 * kMiB}, [](Config& c, std::size_t v) { c.grpc_server.max_message_bytes = v; },
            "Longest message; beyond: RESOURCE_EXHAUSTED"),
      Bytes(Own("Grpc.MaxMetadataBytes"), {16 * kKiB, kKiB, kMiB}, [](Config& c, std::size_t v) { c.grpc_server.max_metadata_bytes = v; },
            "Metadata of a call together; beyond: RESOURCE_EXHAUSTED"),
      Count(Own("Grpc.MaxStreams"), {1'000, 1, 1'000'000}, [](Config& c, std::size_t v) { c.grpc_server.max_streams = v; },
            "Calls under way on one connection; further ones wait at the client"),
      Count(Own("Grpc.MaxCalls"), {20'000, 1, 10'000'000}, [](Config& c, std::size_t v) { c.dtm_service.max_calls = v; },
            "Calls under way, all connections together; beyond: RESOURCE_EXHAUSTED"),
      Bytes(Own("Grpc.MaxMemoryBytes"), {256 * kMiB, 16 * kMiB, 64 * kGiB}, [](Config& c, std::size_t v) { c.grpc_server.max_memory_bytes = c.dtm_service.max_reply_bytes = v; },
            "Messages and buffers of all gRPC connections together, roughly; beyond, connections wait or are refused. Replies that wait to be written, as many again; beyond: RESOURCE_EXHAUSTED"),
      Seconds(Own("Grpc.WriteTimeout"), {30, 1, 3'600}, [](Config& c, Duration v) { c.dtm_service.write_timeout = v; },
              "A call whose reply the client has not taken by then is cancelled"),
      Seconds(Own("Grpc.Keepalive"), {60, 10, kDay}, [](Config& c, Duration v) { c.grpc_server.keepalive = v; },
              "A connection that is silent for so long is asked whether it lives, and cut 20 s later if it does not"),
      Flag(Own("Grpc.Reflection"), false, [](Config& c, bool v) { c.grpc_server.reflection = v; },
           "Tell clients which services and messages there are, as grpcurl asks"),
  }};
}
// clang-format on

}  // namespace treaty::daemon::keys
