#include "platform/read_file.hpp"

#include "messages/ec.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class read_beneath_test : public testing::Test {
protected:
  read_beneath_test() {
    put_file(temp.path() / "root/sub/file", "inside");
    put_file(temp.path() / "secret", "outside");
  }

  ec code(const fs::path& relative) const {
    auto text = read_beneath(temp.path() / "root", relative, 100);
    return text ? ec::none : code_of(text.error());
  }

  temporary_directory temp;
};

TEST_F(read_beneath_test, reads_what_is_below_the_directory) {
  EXPECT_EQ(read_beneath(temp.path() / "root", "sub/file", 100), std::string{"inside"});
  fs::create_symlink("sub/file", temp.path() / "root/link");
  EXPECT_EQ(read_beneath(temp.path() / "root", "link", 100), std::string{"inside"});
}

TEST_F(read_beneath_test, leaves_the_directory_in_no_way) {
  fs::create_symlink("/etc/passwd", temp.path() / "root/absolute");
  fs::create_symlink("../secret", temp.path() / "root/relative");
  fs::create_symlink("../..", temp.path() / "root/sub/up");
  fs::create_symlink("/proc/self/root/etc/passwd", temp.path() / "root/magic");
  for (const auto* way : {"../secret", "absolute", "relative", "sub/up/secret", "magic", "/etc/passwd"})
    EXPECT_EQ(code(way), ec::forbidden) << way;
}

TEST_F(read_beneath_test, reads_regular_files_of_bounded_size_alone) {
  ASSERT_EQ(mkfifo((temp.path() / "root/pipe").c_str(), 0600), 0);
  EXPECT_EQ(code("pipe"), ec::unsupported) << "without waiting for a writer";
  EXPECT_EQ(code("sub"), ec::unsupported);
  EXPECT_EQ(code("missing"), ec::not_found);
  auto large = read_beneath(temp.path() / "root", "sub/file", 3);
  ASSERT_FALSE(large);
  EXPECT_EQ(code_of(large.error()), ec::too_large);
  EXPECT_THAT(text_of(large.error()), HasSubstr("sub/file"));
}

} // namespace
} // namespace hive
