#include "tests/cluster/event_follower.hpp"

#include "tests/apps/support/hivectl.hpp"

#include <algorithm>
#include <csignal>

namespace hive::cluster {

event_follower::event_follower(const hived_process& node, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--url", "http://" + node.endpoint(), "--json", "events"});
  auto program = test::hivectl_program(std::move(arguments));
  program.on_output = [this](const std::string& all) {
    std::lock_guard lock{mutex_};
    output_ = all;
  };
  std::promise<void> started;
  program.on_start = [this, &started](int pid) {
    pid_ = pid;
    started.set_value();
  };
  ended_ = std::async(std::launch::async, [program] { test::run_program(program); });
  started.get_future().wait();
}

event_follower::~event_follower() {
  ::kill(pid_, SIGTERM);
}

bool event_follower::sees(const std::vector<std::string>& texts) {
  return wait_until([&] {
    std::lock_guard lock{mutex_};
    for (size_t end; (end = output_.find('\n', seen_)) != std::string::npos;) {
      auto line = std::string_view{output_}.substr(seen_, end - seen_);
      seen_ = end + 1;
      if (std::ranges::all_of(texts, [&](const auto& text) { return line.find(text) != line.npos; }))
        return true;
    }
    return false;
  });
}

std::string event_follower::output() const {
  std::lock_guard lock{mutex_};
  return output_;
}

} // namespace hive::cluster
