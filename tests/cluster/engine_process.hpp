#pragma once

#include "tests/apps/support/run_program.hpp"
#include "tests/support/wait_until.hpp"

#include <atomic>
#include <csignal>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace hive::cluster {

/// An engine in a separate process, which is killed with its owner.
class engine_process {
public:
  explicit engine_process(const std::vector<std::string>& command)
      : thread_{[this, command] {
          test::program what;
          what.command = command;
          what.on_output = [this](const std::string& out) {
            if (out.ends_with('\n'))
              line_.set_value(out.substr(0, out.size() - 1));
          };
          what.on_start = [this](int pid) { pid_ = pid; };
          error_ = test::run_program(what).err;
        }} {
  }
  ~engine_process() {
    kill();
    thread_.join();
  }

  /// The first line that it prints, without its end; empty if it did not get that far.
  std::string first_line() {
    auto line = line_.get_future();
    return line.wait_for(patience) == std::future_status::ready ? line.get() : std::string{};
  }

  void kill() {
    if (auto pid = pid_.exchange(0); pid > 0)
      ::kill(pid, SIGKILL);
  }

private:
  std::promise<std::string> line_;
  std::atomic<int> pid_ = 0;
  std::string error_;
  std::thread thread_;
};

} // namespace hive::cluster
