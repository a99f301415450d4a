#include "storage/run_stamp.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/process_stamp.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

class run_stamp : public testing::Test {
protected:
  void put(uint64_t version, const std::string& node = "aa") {
    ASSERT_FALSE(put_run_stamp(directory_, node, 3, version));
  }

  void write(std::string_view bytes) {
    fs::create_directories(directory_);
    std::ofstream{run_stamp_path(directory_, "aa"), std::ios::binary} << bytes;
  }

  temporary_directory temp_;
  fs::path directory_ = temp_.path() / "run";
};

TEST_F(run_stamp, the_last_one_is_taken_once) {
  EXPECT_FALSE(take_run_stamp(directory_, "aa")) << "there is none yet";
  put(5);
  put(6);
  auto got = take_run_stamp(directory_, "aa");
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)->getEpoch(), 3U);
  EXPECT_EQ((*got)->getVersion(), 6U);
  EXPECT_FALSE(take_run_stamp(directory_, "aa"));
  EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(run_stamp, nodes_of_one_machine_do_not_take_each_others) {
  put(5);
  put(6, "bb");
  fs::copy_file(run_stamp_path(directory_, "bb"), run_stamp_path(directory_, "cc"));
  EXPECT_FALSE(take_run_stamp(directory_, "cc")) << "it names another node";
  EXPECT_EQ((*take_run_stamp(directory_, "aa"))->getVersion(), 5U);
}

TEST_F(run_stamp, one_of_an_earlier_boot_is_none) {
  auto stamp = msg<wire::RunStamp>::build([&](wire::RunStamp::Builder out) {
    out.setBootId("another boot");
    out.setNode("aa");
    out.setEpoch(3);
    out.setVersion(5);
  });
  write(stamp.bytes());
  EXPECT_FALSE(take_run_stamp(directory_, "aa"));
  EXPECT_NE(boot_id(), "");
}

TEST_F(run_stamp, a_damaged_one_is_none) {
  for (std::string_view bytes : {"", "hello", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}) {
    write(bytes);
    EXPECT_FALSE(take_run_stamp(directory_, "aa"));
    EXPECT_FALSE(fs::exists(run_stamp_path(directory_, "aa")));
  }
}

TEST_F(run_stamp, a_failed_write_leaves_none) {
  put(5);
  fs::create_directory(fs::path{run_stamp_path(directory_, "aa")} += ".new");
  auto failure = put_run_stamp(directory_, "aa", 3, 6);
  EXPECT_EQ(code_of(failure), ec::storage_failed);
  EXPECT_NE(text_of(failure).find("aa.stamp"), std::string::npos);
  EXPECT_FALSE(take_run_stamp(directory_, "aa")) << "the earlier one would vouch for an earlier store";
}

TEST_F(run_stamp, only_the_user_of_the_node_can_read_it) {
  put(5);
  struct stat about {};
  ASSERT_EQ(::stat(run_stamp_path(directory_, "aa").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);
}

} // namespace
} // namespace hive
