#include "apps/hived/token_reloader.hpp"

#include "apps/hived/toml_section.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

const int64_t now = 1'800'000'000'000'000;

std::string entry(const std::string& token) {
  return "[[tokens]]\nname = \"" + token + "\"\nrole = \"read\"\nsha256 = \"" + to_hex(sha256(token)) + "\"\n";
}

class token_reloader_test : public testing::Test {
protected:
  void write(const std::string& text) {
    put_file(sources_.file, text);
  }

  bool takes(const std::string& token) const {
    return !access_->check(http::role::read, "Bearer " + token, now);
  }

  temporary_directory directory_;
  token_sources sources_{{}, directory_.path() / "tokens.toml", {}};
  std::shared_ptr<http::authorizer> access_ =
    std::make_shared<http::authorizer>(std::vector<http::access_token>{}, http::role::record, true);
};

TEST_F(token_reloader_test, a_look_takes_what_has_changed) {
  write(entry("one"));
  token_reloader reloader{sources_, access_};
  EXPECT_FALSE(takes("one"));
  reloader.look();
  EXPECT_TRUE(takes("one")) << "the file may have changed since the start read it";
  write(entry("two"));
  reloader.look();
  EXPECT_TRUE(takes("two"));
  EXPECT_FALSE(takes("one"));
}

TEST_F(token_reloader_test, a_look_reads_nothing_that_is_as_before) {
  write(entry("one"));
  token_reloader reloader{sources_, access_};
  reloader.look();
  access_->replace_tokens({});
  reloader.look();
  EXPECT_FALSE(takes("one"));
  reloader.reload();
  EXPECT_TRUE(takes("one")) << "a signal reads it all the same";
}

TEST_F(token_reloader_test, a_file_that_cannot_be_used_or_is_gone_leaves_the_tokens) {
  write(entry("one"));
  token_reloader reloader{sources_, access_};
  reloader.look();
  for (const char* broken : {"[[tokens]\n", "", "[[tokens]]\nname = \"x\"\n"}) {
    write(broken);
    reloader.look();
    reloader.reload();
    EXPECT_TRUE(takes("one")) << broken;
  }
  std::filesystem::remove(sources_.file);
  reloader.look();
  EXPECT_TRUE(takes("one"));
  write("tokens = []\n");
  reloader.look();
  EXPECT_FALSE(takes("one")) << "an empty list is meant";
}

} // namespace
} // namespace hive
