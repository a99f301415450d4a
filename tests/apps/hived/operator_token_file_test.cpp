#include "apps/hived/operator_token_file.hpp"

#include "messages/ec.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

mode_t mode_of(const fs::path& path) {
  struct stat about {};
  EXPECT_EQ(::lstat(path.c_str(), &about), 0) << path;
  return about.st_mode & 07777;
}

/// An environment variable that is set for the duration of a test.
class variable {
public:
  variable(const char* name, const char* value) : name_{name} {
    if (value)
      ::setenv(name, value, 1);
    else
      ::unsetenv(name);
  }
  ~variable() {
    ::unsetenv(name_);
  }

private:
  const char* name_;
};

class operator_token : public testing::Test {
protected:
  fs::path file(const std::string& name) const {
    return temp.path() / name;
  }

  /// Names of the files in the directory.
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator{temp.path()})
      out.push_back(entry.path().filename());
    return out;
  }

  temporary_directory temp;
};

TEST_F(operator_token, places_follow_the_environment) {
  {
    variable unit{"RUNTIME_DIRECTORY", "/run/hivemark:/run/other"}, user{"XDG_RUNTIME_DIR", "/run/user/7"};
    auto places = token_places("/var/lib/hive", 7420);
    ASSERT_EQ(places.size(), 3u);
    EXPECT_EQ(places[0].file, "/run/hivemark/7420.token");
    EXPECT_EQ(places[0].mode, 0640u);
    EXPECT_EQ(places[1].file, "/run/user/7/hivemark/7420.token");
    EXPECT_EQ(places[1].mode, 0600u);
    EXPECT_TRUE(places[1].private_directory);
    EXPECT_EQ(places[2].file, "/var/lib/hive/operator.token");
    EXPECT_EQ(places[2].mode, 0600u);
  }
  variable unit{"RUNTIME_DIRECTORY", "relative"}, user{"XDG_RUNTIME_DIR", ""};
  auto places = token_places("data", 1);
  ASSERT_EQ(places.size(), 1u);
  EXPECT_EQ(places[0].file, fs::current_path() / "data/operator.token");
}

TEST_F(operator_token, lies_there_until_its_owner_goes) {
  for (mode_t mode : {0640u, 0600u}) {
    auto written = operator_token_file::write({{file("t"), mode, false}}, "secret");
    ASSERT_TRUE(written) << text_of(written.error());
    EXPECT_EQ(file_text(file("t")), "secret\n");
    EXPECT_EQ(mode_of(file("t")), mode) << "whatever the umask";
    EXPECT_EQ(names(), std::vector<std::string>{"t"});
    written = caf::make_error(caf::sec::runtime_error);
    EXPECT_TRUE(names().empty());
  }
}

TEST_F(operator_token, replaces_what_a_crash_left_behind_and_follows_no_link) {
  put_file(file("t"), "an old and longer secret");
  put_file(file("precious"), "keep me");
  auto one = operator_token_file::write({{file("t"), 0600, false}}, "secret");
  ASSERT_TRUE(one);
  EXPECT_EQ(file_text(file("t")), "secret\n");
  fs::create_symlink(file("precious"), file("link"));
  auto other = operator_token_file::write({{file("link"), 0600, false}}, "secret");
  ASSERT_TRUE(other);
  EXPECT_EQ(file_text(file("precious")), "keep me");
  EXPECT_FALSE(fs::is_symlink(file("link")));
}

TEST_F(operator_token, another_nodes_file_in_its_place_stays) {
  {
    auto first = operator_token_file::write({{file("t"), 0600, false}}, "first");
    ASSERT_TRUE(first);
    auto second = operator_token_file::write({{file("t"), 0600, false}}, "second");
    ASSERT_TRUE(second);
    *first = nullptr;
    EXPECT_EQ(file_text(file("t")), "second\n");
  }
  EXPECT_FALSE(fs::exists(file("t")));
}

TEST_F(operator_token, a_private_directory_is_made_and_must_be_private) {
  token_place place{file("hivemark/7420.token"), 0600, true};
  auto written = operator_token_file::write({place}, "secret");
  ASSERT_TRUE(written) << text_of(written.error());
  EXPECT_EQ(mode_of(file("hivemark")), 0700u);
  fs::permissions(file("hivemark"), fs::perms::all);
  EXPECT_THAT(text_of(operator_token_file::write({place}, "x").error()), HasSubstr("other users may write"));
  *written = nullptr;
  fs::remove_all(file("hivemark"));
  fs::create_directory(file("elsewhere"));
  fs::create_symlink(file("elsewhere"), file("hivemark"));
  EXPECT_FALSE(operator_token_file::write({place}, "x"));
  EXPECT_TRUE(fs::is_empty(file("elsewhere")));
}

TEST_F(operator_token, the_next_place_is_taken_when_one_fails) {
  auto written = operator_token_file::write({{file("missing/t"), 0640, false}, {file("t"), 0600, false}}, "secret");
  ASSERT_TRUE(written);
  EXPECT_EQ((*written)->path(), file("t"));
  auto none = operator_token_file::write({{file("missing/a"), 0640, false}, {file("missing/b"), 0600, false}}, "x");
  ASSERT_FALSE(none);
  EXPECT_EQ(code_of(none.error()), ec::storage_failed);
  EXPECT_THAT(text_of(none.error()), HasSubstr(file("missing/b").string()));
}

TEST_F(operator_token, one_that_cannot_be_filled_leaves_nothing_behind) {
  put_file(file("t"), "old");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small{4, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  auto written = operator_token_file::write({{file("t"), 0600, false}}, "secret");
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(written);
  EXPECT_THAT(text_of(written.error()), HasSubstr(file("t").string()));
  EXPECT_EQ(file_text(file("t")), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"t"});
}

TEST_F(operator_token, is_never_readable_by_others_while_it_is_written) {
  std::atomic<bool> done = false;
  std::atomic<int> seen = 0, wrong = 0;
  std::thread watcher{[&] {
    while (!done)
      for (const auto& entry : fs::directory_iterator{temp.path(), fs::directory_options::skip_permission_denied}) {
        struct stat about {};
        int fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0)
          continue;
        ::fstat(fd, &about);
        ::close(fd);
        ++seen;
        if (about.st_mode & 077)
          ++wrong;
      }
  }};
  auto mask = ::umask(0);
  for (int i = 0; i < 500; ++i)
    EXPECT_TRUE(operator_token_file::write({{file("t"), 0600, false}}, "secret"));
  ::umask(mask);
  done = true;
  watcher.join();
  EXPECT_EQ(wrong, 0) << "of " << seen;
}

} // namespace
} // namespace hive
