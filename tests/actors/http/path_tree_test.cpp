#include "actors/http/path_tree.hpp"

#include <gmock/gmock.h>
#include <stdexcept>

namespace hive::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

route at(method verb, std::string path) {
  return route::raw(verb, std::move(path), "", "text/plain", [](const exchange_ptr&) {});
}

class path_tree_test : public testing::Test {
protected:
  const std::vector<route> routes{
    at(method::get, "/"),
    at(method::get, "/agents/{prompt}/{flow}/baselines/latest"),
    at(method::get, "/agents/{prompt}/{flow}/baselines/{n}"),
    at(method::delete_, "/agents/{prompt}/{flow}/baselines/{n}"),
    at(method::get, "/agents/all"),
    at(method::post, "/agents/{prompt}"),
    at(method::get, "/agents/all/{flow}/trend"),
  };
  const path_tree tree{routes};
};

TEST_F(path_tree_test, parameters_have_their_names) {
  auto match = tree.find(method::get, "/agents/p/f%20g/baselines/7");
  EXPECT_EQ(match.found, &routes[2]);
  EXPECT_THAT(match.parameters, ElementsAre(Pair("prompt", "p"), Pair("flow", "f%20g"), Pair("n", "7")));
  EXPECT_THAT(match.allowed, ElementsAre(method::get, method::delete_));
}

TEST_F(path_tree_test, a_literal_wins_over_a_parameter_where_its_branch_leads_on) {
  EXPECT_EQ(tree.find(method::get, "/agents/p/f/baselines/latest").found, &routes[1]);
  EXPECT_EQ(tree.find(method::get, "/agents/all").found, &routes[4]);
  EXPECT_EQ(tree.find(method::get, "/agents/all/f/baselines/latest").found, &routes[1]);
  EXPECT_EQ(tree.find(method::get, "/agents/all/f/trend").found, &routes[6]);
}

TEST_F(path_tree_test, other_paths_are_not_found) {
  for (const char* path : {"", "*", "agents/all", "/agents", "/agents/", "/agents/all/", "//", "/agents//f/baselines/7",
                           "/agents/p/f/baselines/7/8", "/agents/p/f/baselines"}) {
    auto match = tree.find(method::get, path);
    EXPECT_EQ(match.found, nullptr) << path;
    EXPECT_THAT(match.allowed, IsEmpty()) << path;
  }
  EXPECT_EQ(tree.find(method::get, "/").found, &routes[0]);
}

TEST_F(path_tree_test, a_wrong_method_is_told_the_right_ones) {
  auto match = tree.find(method::put, "/agents/p/f/baselines/7");
  EXPECT_EQ(match.found, nullptr);
  EXPECT_THAT(match.allowed, ElementsAre(method::get, method::delete_));
  EXPECT_EQ(tree.find(std::nullopt, "/agents/all").found, nullptr);
}

TEST_F(path_tree_test, a_path_of_ten_thousand_segments_is_just_not_found) {
  std::string path;
  for (int i = 0; i < 10'000; ++i)
    path += "/all";
  EXPECT_EQ(tree.find(method::get, path).found, nullptr);
}

TEST(path_tree, the_same_route_twice_is_refused) {
  const std::vector<route> twice{at(method::get, "/a/{x}"), at(method::get, "/a/{y}")};
  EXPECT_THROW(path_tree{twice}, std::invalid_argument);
}

} // namespace
} // namespace hive::http
