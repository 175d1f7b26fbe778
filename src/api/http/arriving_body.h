// A body that takes memory as it arrives, not as it is announced: a length is a promise that costs
// a client nothing.

#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

namespace treaty::api {

// A Body of Beast's, to be parsed into only.
struct ArrivingBody {
  using value_type = std::string;

  // So much at once, where a length is announced; then twice what has come, but no more than that.
  static constexpr std::size_t kFirstRoom = 4 << 10;

  class reader {
   public:
    template <bool IsRequest, typename Fields>
    reader(boost::beast::http::header<IsRequest, Fields>&, std::string& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& announced, boost::system::error_code& error) {
      error = {};
      if (!announced) return;
      announced_ = static_cast<std::size_t>(std::min<std::uint64_t>(*announced, body_.max_size()));
      body_.reserve(std::min(announced_, kFirstRoom));
    }

    template <typename Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      const std::size_t before = body_.size();
      MakeRoom(before + boost::asio::buffer_size(buffers));
      for (auto it = boost::asio::buffer_sequence_begin(buffers);
           it != boost::asio::buffer_sequence_end(buffers); ++it) {
        const boost::asio::const_buffer piece = *it;
        body_.append(static_cast<const char*>(piece.data()), piece.size());
      }
      return body_.size() - before;
    }

    void finish(boost::system::error_code& error) { error = {}; }

   private:
    // A string that grows by itself would take more than what has been announced.
    void MakeRoom(std::size_t needed) {
      if (needed <= body_.capacity() || announced_ == 0) return;
      std::string roomier;
      roomier.reserve(std::max(needed, std::min(2 * body_.capacity(), announced_)));
      roomier.append(body_);
      body_.swap(roomier);
    }

    std::string& body_;
    std::size_t announced_ = 0;  // 0: nothing.
  };
};

}  // namespace treaty::api
