// A lease's holder, as far as others see it.

#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "store/store.h"

namespace treaty::store_test {

// Renews a lease, as its holder would, until it is destroyed.
class Renewer {
 public:
  Renewer(Store& store, const LeaseTerms& terms)
      : thread_([this, &store, terms](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!stop.stop_requested()) {
            EXPECT_TRUE(store.RenewLease(terms).ok());
            pause_.wait_for(lock, stop, terms.length / 20, [] { return false; });
          }
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any pause_;
  std::jthread thread_;  // Ends with this object.
};

}  // namespace treaty::store_test
