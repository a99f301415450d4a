#include "apps/hived/wiring/service_group.hpp"

#include "actors/benchmark/api.hpp"
#include "messages/ec.hpp"
#include "tests/support/test_system.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Gives adapters of these names and nothing else.
class adapters_of final : public service_group {
public:
  explicit adapters_of(std::vector<std::string> names) : names_{std::move(names)} {
  }

  std::vector<service> services() override {
    return {};
  }

  std::vector<adapter_definition> adapters() const override {
    std::vector<adapter_definition> out(names_.size());
    for (size_t i = 0; i < out.size(); ++i)
      out[i].name = names_[i];
    return out;
  }

private:
  std::vector<std::string> names_;
};

TEST(service_group, what_groups_give_keeps_their_order) {
  adapters_of first{{"b", "a"}}, without{{}}, last{{"c"}};
  std::vector<std::string> names;
  for (const auto& each : gather({&first, &without, &last}, &service_group::adapters))
    names.push_back(each.name);
  EXPECT_THAT(names, ElementsAre("b", "a", "c"));
  EXPECT_THAT(gather({&first, &last}, &service_group::topics), IsEmpty());
  EXPECT_THAT(gather({&first, &last}, &service_group::routes), IsEmpty());
}

/// The handle of a service, and how often it was started.
struct counted_service {
  test_system tests;
  caf::actor handle;
  int starts = 0;
  caf::error failure;

  ~counted_service() {
    if (handle)
      caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  }

  service made() {
    return make_service("counted", handle, [this]() -> caf::expected<caf::actor> {
      ++starts;
      if (failure)
        return failure;
      return tests.system().spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int x) { return x; }}; });
    });
  }
};

TEST(make_service, sets_the_handle_at_each_start) {
  counted_service counted;
  auto made = counted.made();
  EXPECT_EQ(made.name, "counted");
  EXPECT_FALSE(counted.handle) << "nothing runs before the supervisor starts it";
  auto first = made.start();
  ASSERT_TRUE(first);
  EXPECT_EQ(counted.handle, *first);
  caf::anon_send_exit(*first, caf::exit_reason::user_shutdown);
  auto second = made.start();
  ASSERT_TRUE(second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(counted.handle, *second);
  EXPECT_EQ(counted.starts, 2);
}

TEST(make_service, a_failed_start_gives_its_error) {
  counted_service counted;
  counted.failure = fail(ec::unavailable, "the port is in use");
  auto started = counted.made().start();
  ASSERT_FALSE(started);
  EXPECT_EQ(text_of(started.error()), "the port is in use");
  EXPECT_FALSE(counted.handle);
}

} // namespace
} // namespace hive
