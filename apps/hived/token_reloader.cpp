#include "apps/hived/token_reloader.hpp"

#include "apps/hived/toml_section.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <sys/stat.h>

namespace hive {

token_reloader::token_reloader(token_sources from, std::shared_ptr<http::authorizer> into)
    : from_{std::move(from)}, into_{std::move(into)} {
}

void token_reloader::reload() {
  if (from_.file.empty())
    return log::info("No tokens to reload: http.tokens_file is not configured");
  std::lock_guard lock{mutex_};
  seen_ = stamp_now(); // before the file is read: what changes meanwhile is seen by the next look
  read(true);
}

void token_reloader::look() {
  if (from_.file.empty())
    return;
  std::lock_guard lock{mutex_};
  auto now = stamp_now();
  if (now == seen_)
    return;
  seen_ = now;
  read(false);
}

token_reloader::stamp token_reloader::stamp_now() const {
  struct stat about {};
  if (from_.file.empty() || ::stat(from_.file.c_str(), &about) != 0)
    return std::nullopt;
  auto nanoseconds = [](const timespec& at) { return int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec; };
  return std::array{static_cast<int64_t>(about.st_dev), static_cast<int64_t>(about.st_ino),
                    static_cast<int64_t>(about.st_size), nanoseconds(about.st_mtim), nanoseconds(about.st_ctim)};
}

/// What nobody asked for is logged only if it changes something: the first look finds what the start has read.
void token_reloader::read(bool is_asked) {
  try {
    auto tokens = read_tokens(from_);
    auto count = tokens.size();
    if (!is_asked && std::ranges::equal(tokens, into_->uses(), {}, {}, &http::token_use::token))
      return;
    into_->replace_tokens(std::move(tokens));
    log::info("HTTP tokens reloaded. tokens={} file={}", count, from_.file.string());
  } catch (const config_error& e) {
    log::error("HTTP tokens not reloaded, the previous ones stay valid: {}", e.what());
  }
}

} // namespace hive
