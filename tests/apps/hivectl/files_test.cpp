#include "apps/hivectl/files.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "messages/ec.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <gtest/gtest.h>

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

class files_test : public testing::Test {
protected:
  std::string path(const char* name) const {
    return folder_.path() / name;
  }

  temporary_directory folder_;
};

TEST_F(files_test, write_then_read_gives_the_same) {
  std::string content{"a\0b\n\xff", 5};
  ASSERT_TRUE(write_file(path("f"), content));
  EXPECT_EQ(*read_file(path("f"), 5), content);
  ASSERT_TRUE(write_file(path("f"), "x"));
  EXPECT_EQ(*read_file(path("f"), 5), "x") << "an earlier content is replaced";
}

TEST_F(files_test, read_is_bounded) {
  ASSERT_TRUE(write_file(path("f"), "123456"));
  auto content = read_file(path("f"), 5);
  ASSERT_FALSE(content);
  EXPECT_EQ(code_of(content.error()), ec::too_large);
  EXPECT_NE(text_of(content.error()).find(path("f")), std::string::npos);
  EXPECT_EQ(code_of(read_file("/dev/zero", 1 << 20).error()), ec::too_large);
}

TEST_F(files_test, read_names_what_it_cannot_read) {
  EXPECT_EQ(text_of(read_file(path("none"), 5).error()), "cannot open " + path("none") + ": No such file or directory");
  EXPECT_EQ(text_of(read_file(folder_.path(), 5).error()),
            "cannot read " + folder_.path().string() + ": Is a directory");
}

TEST_F(files_test, write_reports_a_full_disk) {
  for (size_t size : {size_t{1}, size_t{1} << 20}) {
    auto written = write_file("/dev/full", std::string(size, 'x'));
    ASSERT_FALSE(written);
    EXPECT_EQ(exit_status_of(written.error()), exit_status::file_failed);
    EXPECT_EQ(text_of(written.error()), "cannot write /dev/full: No space left on device");
  }
  EXPECT_TRUE(fs::exists("/dev/full"));
}

TEST_F(files_test, write_names_a_folder_that_is_missing) {
  auto written = write_file(path("no/f"), "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(text_of(written.error()), "cannot write " + path("no/f") + ": No such file or directory");
}

} // namespace
} // namespace hive::ctl
