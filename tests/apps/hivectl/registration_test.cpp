#include "apps/hivectl/registration.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "messages/ec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::ctl {
namespace {

using testing::HasSubstr;

std::string program(placed_command given, bool on_this_machine = true) {
  auto placed = locate(std::move(given), "/home/me", on_this_machine);
  return placed ? placed->command.front() + " in " + placed->workdir : "refused: " + text_of(placed.error());
}

TEST(registration, a_program_of_this_directory_is_the_same_for_the_node) {
  EXPECT_EQ(program({{"./measure"}, ""}), "/home/me/measure in /home/me");
  EXPECT_EQ(program({{"bench/../bin/measure"}, ""}), "/home/me/bin/measure in /home/me");
  EXPECT_EQ(program({{"../measure"}, ""}), "/home/measure in /home/me");
}

TEST(registration, a_name_is_left_to_the_path_of_the_node) {
  EXPECT_EQ(program({{"python3", "./measure.py"}, ""}), "python3 in /home/me");
  EXPECT_EQ(program({{"python3"}, ""}, false), "python3 in ");
}

TEST(registration, what_is_absolute_stays) {
  EXPECT_EQ(program({{"/usr/bin/x"}, "/srv"}), "/usr/bin/x in /srv");
  EXPECT_EQ(program({{"/usr/bin/x"}, "/srv"}, false), "/usr/bin/x in /srv");
  EXPECT_EQ(program({{"/usr/bin/x"}, ""}, false), "/usr/bin/x in ");
}

TEST(registration, a_working_directory_is_where_a_program_is_looked_for) {
  EXPECT_EQ(program({{"./measure"}, "/srv/app"}), "/srv/app/measure in /srv/app");
  EXPECT_EQ(program({{"./measure"}, "app"}), "/home/me/app/measure in /home/me/app");
  EXPECT_EQ(program({{"./measure"}, "/srv/app"}, false), "/srv/app/measure in /srv/app");
}

TEST(registration, refuses_what_means_nothing_elsewhere) {
  for (placed_command given : {placed_command{{"./measure"}, ""}, placed_command{{"measure"}, "app"}}) {
    auto placed = locate(given, "/home/me", false);
    ASSERT_FALSE(placed);
    EXPECT_EQ(exit_status_of(placed.error()), exit_status::usage);
    EXPECT_THAT(text_of(placed.error()), HasSubstr("the node is on another machine"));
  }
  auto removed = locate({{"./measure"}, ""}, "", true);
  ASSERT_FALSE(removed);
  EXPECT_THAT(text_of(removed.error()), HasSubstr("is not there any more"));
}

TEST(registration, knows_the_loopback) {
  for (const auto* url : {"http://127.0.0.1:7420", "http://localhost", "http://localhost:80/hive", "http://[::1]:7420",
                          "http://[::1]", "http://127.1.2.3", "https://user:pass@localhost:7420"})
    EXPECT_TRUE(is_on_this_machine(url)) << url;
  for (const auto* url : {"http://10.0.0.1:7420", "http://node7", "http://localhost.evil.example",
                          "http://127.0.0.1@evil.example", "http://[2001:db8::1]:7420", ""})
    EXPECT_FALSE(is_on_this_machine(url)) << url;
}

} // namespace
} // namespace hive::ctl
