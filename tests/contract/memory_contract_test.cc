// The memory store against the promises of every store.

#include "contract/branch_contract.h"
#include "contract/kv_contract.h"
#include "contract/lease_contract.h"
#include "contract/parked_contract.h"
#include "contract/store_contract.h"
#include "store/memory/memory_store.h"

namespace treaty::store_test {
namespace {

class SteadyClock final : public Clock {
 public:
  Time Now() const override { return now; }
  Time now = At(1'000'000);
};

class MemoryFactory {
 public:
  Store& store() { return *store_; }
  static std::unique_ptr<Store> Another() { return nullptr; }

 private:
  SteadyClock clock_;
  std::unique_ptr<MemoryStore> store_ = MakeMemoryStore(clock_);
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, MemoryFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BranchContract, MemoryFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, KvContract, MemoryFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ParkedContract, MemoryFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, LeaseContract, MemoryFactory);

}  // namespace
}  // namespace treaty::store_test
