#include "actors/http/url.hpp"

#include "actors/defaults.hpp"
#include "platform/http_client.hpp"
#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <random>

namespace hive::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(url, percent_decoding_is_strict) {
  EXPECT_EQ(percent_decode("a%2Fb%2f+"), "a/b/+");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
  for (const char* wrong : {"%", "%2", "a%", "%g0", "%0g", "%%20", "% 1", "%+1", "%-1"})
    EXPECT_EQ(percent_decode(wrong), std::nullopt) << wrong;
}

TEST(url, what_was_encoded_decodes_to_itself) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 1'000; ++round) {
    std::string text(random() % 40, '\0');
    for (auto& c : text)
      c = static_cast<char>(random());
    ASSERT_EQ(percent_decode(url_encode(text)), text);
  }
}

TEST(url, paths_split_at_every_slash) {
  EXPECT_THAT(split_path("/"), IsEmpty());
  EXPECT_THAT(split_path("/a/b"), ElementsAre("a", "b"));
  EXPECT_THAT(split_path("/a/"), ElementsAre("a", ""));
  EXPECT_THAT(split_path("//a"), ElementsAre("", "a"));
}

TEST(url, query_strings_are_read_in_order) {
  json_error why;
  EXPECT_THAT(*parse_query("a=1&b=x%26+y&&c&d=e=f", why),
              ElementsAre(parameter{"a", "1"}, parameter{"b", "x& y"}, parameter{"c", ""}, parameter{"d", "e=f"}));
  EXPECT_THAT(*parse_query("a=1&%61=2", why), ElementsAre(parameter{"a", "1"}, parameter{"a", "2"}));
  EXPECT_THAT(*parse_query("", why), IsEmpty());
}

TEST(url, wrong_query_strings_name_the_parameter) {
  for (auto [query, detail] : std::vector<std::pair<std::string, std::string>>{
         {"a=%", "query parameter a has a '%'"}, {"%zz=1", "query parameter %zz has a '%'"}, {"%80=1", "not UTF-8"}}) {
    json_error why;
    EXPECT_FALSE(parse_query(query, why)) << query;
    EXPECT_EQ(why.code, ec::invalid);
    EXPECT_THAT(why.text, HasSubstr(detail));
  }
}

TEST(url, the_number_of_parameters_is_bounded) {
  std::string query;
  for (size_t i = 0; i < defaults::max_query_parameters; ++i)
    query += "p" + std::to_string(i) + "&";
  json_error why;
  EXPECT_EQ(parse_query(query, why)->size(), defaults::max_query_parameters);
  EXPECT_FALSE(parse_query(query + "one_more", why));
  EXPECT_THAT(why.text, HasSubstr("more than"));
}

} // namespace
} // namespace hive::http
