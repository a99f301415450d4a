#include "tests/apps/support/running_node.hpp"
#include "tests/paths.hpp"

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace hive::test {

running_node::running_node() {
  auto ready = ready_.get_future();
  ended_ = std::async(std::launch::async, [this] { return run(); });
  pid_ = started_.get_future().get();
  url_ = ready.get();
}

running_node::~running_node() {
  ::kill(pid_, SIGTERM);
  ended_.wait();
}

program_result running_node::run() {
  program hived;
  hived.command = {HIVED_FILE, "--data", data(), "--http", "127.0.0.1:0"};
  hived.environment = {"PATH=/usr/bin:/bin"};
  hived.on_start = [this](int pid) { started_.set_value(pid); };
  hived.on_output = [this](const std::string& out) { look_for_ready_line(out); };
  auto result = run_program(hived);
  if (!is_ready_)
    ready_.set_exception(std::make_exception_ptr(std::runtime_error{"hived did not start: " + result.err}));
  return result;
}

void running_node::look_for_ready_line(const std::string& out) {
  static constexpr std::string_view mark = "hived ready http=";
  auto start = out.find(mark);
  if (is_ready_ || start == std::string::npos || out.find('\n', start) == std::string::npos)
    return;
  start += mark.size();
  is_ready_ = true;
  ready_.set_value("http://" + out.substr(start, out.find(' ', start) - start));
}

} // namespace hive::test
