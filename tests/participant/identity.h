// Certificates for servers of tests, and the file by which a client trusts one.

#pragma once

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

namespace treaty::test {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertPtr = std::unique_ptr<X509, decltype(&X509_free)>;

// A certificate signed by its own key, for the names given; valid from `begin` to `end`, in seconds
// from now.
struct Identity {
  explicit Identity(const std::string& names, long begin = -60, long end = 3'600)
      : key(EVP_EC_gen("P-256"), EVP_PKEY_free), cert(X509_new(), X509_free) {
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), begin);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), end);
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

  std::string CertPem() const {
    return Pem([this](BIO* out) { PEM_write_bio_X509(out, cert.get()); });
  }
  std::string KeyPem() const {
    return Pem([this](BIO* out) {
      PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

 private:
  template <typename Write>
  static std::string Pem(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    write(out.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }
};

// Holds an identity's certificate as one to be trusted.
class CaFile {
 public:
  explicit CaFile(const Identity& identity)
      : path_(::testing::TempDir() + "treaty_ca_" + std::to_string(getpid()) + ".pem") {
    std::ofstream(path_) << identity.CertPem();
  }
  ~CaFile() { std::remove(path_.c_str()); }
  CaFile(const CaFile&) = delete;
  CaFile& operator=(const CaFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

}  // namespace treaty::test
