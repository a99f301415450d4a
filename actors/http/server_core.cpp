#include "actors/http/server_core.hpp"

#include "actors/http/live_exchange.hpp"
#include "actors/http/response_stream.hpp"

namespace hive::http {

using std::chrono::steady_clock;

server_core::server_core(server_options given, server_services services)
    : options{std::move(given)}, routes{std::move(services.routes)}, namespaces{std::move(services.namespaces)},
      paths{routes}, screen{options}, metrics{std::move(services.metrics), routes},
      turns_{defaults::max_large_requests, options.max_answer_bytes_in_flight} {
}

// -- any thread -----------------------------------------------------------------------

server_load server_core::load() const {
  return {draining, flights->total(), bodies->total(), answers->total()};
}

void server_core::run_aside(std::function<void()> work) {
  std::lock_guard lock{mutex_};
  if (!closed_) // work posted later would never be released
    aside_.post(std::move(work));
}

void server_core::remember(const std::shared_ptr<live_exchange>& added) {
  std::lock_guard lock{mutex_};
  exchanges_.emplace(added.get(), added);
}

void server_core::forget(live_exchange* gone) {
  std::lock_guard lock{mutex_};
  exchanges_.erase(gone);
}

void server_core::remember(const std::shared_ptr<response_stream>& added) {
  {
    std::lock_guard lock{mutex_};
    std::erase_if(streams_, [](const auto& known) { return known.expired(); });
    streams_.push_back(added);
  }
  if (draining) // covers streams created after end_streams ran
    added->end();
}

void server_core::end_streams() {
  std::vector<std::weak_ptr<response_stream>> left;
  {
    std::lock_guard lock{mutex_};
    left.swap(streams_);
  }
  for (const auto& each : left)
    if (auto open = each.lock())
      open->end();
}

void server_core::refuse_exchanges(exchanges which) {
  std::vector<std::weak_ptr<live_exchange>> left;
  {
    std::lock_guard lock{mutex_};
    for (const auto& [key, what] : exchanges_)
      left.push_back(what);
  }
  for (const auto& each : left)
    if (auto open = each.lock(); open && (which == exchanges::all || open->waits_long()))
      open->answer(problem(fail(ec::unavailable, "the node stopped before there was an answer")));
}

void server_core::stop_aside() {
  {
    std::lock_guard lock{mutex_};
    closed_ = true;
  }
  aside_.join();
}

// -- the server's thread ----------------------------------------------------------------

void server_core::show() {
  metrics.show(connections.size(), load());
}

void server_core::add(const std::shared_ptr<connection>& opened) {
  connections.emplace(opened.get(), opened);
  sweep_soon();
}

void server_core::remove(connection* closed) {
  connections.erase(closed);
}

/// Why a request with a large answer was not processed in time.
static std::string describe_wait(size_t answer_bytes, size_t most) {
  if (answer_bytes >= most)
    return std::to_string(answer_bytes) + " bytes of answers wait to be read by their clients";
  return "other questions with large answers take long";
}

/// The connection that has been in this stage for longest, provided that it entered before `before`.
static connection* longest_in(const server_core& core, connection::stage stage, steady_clock::time_point before) {
  connection* out = nullptr;
  for (const auto& [each, owned] : core.connections)
    if (each->at() == stage && each->since() < before && (!out || each->since() < out->since()) &&
        !each->has_unread_bytes())
      out = each;
  return out;
}

bool server_core::make_room() {
  auto now = steady_clock::now();
  auto* found = longest_in(*this, connection::stage::idle, now);
  if (!found)
    found = longest_in(*this, connection::stage::lingering, now);
  for (auto slow : {connection::stage::reading, connection::stage::greeting})
    if (!found)
      found = longest_in(*this, slow, now - defaults::slow_request);
  if (found)
    found->close();
  return found;
}

void server_core::take_turn(std::shared_ptr<live_exchange> what) {
  if (turns_.waiting() >= defaults::part_of_connections(options.max_connections))
    return what->answer(problem(
      fail(ec::overloaded, std::to_string(turns_.waiting()) + " requests with large answers are already waiting")));
  turns_.wait(std::move(what), steady_clock::now() + defaults::large_request_wait);
  give_turns();
}

void server_core::give_turns() {
  while (auto next = turns_.next(answers->total())) {
    auto end = [weak = weak_from_this()](void*) {
      if (auto core = weak.lock())
        core->post([weak] {
          if (auto open = weak.lock())
            open->end_turn();
        });
    };
    (*next)->run(std::shared_ptr<void>{this, end});
  }
}

void server_core::end_turn() {
  turns_.end();
  give_turns();
}

void server_core::sweep_soon() {
  if (sweeping_)
    return;
  sweeping_ = true;
  sweeper_.expires_after(defaults::connection_sweep);
  sweeper_.async_wait([this](const boost::system::error_code& error) {
    sweeping_ = false;
    if (!error)
      sweep();
  });
}

void server_core::sweep() {
  auto now = steady_clock::now();
  while (auto late = turns_.expired(now))
    (*late)->answer(problem(fail(ec::overloaded, describe_wait(answers->total(), options.max_answer_bytes_in_flight))));
  bool pressed = turns_.waiting() != 0 && answers->total() >= options.max_answer_bytes_in_flight;
  std::vector<std::shared_ptr<connection>> open; // closing a connection modifies the table
  for (const auto& [key, owned] : connections)
    open.push_back(owned);
  for (const auto& each : open)
    each->check_deadline(now, pressed);
  give_turns();
  if (!connections.empty())
    sweep_soon();
}

void server_core::close_all() {
  turns_.clear();
  sweeper_.cancel();
  while (!connections.empty())
    connections.begin()->second->close();
}

} // namespace hive::http
