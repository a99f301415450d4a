#include "actors/http/access.hpp"

#include "messages/ec.hpp"

#include <gmock/gmock.h>

namespace hive::http {
namespace {

using testing::HasSubstr;

const std::string hash_of_reader = "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30";

TEST(access, a_token_is_known_by_its_hash) {
  auto token = make_access_token("ci", "record", hash_of_reader);
  ASSERT_TRUE(token);
  const std::vector known{*token};
  auto found = find_token(known, "Bearer reader");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->name, "ci");
  EXPECT_EQ((*found)->grants, role::record);
}

TEST(access, the_scheme_is_written_in_any_case) {
  auto token = *make_access_token("x", "read", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30");
  for (const char* header : {"Bearer reader", "bearer reader", "BEARER reader"})
    EXPECT_TRUE(find_token({token}, header)) << header;
}

TEST(access, whatever_is_no_known_token_is_unauthorized) {
  auto token = *make_access_token("ci", "read", hash_of_reader);
  for (const char* header : {"", "Bearer", "Bearer ", "Bearer readers", "Bearer reade", "reader", "Basic reader",
                             "Bearer  reader", "Bearer reader "}) {
    auto found = find_token({token}, header);
    ASSERT_FALSE(found) << header;
    EXPECT_EQ(code_of(found.error()), ec::unauthorized);
    EXPECT_EQ(text_of(found.error()).find("reader"), std::string::npos) << "secrets must not reach the log";
  }
  EXPECT_FALSE(find_token({}, "Bearer reader"));
}

TEST(access, wrong_entries_of_the_configuration_are_named) {
  for (auto [role_name, hash] : std::vector<std::pair<std::string, std::string>>{
         {"admin", hash_of_reader}, {"anyone", hash_of_reader}, {"", hash_of_reader}, {"Read", hash_of_reader}}) {
    auto token = make_access_token("ci", role_name, hash);
    ASSERT_FALSE(token) << role_name;
    EXPECT_THAT(text_of(token.error()), HasSubstr("token ci: role"));
  }
  for (const auto& hash : {std::string{}, hash_of_reader.substr(1), hash_of_reader + "0", hash_of_reader + "00",
                           "g" + hash_of_reader.substr(1), " " + hash_of_reader}) {
    auto token = make_access_token("ci", "read", hash);
    ASSERT_FALSE(token) << hash;
    EXPECT_THAT(text_of(token.error()), HasSubstr("token ci: sha256"));
  }
}

TEST(access, roles_that_need_no_token_have_names) {
  EXPECT_EQ(find_open_role("none"), role::anyone);
  EXPECT_EQ(find_open_role("record"), role::record);
  EXPECT_EQ(find_open_role("operate"), role::operate);
  for (const char* name : {"", "anyone", "all", "Record"})
    EXPECT_FALSE(find_open_role(name)) << name;
}

} // namespace
} // namespace hive::http
