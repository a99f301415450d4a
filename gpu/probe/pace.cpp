#include "gpu/probe/pace.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string>
#include <thread>
#include <unistd.h>

namespace hive {
namespace {

constexpr size_t max_line_bytes = 64;
/// Between two polls that each take longer than the interval, so that the driver serves others, too.
constexpr std::chrono::milliseconds min_pause{5};

} // namespace

void pace::wait(std::chrono::steady_clock::time_point last) {
  auto earliest = std::chrono::steady_clock::now() + min_pause;
  std::unique_lock lock{mutex_};
  auto due = [&] { return std::max(earliest, last + interval_); };
  while (std::chrono::steady_clock::now() < due())
    changed_.wait_until(lock, due());
}

void pace::follow_input() {
  std::thread{[this] { read_input(); }}.detach();
}

void pace::read_input() {
  std::string line;
  std::array<char, 256> buffer;
  for (;;) {
    auto count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      ::_exit(0); // the other thread may be in a call that never returns
    for (auto c : std::string_view{buffer.data(), static_cast<size_t>(count)}) {
      if (c == '\n') {
        obey(line);
        line.clear();
      } else if (line.size() <= max_line_bytes) {
        line += c;
      }
    }
  }
}

void pace::obey(std::string_view line) {
  constexpr std::string_view word = "interval ";
  auto ms = line.starts_with(word) ? parse_interval_ms(line.substr(word.size())) : -1;
  if (ms < 0) {
    std::fprintf(stderr, "hive-gpu-probe: ignored a line of standard input that is not 'interval N'\n");
    return;
  }
  std::lock_guard lock{mutex_};
  interval_ = std::chrono::milliseconds{ms};
  changed_.notify_all();
}

long parse_interval_ms(std::string_view text) {
  long out = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  bool is_good =
    error == std::errc{} && end == text.data() + text.size() && out >= min_interval_ms && out <= max_interval_ms;
  return is_good ? out : -1;
}

} // namespace hive
