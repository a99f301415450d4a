// Deleted captures: what is left of them, and where it is listed.

#include "storage/snapshot_store.hpp"

#include "messages/text.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <random>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr size_t no_limit = 1'000'000;

class snapshot_store_test : public testing::Test {
protected:
  snapshot_store_test() {
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
  }

  static msg<wire::Snapshot> snapshot_of(const std::string& version, uint64_t id) {
    return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
      out.setVersion(version);
      out.setCaptureId(id);
      auto adapter = out.initAdapters(1)[0];
      adapter.setName("gpu");
      adapter.initEvidence().setQuality(wire::RunQuality::DISTURBED);
      adapter.getEvidence().initReasons(1).set(0, "throttled");
    });
  }

  void keep(const std::string& version, uint64_t id) {
    ASSERT_FALSE(db->write(*store().keep(snapshot_of(version, id), {id})));
  }

  snapshot_store::deletion erase(const std::string& version, uint64_t id) {
    auto deletion = store().erase(snapshot_of(version, id), {"a backup ran", 1'771'934'400'000'000});
    EXPECT_TRUE(deletion);
    EXPECT_FALSE(db->write(deletion->writes));
    return *deletion;
  }

  /// The numbers of all captures, those of deleted ones negative, read in pages.
  std::vector<int64_t> list(const std::string& version, uint32_t limit = 100, size_t max_bytes = no_limit) const {
    std::vector<int64_t> out;
    for (capture_id after{};;) {
      auto page = store().captures(version, limit, after, max_bytes);
      EXPECT_LE((*page)->getCaptures().size(), limit);
      for (auto each : (*page)->getCaptures())
        out.push_back((each.hasDeleted() ? -1 : 1) * static_cast<int64_t>(each.getCaptureId()));
      after = {(*page)->getNext()};
      if (after.value == 0)
        return out;
    }
  }

  snapshot_store store() const {
    return snapshot_store{*db};
  }

  temporary_directory temp;
  std::unique_ptr<database> db;
};

TEST_F(snapshot_store_test, a_deleted_capture_stays_in_the_list_with_the_reason) {
  keep("v1", 1);
  keep("v1", 2);
  erase("v1", 1);
  EXPECT_THAT(list("v1"), ElementsAre(-1, 2));
  auto captures = store().captures("v1", 10, {}, no_limit);
  ASSERT_TRUE(captures);
  auto deleted = (*captures)->getCaptures()[0];
  EXPECT_EQ(as_view(deleted.getDeleted()), "a backup ran");
  EXPECT_EQ(deleted.getDeletedAt(), 1'771'934'400'000'000);
  EXPECT_EQ(as_view(deleted.getDisturbed()), "gpu: throttled");
  auto shown = store().capture("v1", {1});
  EXPECT_EQ(code_of(shown.error()), ec::not_found);
  EXPECT_THAT(text_of(shown.error()), HasSubstr("was deleted at 2026-02-24T12:00:00Z: a backup ran"));
  EXPECT_THAT(text_of(store().capture("v1", {3}).error()), HasSubstr("no capture 3 of version v1"));
}

TEST_F(snapshot_store_test, also_the_last_one_of_its_version) {
  keep("v1", 1);
  keep("v10", 2);
  auto deletion = erase("v1", 1);
  EXPECT_EQ(deletion.captures_left, 0u);
  EXPECT_THAT(list("v1"), ElementsAre(-1));
  EXPECT_EQ(code_of(store().latest("v1").error()), ec::not_found);
  EXPECT_EQ(code_of(store().summary("v1").error()), ec::not_found);
  EXPECT_THAT(*store().versions(10), ElementsAre("v10"));
  keep("v1", 3);
  EXPECT_THAT(list("v1"), ElementsAre(-1, 3));
}

TEST_F(snapshot_store_test, pages_have_all_of_them_in_order) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  std::vector<int64_t> all;
  for (uint64_t id = 1; id <= 30; ++id) {
    keep("v1", id);
    bool deleted = random() % 2 == 0;
    if (deleted)
      erase("v1", id);
    all.push_back((deleted ? -1 : 1) * static_cast<int64_t>(id));
  }
  for (uint32_t limit : {1, 2, 5, 29, 30, 31})
    for (size_t max_bytes : {size_t{1}, size_t{600}, no_limit})
      EXPECT_EQ(list("v1", limit, max_bytes), all) << limit << " captures or " << max_bytes << " bytes a page";
}

} // namespace
} // namespace hive
