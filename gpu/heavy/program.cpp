#include "gpu/heavy/program.hpp"

#include "gpu/heavy/stop_signals.hpp"
#include "messages/ec.hpp"
#include "messages/json.hpp"

#include <cstdio>
#include <exception>

namespace hive::heavy {
namespace {

int print(const std::string& name, const result& found) {
  auto text = to_json(to_measurement(found));
  if (std::printf("%s\n", text.c_str()) >= 0 && std::fflush(stdout) == 0)
    return exit_done;
  say(name + ": cannot write to standard output");
  return exit_failed;
}

int measure_and_print(const std::string& name, const std::function<caf::expected<result>(std::stop_token)>& measure,
                      const std::stop_token& stop) {
  auto found = measure(stop);
  if (stop.stop_requested()) {
    say(name + ": stopped before the end of the measurement");
    return exit_stopped;
  }
  if (found)
    return print(name, *found);
  say(name + ": " + std::string{to_string(code_of(found.error()))} + ": " + text_of(found.error()));
  return exit_failed;
}

} // namespace

int run_program(const std::string& name, const std::function<caf::expected<result>(std::stop_token)>& measure) {
  stop_signals signals;
  try {
    return measure_and_print(name, measure, signals.token());
  } catch (const std::exception& e) {
    say(name + ": " + e.what());
    return exit_failed;
  }
}

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

} // namespace hive::heavy
