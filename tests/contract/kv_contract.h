// The promises of store/store.h about key-value entries, for every store.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "contract/kv_fixtures.h"
#include "contract/store_contract.h"

namespace treaty::store_test {

template <typename Factory>
class KvContract : public StoreContract<Factory> {
 protected:
  Verdict Commit(const KvEdit& edit, std::uint64_t write_id) {
    return CommitOne(this->store(), EditOf(edit, write_id));
  }

  std::optional<KvEntry> Load(const std::string& key, const std::string& cat = "topics") {
    const auto loaded = this->store().LoadKv(cat, key);
    EXPECT_TRUE(loaded.ok()) << loaded.status().message();
    return loaded.ok() ? *loaded : std::nullopt;
  }

  std::string Value(const std::string& key) {
    const auto entry = Load(key);
    return entry ? entry->value : "nothing";
  }

  KvPage List(const KvFilter& filter) {
    const auto page = this->store().ListKv(filter);
    EXPECT_TRUE(page.ok()) << page.status().message();
    return page.ok() ? *page : KvPage();
  }

  // The keys, page by page, with a bar between pages.
  std::string Keys(KvFilter filter) {
    std::string keys;
    for (;;) {
      const KvPage page = List(filter);
      for (const KvEntry& entry : page.entries) keys += entry.key + " ";
      if (page.next_position.empty()) return keys;
      keys += "| ";
      filter.position = page.next_position;
    }
  }
};

TYPED_TEST_SUITE_P(KvContract);

TYPED_TEST_P(KvContract, ReturnsEveryFieldAsItWasStored) {
  const std::string value("[{\"url\":\"http://x/\xc3\xa4\"}]\0\r\n'", 27);
  ASSERT_EQ(this->Commit(PutOf("t", value), 0xfedc'ba98'7654'3210), Verdict::kStored);
  const auto entry = this->Load("t");
  ASSERT_TRUE(entry);
  EXPECT_GT(entry->id, 0);
  EXPECT_EQ(entry->cat, "topics");
  EXPECT_EQ(entry->key, "t");
  EXPECT_EQ(entry->value, value);
  EXPECT_EQ(entry->version, 1u);
  EXPECT_EQ(entry->write_id, 0xfedc'ba98'7654'3210);
  EXPECT_EQ(entry->created, At(100));
  EXPECT_EQ(entry->updated, At(100));
}

TYPED_TEST_P(KvContract, FindsNothingUnderAnotherName) {
  ASSERT_EQ(this->Commit(PutOf("t", "[]"), 1), Verdict::kStored);
  EXPECT_FALSE(this->Load("T"));
  EXPECT_FALSE(this->Load("t", "others"));
  EXPECT_FALSE(this->Load(""));
}

TYPED_TEST_P(KvContract, ChangesAnEntryThatIsTheOneThatWasRead) {
  ASSERT_EQ(this->Commit(PutOf("t", "a"), 1), Verdict::kStored);
  ASSERT_EQ(this->Commit(ChangeOf(*this->Load("t"), "b"), 2), Verdict::kStored);
  const auto entry = this->Load("t");
  EXPECT_EQ(entry->value, "b");
  EXPECT_EQ(entry->version, 2u);
  EXPECT_EQ(entry->created, At(100));
  EXPECT_EQ(entry->updated, At(200));
}

TYPED_TEST_P(KvContract, RefusesAChangeOfWhatHasMovedOn) {
  ASSERT_EQ(this->Commit(PutOf("t", "a"), 1), Verdict::kStored);
  const KvEntry first = *this->Load("t");
  ASSERT_EQ(this->Commit(ChangeOf(first, "b"), 2), Verdict::kStored);
  EXPECT_EQ(this->Commit(ChangeOf(first, "c"), 3), Verdict::kStale);
  EXPECT_EQ(this->Commit(DeleteOf(first), 4), Verdict::kStale);
  EXPECT_EQ(this->Commit(PutOf("t", "d"), 5), Verdict::kStale);
  EXPECT_EQ(this->Value("t"), "b");
}

TYPED_TEST_P(KvContract, RefusesAChangeOfWhatIsGone) {
  ASSERT_EQ(this->Commit(PutOf("t", "a"), 1), Verdict::kStored);
  const KvEntry first = *this->Load("t");
  ASSERT_EQ(this->Commit(DeleteOf(first), 2), Verdict::kStored);
  EXPECT_FALSE(this->Load("t"));
  EXPECT_EQ(this->Commit(ChangeOf(first, "b"), 3), Verdict::kStale);
  EXPECT_EQ(this->Commit(DeleteOf(first), 4), Verdict::kStored);
  EXPECT_FALSE(this->Load("t"));
}

// The version alone would not tell: it is 1 again.
TYPED_TEST_P(KvContract, RefusesAChangeOfAnEntryThatWasMadeAnew) {
  ASSERT_EQ(this->Commit(PutOf("t", "a"), 1), Verdict::kStored);
  const KvEntry first = *this->Load("t");
  ASSERT_EQ(this->Commit(DeleteOf(first), 2), Verdict::kStored);
  ASSERT_EQ(this->Commit(PutOf("t", "b"), 3), Verdict::kStored);
  EXPECT_EQ(this->Commit(DeleteOf(first), 4), Verdict::kStale);
  EXPECT_EQ(this->Commit(ChangeOf(first, "c"), 5), Verdict::kStale);
  EXPECT_EQ(this->Value("t"), "b");
  EXPECT_EQ(this->Load("t")->version, 1u);
}

TYPED_TEST_P(KvContract, CountsARepeatedWriteOfItsOwnAsStored) {
  ASSERT_EQ(this->Commit(PutOf("t", "a"), 1), Verdict::kStored);
  EXPECT_EQ(this->Commit(PutOf("t", "a"), 1), Verdict::kStored);
  const KvEdit change = ChangeOf(*this->Load("t"), "b");
  EXPECT_EQ(this->Commit(change, 2), Verdict::kStored);
  EXPECT_EQ(this->Commit(change, 2), Verdict::kStored);
  EXPECT_EQ(this->Load("t")->version, 2u);
}

TYPED_TEST_P(KvContract, LetsOneOfTwoEditsInABatchWin) {
  ASSERT_EQ(this->Commit(PutOf("t", "a"), 1), Verdict::kStored);
  const KvEdit one = ChangeOf(*this->Load("t"), "b");
  const KvEdit two = ChangeOf(*this->Load("t"), "c");
  const KvEdit other = PutOf("u", "x");
  const Txn txn = MakeTxn("g1");
  EXPECT_EQ(
      CommitAll(this->store(), {EditOf(one, 2), InsertOf(txn), EditOf(two, 3), EditOf(other, 4)}),
      (std::vector{Verdict::kStored, Verdict::kStored, Verdict::kStale, Verdict::kStored}));
  EXPECT_EQ(this->Value("t"), "b");
  EXPECT_EQ(this->Value("u"), "x");
  EXPECT_TRUE(LoadOrNothing(this->store(), "g1"));
}

TYPED_TEST_P(KvContract, TakesNoMoreEntriesOfACategoryThanAsked) {
  KvEdit edit = PutOf("a", "1");
  edit.most = 2;
  EXPECT_EQ(this->Commit(edit, 1), Verdict::kStored);
  edit.key = "b";
  EXPECT_EQ(this->Commit(edit, 2), Verdict::kStored);
  edit.key = "c";
  EXPECT_EQ(this->Commit(edit, 3), Verdict::kFull);
  edit.cat = "others";
  EXPECT_EQ(this->Commit(edit, 4), Verdict::kStored);
  EXPECT_EQ(this->Commit(ChangeOf(*this->Load("b"), "2"), 5), Verdict::kStored);
  EXPECT_EQ(this->Commit(DeleteOf(*this->Load("a")), 6), Verdict::kStored);
  edit.cat = "topics";
  EXPECT_EQ(this->Commit(edit, 7), Verdict::kStored);
}

TYPED_TEST_P(KvContract, ListsNewestFirstPageByPage) {
  std::uint64_t id = 0;
  for (const char* key : {"a", "b", "c", "d"}) {
    ASSERT_EQ(this->Commit(PutOf(key, "[]"), ++id), Verdict::kStored);
  }
  EXPECT_EQ(this->Keys({.cat = "topics", .limit = 1}), "d | c | b | a ");
  EXPECT_EQ(this->Keys({.cat = "topics", .limit = 2}), "d c | b a ");
  EXPECT_EQ(this->Keys({.limit = 500}), "d c b a ");
  EXPECT_EQ(this->Keys({.cat = "topics", .key = "b"}), "b ");
  EXPECT_EQ(this->Keys({.key = "c"}), "c ");
  EXPECT_EQ(this->Keys({.cat = "topic"}), "");
  EXPECT_EQ(this->Keys({.cat = "topics", .key = "x"}), "");
}

TYPED_TEST_P(KvContract, ListsEveryEntryOnceWhileOthersComeAndGo) {
  std::uint64_t id = 0;
  for (const char* key : {"a", "b", "c", "d"}) {
    ASSERT_EQ(this->Commit(PutOf(key, "[]"), ++id), Verdict::kStored);
  }
  const KvPage page = this->List({.limit = 2});
  ASSERT_EQ(this->Commit(DeleteOf(*this->Load("d")), 10), Verdict::kStored);
  ASSERT_EQ(this->Commit(PutOf("e", "[]"), 11), Verdict::kStored);
  EXPECT_EQ(this->Keys({.position = page.next_position}), "b a ");
  EXPECT_EQ(this->Keys({}), "e c b a ");
}

TYPED_TEST_P(KvContract, EndsAPageWhereItsValuesGetTooLong) {
  const std::string value(kKvPageBytes / 2 + 1, 'x');
  for (const char* key : {"a", "b", "c"}) {
    ASSERT_EQ(this->Commit(PutOf(key, value), static_cast<std::uint64_t>(*key)), Verdict::kStored);
  }
  EXPECT_EQ(this->Keys({}), "c b | a ");
}

TYPED_TEST_P(KvContract, RefusesAPositionThatIsNoneOfItsOwn) {
  for (const char* position : {"x", "-1", "0", "1x", "99999999999999999999"}) {
    const auto page = this->store().ListKv({.position = position});
    EXPECT_EQ(page.status().code(), Code::kInvalidArgument) << position;
  }
}

REGISTER_TYPED_TEST_SUITE_P(KvContract, ReturnsEveryFieldAsItWasStored,
                            FindsNothingUnderAnotherName, ChangesAnEntryThatIsTheOneThatWasRead,
                            RefusesAChangeOfWhatHasMovedOn, RefusesAChangeOfWhatIsGone,
                            RefusesAChangeOfAnEntryThatWasMadeAnew,
                            CountsARepeatedWriteOfItsOwnAsStored, LetsOneOfTwoEditsInABatchWin,
                            TakesNoMoreEntriesOfACategoryThanAsked, ListsNewestFirstPageByPage,
                            ListsEveryEntryOnceWhileOthersComeAndGo,
                            EndsAPageWhereItsValuesGetTooLong, RefusesAPositionThatIsNoneOfItsOwn);

}  // namespace treaty::store_test
