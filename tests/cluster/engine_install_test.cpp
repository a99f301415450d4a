// Engines that have benchmarks installed from git on a node of the hive.

#include "messages/install.capnp.h"
#include "messages/text.hpp"
#include "tests/cluster/engine_hive.hpp"

#include <cstdlib>
#include <fstream>

namespace hive::cluster {
namespace {

using testing::HasSubstr;

class engine_installs : public engine_hive {
protected:
  void SetUp() override {
    if (std::system("bwrap --unshare-all --ro-bind / / true 2>/dev/null") != 0)
      GTEST_SKIP() << "sandboxes do not work here";
  }

  std::string config(const std::string& allow) const {
    return "[engines]\nallow = [" + allow + "]\n[dynamic]\nallowed = [\"file://" + path("repositories").string() +
           "/\"]\ndirectory = \"" + path("installs").string() + "\"\n";
  }

  /// Makes a repository whose program measures, and returns its URL.
  std::string make_repository() const {
    auto at = path("repositories") / "one";
    std::filesystem::create_directories(at);
    std::ofstream{at / "measure"} << "#!/bin/sh\n"
                                     R"(echo '{"points": {"value": 7, "direction": "higher", "unit": "points"}}')"
                                     "\n";
    std::filesystem::permissions(at / "measure", std::filesystem::perms::owner_all);
    auto git = "cd " + at.string() +
               " && export GIT_CONFIG_GLOBAL=/dev/null && git init -q -b main && git add -A && "
               "git -c user.name=A -c user.email=a@example.org commit -q -m first";
    if (std::system(git.c_str()) != 0)
      throw std::runtime_error("no repository");
    return "file://" + at.string();
  }

  static msg<wire::InstallBenchmark> benchmark(const std::string& url, bool wait = true) {
    return msg<wire::InstallBenchmark>::build([&](wire::InstallBenchmark::Builder out) {
      out.setName("bench");
      out.setRepoUrl(url);
      out.initRunCommand(1).set(0, "./measure");
      out.setWait(wait);
    });
  }

  static bool is_installed_on(const hived_process& node) {
    auto list = node.get("/api/v1/benchmarks/installs").as<wire::InstallList>();
    return list->getInstalls().size() == 1 && list->getInstalls()[0].hasInstalled();
  }
};

TEST_F(engine_installs, go_to_the_node_that_placement_picks) {
  start_both(config("\"benchmark\""), config("\"benchmark\""));
  auto url = make_repository();
  auto engine = connect(*near);
  auto done = engine.install(benchmark(url), spawn_place::with({"far"}));
  ASSERT_TRUE(done) << text_of(done.error()) << far->log();
  EXPECT_EQ(as_view((*done)->getNode()), far->node());
  EXPECT_EQ((*done)->getState(), wire::InstallState::INSTALLED);
  EXPECT_TRUE(is_installed_on(*far));
  EXPECT_FALSE(is_installed_on(*near));
  expect_logged(*far, {"Engine installs a benchmark engine=engine7 benchmark=bench"});
  auto here = engine.install(benchmark(url, false), spawn_place::on({near->node()}));
  ASSERT_TRUE(here) << text_of(here.error());
  EXPECT_TRUE(wait_until([&] { return is_installed_on(*near); })) << near->log();
}

TEST_F(engine_installs, are_refused_unless_both_nodes_allow_them) {
  start_both(config("\"benchmark\""), config("\"adapter\""));
  auto url = make_repository();
  auto to_far = connect(*near).install(benchmark(url), spawn_place::with({"far"}));
  EXPECT_EQ(code_of(to_far.error()), ec::forbidden);
  EXPECT_THAT(text_of(to_far.error()), HasSubstr("benchmark is not among engines.allow of this node"));
  auto to_near = connect(*far).install(benchmark(url), spawn_place::on({near->node()}));
  EXPECT_EQ(code_of(to_near.error()), ec::forbidden);
  auto elsewhere = connect(*near).install(benchmark("file:///etc/one"), spawn_place::on({near->node()}));
  EXPECT_EQ(code_of(elsewhere.error()), ec::forbidden);
  EXPECT_THAT(text_of(elsewhere.error()), HasSubstr("file:///etc/one"));
}

} // namespace
} // namespace hive::cluster
