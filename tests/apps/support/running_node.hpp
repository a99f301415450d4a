#pragma once

#include "tests/apps/support/run_program.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <future>
#include <string>

namespace hive::test {

/// The real hived on a free port with its own data directory. The constructor waits until it serves; the destructor
/// stops it gracefully.
class running_node {
public:
  running_node();
  ~running_node();
  running_node(const running_node&) = delete;
  running_node& operator=(const running_node&) = delete;

  const std::string& url() const {
    return url_;
  }

  /// Its data directory, which holds its operator token.
  std::filesystem::path data() const {
    return data_.path() / "data";
  }

private:
  program_result run();
  void look_for_ready_line(const std::string& out);

  temporary_directory data_;
  std::promise<int> started_;
  std::promise<std::string> ready_;
  bool is_ready_ = false;
  std::future<program_result> ended_;
  int pid_ = -1;
  std::string url_;
};

} // namespace hive::test
