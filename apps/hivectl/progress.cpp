#include "apps/hivectl/progress.hpp"

#include <chrono>
#include <iostream>
#include <unistd.h>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;

/// Returns to the line's start and clears it.
constexpr auto fresh_line = "\r\x1b[K";

} // namespace

progress::progress(std::string what, charset set) : set_{set} {
  now(std::move(what));
  if (::isatty(STDERR_FILENO))
    ticker_ = std::jthread{[this](const std::stop_token& stop) { tick(stop); }};
}

progress::~progress() {
  if (!ticker_.joinable())
    return;
  ticker_.request_stop();
  ticker_.join();
  std::cerr << fresh_line << std::flush;
}

void progress::now(std::string what) {
  auto shown = printable(what, set_) + (set_ == charset::utf8 ? "…" : "...");
  std::lock_guard lock{mutex_};
  what_ = std::move(shown);
}

void progress::tell(std::string_view text) {
  std::lock_guard lock{mutex_};
  std::cerr << (ticker_.joinable() ? fresh_line : "") << printable(text, set_) << std::endl;
}

void progress::tick(const std::stop_token& stop) {
  auto start = std::chrono::steady_clock::now();
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested()) {
    auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
    std::cerr << fresh_line << what_ << ' ' << elapsed.count() << " s" << std::flush;
    stopped_.wait_for(lock, stop, 1s, [] { return false; });
  }
}

} // namespace hive::ctl
