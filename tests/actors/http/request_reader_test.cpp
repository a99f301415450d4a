#include "actors/http/request_reader.hpp"

#include "messages/snapshot.capnp.h"
#include "messages/upgrade.capnp.h"

#include <gmock/gmock.h>

namespace hive::http {
namespace {

using testing::HasSubstr;

template <class T>
std::string refusal(const request& from) {
  json_error why;
  auto read = read_request<T>(from, why);
  return read ? "accepted as " + to_json(*read) : why.message();
}

TEST(request_reader, path_query_and_body_fill_one_message) {
  request from{.verb = method::put,
               .path = "",
               .path_parameters = {{"version", "v2"}},
               .query = {},
               .content_type = "",
               .body = R"({"git_sha":"abc"})"};
  json_error why;
  auto read = read_request<wire::ImportSnapshot>(from, why);
  ASSERT_TRUE(read) << why.message();
  EXPECT_EQ(std::string{(*read)->getVersion().cStr()}, "v2");
  EXPECT_EQ(std::string{(*read)->getSnapshot().getVersion().cStr()}, "v2");
  EXPECT_EQ(std::string{(*read)->getSnapshot().getGitSha().cStr()}, "abc");
}

TEST(request_reader, places_in_the_body_are_told_from_the_body_itself) {
  request from{.verb = method::put,
               .path = "",
               .path_parameters = {{"version", "v2"}},
               .query = {},
               .content_type = "",
               .body = R"({"adapters":{"x":{"status":"ok","duration_s":-1}}})"};
  json_error why;
  EXPECT_FALSE(read_request<wire::ImportSnapshot>(from, why));
  EXPECT_EQ(why.pointer, "/adapters/x/duration_s");
  EXPECT_EQ(why.code, ec::invalid);
}

TEST(request_reader, url_parameters_are_named_without_a_place) {
  request from{.verb = method::put,
               .path = "",
               .path_parameters = {{"version", "-"}},
               .query = {},
               .content_type = "",
               .body = "{}"};
  json_error why;
  EXPECT_FALSE(read_request<wire::ImportSnapshot>(from, why));
  EXPECT_EQ(why.pointer, "");
  EXPECT_THAT(why.text, HasSubstr("path parameter version must start with"));
}

TEST(request_reader, a_path_parameter_without_a_field_is_a_defect) {
  request from{.verb = method::get,
               .path = "",
               .path_parameters = {{"nonsense", "x"}},
               .query = {},
               .content_type = "",
               .body = ""};
  json_error why;
  EXPECT_FALSE(read_request<wire::SnapshotQuery>(from, why));
  EXPECT_EQ(why.code, ec::internal);
}

TEST(request_reader, booleans_enums_and_numbers_are_read_from_the_query) {
  request from{.verb = method::get,
               .path = "",
               .path_parameters = {},
               .query = {{"limit", "7"}, {"after", "x"}},
               .content_type = "",
               .body = ""};
  EXPECT_EQ(refusal<wire::PageQuery>(from), R"(accepted as {"limit":7,"after":"x"})");
  for (const char* wrong : {"", " 7", "7 ", "+7", "7.0", "7e0", "0x7", "4294967296"}) {
    from.query[0].second = wrong;
    EXPECT_THAT(refusal<wire::PageQuery>(from), HasSubstr("query parameter limit")) << wrong;
  }
}

TEST(request_reader, structures_cannot_be_given_in_a_query) {
  request from{.verb = method::get,
               .path = "",
               .path_parameters = {},
               .query = {{"request", "{}"}},
               .content_type = "",
               .body = ""};
  EXPECT_EQ(refusal<wire::StartCapture>(from), "query parameter request cannot be given in a URL");
}

} // namespace
} // namespace hive::http
