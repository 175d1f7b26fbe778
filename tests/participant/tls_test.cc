// https: the certificate and the name in it are verified.

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertPtr = std::unique_ptr<X509, decltype(&X509_free)>;

// A certificate signed by its own key, for the names given; valid for an hour.
struct Identity {
  explicit Identity(const std::string& names)
      : key(EVP_EC_gen("P-256"), EVP_PKEY_free), cert(X509_new(), X509_free) {
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3'600);
    X509_set_pubkey(cert.get(), key.get());
    X509_NAME* name = X509_get_subject_name(cert.get());
    const unsigned char text[] = "treaty test";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(cert.get(), name);
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(cert.get(), extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(cert.get(), key.get(), EVP_sha256());
  }

  KeyPtr key;
  CertPtr cert;
};

class TlsServer {
 public:
  explicit TlsServer(const Identity& identity)
      : context_(boost::asio::ssl::context::tls_server), acceptor_(io_, {address(), 0}) {
    SSL_CTX_use_certificate(context_.native_handle(), identity.cert.get());
    SSL_CTX_use_PrivateKey(context_.native_handle(), identity.key.get());
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::thread([this] { Serve(); });
  }
  ~TlsServer() {
    stopping_ = true;
    // A last connection wakes the thread.
    boost::asio::ip::tcp::socket last(io_);
    boost::system::error_code error;
    last.connect({address(), port_}, error);
    last.close(error);
    thread_.join();
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(port_) + "/x";
  }

 private:
  static boost::asio::ip::address_v4 address() { return boost::asio::ip::address_v4::loopback(); }

  void Serve() {
    while (!stopping_) {
      boost::system::error_code error;
      boost::asio::ssl::stream<boost::asio::ip::tcp::socket> peer(acceptor_.accept(), context_);
      peer.handshake(boost::asio::ssl::stream_base::server, error);
      char request[4'096];
      // Until the client goes: it keeps its connection for the next call.
      while (!error && peer.read_some(boost::asio::buffer(request), error) > 0) {
        boost::asio::write(peer, boost::asio::buffer(HttpReply(409, "over TLS")), error);
      }
    }
  }

  boost::asio::io_context io_;
  boost::asio::ssl::context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

class Trusting {
 public:
  explicit Trusting(const Identity& identity)
      : path_(::testing::TempDir() + "treaty_tls_test.pem") {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new_file(path_.c_str(), "w"), BIO_free);
    PEM_write_bio_X509(out.get(), identity.cert.get());
  }
  ~Trusting() { std::remove(path_.c_str()); }
  Trusting(const Trusting&) = delete;
  Trusting& operator=(const Trusting&) = delete;

  HttpParticipantConfig config() const {
    HttpParticipantConfig config = LocalConfig();
    config.ca_file = path_;
    return config;
  }

 private:
  std::string path_;
};

TEST(HttpParticipantTls, AVerifiedParticipantIsCalled) {
  const Identity identity("DNS:localhost,IP:127.0.0.1");
  const Trusting trusting(identity);
  TlsServer server(identity);
  {
    World world(trusting.config());
    EXPECT_EQ(world.Ask(CallTo(server.url("localhost"))).text, "over TLS");
    EXPECT_EQ(world.Ask(CallTo(server.url("localhost"))).text, "over TLS") << "reused";
  }
  World world(trusting.config());
  EXPECT_EQ(world.Ask(CallTo(server.url("127.0.0.1"))).text, "over TLS");
}

TEST(HttpParticipantTls, AWrongNameIsRefused) {
  const Identity identity("DNS:other.example,IP:127.0.0.2");
  const Trusting trusting(identity);
  TlsServer server(identity);
  World world(trusting.config());
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto reply = world.Ask(CallTo(server.url(host)));
    EXPECT_EQ(reply.outcome, Outcome::kUnknown);
    EXPECT_TRUE(reply.text.starts_with("TLS: ")) << reply.text;
  }
}

TEST(HttpParticipantTls, AnUntrustedCertificateIsRefused) {
  const Identity identity("DNS:localhost");
  const Identity stranger("DNS:localhost");
  const Trusting trusting(stranger);
  TlsServer server(identity);
  World trusts_another(trusting.config());
  EXPECT_EQ(trusts_another.Ask(CallTo(server.url("localhost"))).outcome, Outcome::kUnknown);
  World trusts_the_system;
  EXPECT_EQ(trusts_the_system.Ask(CallTo(server.url("localhost"))).outcome, Outcome::kUnknown);
}

TEST(HttpParticipantTls, PlainTextIsNoTls) {
  RawServer plain(Always(HttpReply(200, "")));
  World world;
  const auto url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/";
  EXPECT_EQ(world.Ask(CallTo(url, "{}", std::chrono::milliseconds(500))).outcome,
            Outcome::kUnknown);
}

TEST(HttpParticipantTls, AMissingCaFileIsReportedWithEachCall) {
  HttpParticipantConfig config = LocalConfig();
  config.ca_file = "/nonexistent/ca.pem";
  World world(config);
  EXPECT_NE(world.Ask(CallTo("https://127.0.0.1:1/")).text.find("/nonexistent/ca.pem"),
            std::string::npos);
}

}  // namespace
}  // namespace treaty::test
