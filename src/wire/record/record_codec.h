// The stored form of a transaction's body, terms and progress: bytes of proto/treaty/record.proto.
//
// What a store searches by (gid, model, status, times, version) it keeps in columns of its own.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "core/txn.h"

namespace treaty {

// Keeps its buffers from call to call. Not safe for concurrent use: one per connection.
class RecordCodec {
 public:
  RecordCodec();
  ~RecordCodec();
  RecordCodec(const RecordCodec&) = delete;
  RecordCodec& operator=(const RecordCodec&) = delete;

  // Each replaces the contents of `bytes`.
  void EncodeBody(const Body& body, std::string& bytes);
  void EncodeStep(const Step& step, std::string& bytes);
  void EncodeTerms(const Txn& txn, std::string& bytes);  // With what a list shows of the body.
  void EncodeState(const Txn& txn, std::string& bytes);

  // Each fails with kDataLoss on bytes that no version known to this program has written.
  // DecodeBody leaves gid and model alone, DecodeState all that EncodeState does not write.
  // DecodeTerms sets protocol and query_prepared of `body`, as DecodeBody does.
  Status DecodeBody(std::string_view bytes, Body& body);
  Status DecodeStep(std::string_view bytes, Step& step);
  Status DecodeTerms(std::string_view bytes, Terms& terms, Body& body);
  Status DecodeState(std::string_view bytes, Txn& txn);

 private:
  struct Messages;
  std::unique_ptr<Messages> messages_;
};

// Fails with kDataLoss if the parts of a record do not belong together, so that nobody who
// drives it can be led outside of its steps.
Status CheckRecord(const Txn& txn);

}  // namespace treaty
