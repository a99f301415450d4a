#include "actors/hive/link/resolver.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <cstring>
#include <netdb.h>
#include <optional>
#include <system_error>
#include <thread>

namespace hive {
namespace {

using answer = caf::expected<std::vector<socket_address>>;

} // namespace

/// Shared with the detached threads, which may outlive the resolver.
struct resolver::shared_state {
  look_up_function look_up;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
  struct pending {
    std::optional<answer> done;
  };
  std::map<endpoint, std::shared_ptr<pending>> open;
};

caf::expected<std::vector<socket_address>> system_look_up(const endpoint& what) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  auto port = std::to_string(what.port);
  if (auto failed = ::getaddrinfo(what.address.c_str(), port.c_str(), &hints, &found))
    return fail(ec::unavailable, what.text() + " cannot be looked up: " + ::gai_strerror(failed));
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{found, &::freeaddrinfo};
  std::vector<socket_address> out;
  for (auto* each = all.get(); each; each = each->ai_next) {
    auto& next = out.emplace_back();
    next.size = each->ai_addrlen;
    std::memcpy(&next.bytes, each->ai_addr, each->ai_addrlen);
  }
  return out;
}

std::vector<socket_address> interleaved(std::vector<socket_address> all, size_t most) {
  std::vector<socket_address> out;
  auto other = std::stable_partition(
    all.begin(), all.end(),
    [&, first = all.empty() ? 0 : all.front().family()](const auto& each) { return each.family() == first; });
  auto a = all.begin(), b = other;
  while (out.size() < most && (a != other || b != all.end())) {
    if (a != other)
      out.push_back(*a++);
    if (b != all.end() && out.size() < most)
      out.push_back(*b++);
  }
  return out;
}

resolver::resolver(look_up_function look_up) : state_{std::make_shared<shared_state>()} {
  state_->look_up = std::move(look_up);
}

caf::expected<std::vector<socket_address>> resolver::look_up(const endpoint& what,
                                                             std::chrono::steady_clock::time_point until) {
  std::unique_lock lock{state_->mutex};
  auto& open = state_->open;
  auto found = open.find(what);
  if (found == open.end()) {
    if (state_->stopped)
      return fail(ec::unavailable, "the node is stopping");
    if (open.size() >= defaults::max_lookups)
      return fail(ec::overloaded, what.text() + " is not looked up: " + std::to_string(open.size()) +
                                    " other names wait for the system's resolver");
    found = open.emplace(what, std::make_shared<shared_state::pending>()).first;
    auto work = [state = state_, mine = found->second, what] {
      auto got = state->look_up(what);
      std::lock_guard done{state->mutex};
      mine->done = std::move(got);
      state->open.erase(what);
      state->changed.notify_all();
    };
    try {
      std::thread{std::move(work)}.detach();
    } catch (const std::system_error& error) {
      open.erase(found);
      return fail(ec::overloaded, what.text() + " cannot be looked up: " + error.what());
    }
  }
  auto mine = found->second;
  state_->changed.wait_until(lock, until, [&] { return mine->done || state_->stopped; });
  if (mine->done)
    return *mine->done;
  if (state_->stopped)
    return fail(ec::unavailable, "the node is stopping");
  return fail(ec::timed_out, what.text() + " cannot be looked up: the resolver does not answer in time");
}

void resolver::stop() {
  std::lock_guard lock{state_->mutex};
  state_->stopped = true;
  state_->changed.notify_all();
}

} // namespace hive
