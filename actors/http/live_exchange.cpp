#include "actors/http/live_exchange.hpp"

#include "actors/http/gateway.hpp"
#include "actors/http/namespace_routes.hpp"
#include "actors/http/response_head.hpp"
#include "actors/http/response_stream.hpp"
#include "platform/log.hpp"

#include <boost/asio/post.hpp>
#include <caf/all.hpp>

namespace hive::http {
namespace {

void log_answer(const request_head& to, const response& what) {
  if (what.failure.empty())
    return;
  constexpr auto line = "HTTP request failed: {}. method={} path={} status={}";
  if (what.status >= 500 && what.status != 503) // 503 would flood the log under high load
    log::error(line, what.failure, to.method, to.path, what.status);
  else
    log::debug(line, what.failure, to.method, to.path, what.status);
}

} // namespace

live_exchange::live_exchange(std::shared_ptr<server_core> core, const std::shared_ptr<connection>& from,
                             std::unique_ptr<request_parser> incoming)
    : core_{std::move(core)}, from_{from}, incoming_{std::move(incoming)},
      match_{core_->paths.find(route_method(incoming_->head().method), incoming_->head().path)}, metrics_{
                                                                                                   core_->metrics.of(
                                                                                                     match_.found)} {
  request_.body = incoming_->body();
}

live_exchange::~live_exchange() {
  core_->forget(this);
  answer(problem(fail(ec::unavailable, "the service ended before it answered")));
}

std::optional<response> live_exchange::refusal() {
  auto load = core_->load();
  if (auto why = core_->screen.judge(incoming_->head(), match_, load))
    return why;
  if (auto why = core_->screen.limit(incoming_->head(), *match_.found))
    return why;
  if (auto why = core_->screen.judge_body(request_.body.size(), load))
    return why;
  if (match_.found->asks_for_token) {
    request_.token = core_->screen.token_of(incoming_->head());
    request_.sender = core_->screen.who(incoming_->head());
    request_.may_not_operate = core_->screen.check(role::operate, incoming_->head());
  }
  return read_head(incoming_->head(), match_, request_);
}

void live_exchange::begin() {
  auto refused = refusal();
  flight_ = {core_->flights, 1};
  body_ = {core_->bodies, request_.body.size()};
  core_->remember(shared_from_this());
  core_->show();
  if (refused)
    answer(std::move(*refused));
  else if (match_.found->has_large_answers)
    core_->take_turn(shared_from_this());
  else
    run({});
}

void live_exchange::run(std::shared_ptr<void> turn) {
  turn_ = std::move(turn);
  if (const auto& found = *match_.found; found.wrap)
    found.wrap(found, shared_from_this(),
               [self = shared_from_this()](const exchange_ptr& what) { self->run_as(what); });
  else
    run_as(shared_from_this());
}

/// `what` is this exchange or one around it.
void live_exchange::run_as(const exchange_ptr& what) {
  if (auto& head = incoming_->head(); head.name_spaces != 0)
    // qualified, because a look-up by the argument's types would need the messages of its interface
    return http::run_in_namespace(core_->namespaces, std::string{head.name_space}, what);
  auto handle = [self = shared_from_this(), what] { run_handler(self->match_.found->handle, what); };
  if (request_.body.size() <= defaults::max_inline_json_bytes)
    handle();
  else
    core_->run_aside(handle);
}

void live_exchange::keep(std::shared_ptr<void> what) {
  kept_ = std::move(what);
}

void live_exchange::run_aside(std::function<void()> work) {
  core_->run_aside([self = shared_from_this(), work = std::move(work)] {
    if (!self->answered_.test()) // the server may have closed in the meantime
      run_handler([&work](const exchange_ptr&) { work(); }, self);
  });
}

void live_exchange::count(const response& what) {
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - since_;
  metrics_.count(what.status, elapsed.count());
  log_answer(incoming_->head(), what);
}

/// Whether to refuse the answer for lack of memory. Never refused are small answers, which the number of connections
/// bounds, and results of requests that changed something, which must be delivered.
bool live_exchange::is_too_much(const response& what) const {
  return (what.body.size() > defaults::max_inline_json_bytes || what.rest) && request_.verb == method::get &&
         !incoming_->wants_head_only() && core_->answers->total() > core_->options.max_answer_bytes_in_flight;
}

void live_exchange::answer(response what) {
  if (answered_.test_and_set())
    return;
  if (is_too_much(what))
    what = problem(fail(ec::overloaded, std::to_string(core_->answers->total()) +
                                          " bytes of answers wait to be read by their clients"));
  if (match_.found)
    restate(*match_.found, incoming_->head(), what);
  count(what);
  outgoing out;
  answer_framing how{.is_stream = what.rest != nullptr, .is_http_1_0 = incoming_->head().is_http_1_0};
  how.keeps_alive = incoming_->keeps_alive() && !core_->draining && !(how.is_stream && how.is_http_1_0);
  out.keeps_alive = how.keeps_alive;
  out.head = response_head(what, how);
  if (!incoming_->wants_head_only()) {
    out.is_chunked = how.is_stream && !how.is_http_1_0;
    out.body = out.is_chunked ? chunk(what.body) : std::move(what.body);
    out.rest = std::move(what.rest);
  }
  out.flight = std::move(flight_);
  out.bytes = {core_->answers, out.head.size() + out.body.capacity() + (out.rest ? out.rest->size() : 0)};
  turn_.reset();
  core_->dispatch([from = from_, out = std::move(out)]() mutable {
    if (auto open = from.lock())
      open->write(std::move(out));
  });
}

std::shared_ptr<body_stream> live_exchange::stream(response head) {
  if (answered_.test_and_set())
    return nullptr;
  count(head);
  bool is_http_1_0 = incoming_->head().is_http_1_0;
  bool is_whole = incoming_->wants_head_only();
  stream_piece first;
  // The connection closes with the stream, so that no request waits behind it.
  first.bytes = response_head(head, {.is_stream = true, .is_http_1_0 = is_http_1_0, .keeps_alive = false});
  first.is_last = is_whole;
  if (is_whole)
    first.flight = std::move(flight_);
  core_->post([from = from_, first = std::move(first)]() mutable {
    if (auto open = from.lock())
      open->write(std::move(first));
  });
  if (is_whole)
    return nullptr;
  auto out = std::make_shared<response_stream>(core_, from_, std::move(flight_), !is_http_1_0);
  core_->remember(out);
  return out;
}

void live_exchange::forward(action next) {
  // If the gateway has ended, the message is dropped together with the exchange.
  caf::anon_send(core_->gateway, forwarded{shared_from_this(), std::move(next)});
}

} // namespace hive::http
