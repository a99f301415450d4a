#include "apps/hivectl/mcp/running_calls.hpp"

#include "apps/hivectl/mcp/advice.hpp"
#include "messages/json_builder.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hive::ctl::mcp {
namespace {

/// Calls at the same time. A model makes a few; more mean that something is wrong.
constexpr size_t max_calls = 16;
/// Larger answers are for people and programs, not for models; hosts read messages of at most 10 MiB, and this one has
/// the answer twice.
constexpr size_t max_answer_bytes = size_t{1} << 20;

std::string progress_of(const wanted_call& call, std::chrono::duration<double> since) {
  json_builder out;
  out.object([&] {
    out.document("progressToken", call.progress_token);
    out.number("progress", fmt::format("{:.0f}", since.count()));
    out.member("message", fmt::format("{} has been running for {:.0f} s", call.what->head.name, since.count()));
  });
  return rpc_notification("notifications/progress", std::move(out).take());
}

} // namespace

running_calls::~running_calls() {
  stop();
}

void running_calls::start(const wanted_call& call) {
  look_after();
  auto is_same = [&](const running& each) { return each.call.id == call.id; };
  if (std::ranges::any_of(calls_, is_same))
    return out_.write(rpc_error(
      {call.id, rpc_code::invalid_request, "request " + call.id + " is being answered: each needs an id of its own"}));
  if (calls_.size() >= max_calls)
    return out_.write(rpc_result(
      call.id, tool_failure(fmt::format("{} calls are being answered; wait until one has ended", calls_.size()))));
  auto& each = calls_.emplace_back(call);
  each.thread = std::jthread{[this, &each](const std::stop_token& stop) { run(each, stop); }};
}

void running_calls::cancel(const std::string& id) {
  for (auto& each : calls_)
    if (each.call.id == id) {
      each.is_cancelled = true;
      each.thread.request_stop();
    }
}

void running_calls::look_after() {
  calls_.remove_if([](const running& each) { return each.is_done.load(); });
  for (const auto& each : calls_)
    if (!each.call.progress_token.empty() && !each.is_cancelled)
      out_.write(progress_of(each.call, call_clock::now() - each.since));
}

void running_calls::finish(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  ended_.wait_for(lock, patience,
                  [&] { return std::ranges::all_of(calls_, [](const running& each) { return each.is_done.load(); }); });
}

void running_calls::stop() {
  for (auto& each : calls_) {
    each.is_cancelled = true;
    each.thread.request_stop();
  }
  calls_.clear();
}

void running_calls::run(running& each, const std::stop_token& stop) {
  auto result = result_of(each.call, stop);
  if (!each.is_cancelled)
    out_.write(rpc_result(each.call.id, result));
  {
    std::lock_guard lock{mutex_};
    each.is_done = true;
  }
  ended_.notify_all();
}

std::string running_calls::result_of(const wanted_call& call, const std::stop_token& stop) const {
  auto node = s_.connect();
  if (!node)
    return tool_failure(describe_failure(node.error(), s_));
  tool_call own{s_, stop};
  own.s.node = std::move(*node);
  try {
    auto answer = call.what->run(call.arguments, own);
    if (!answer)
      return tool_failure(describe_failure(answer.error(), s_));
    if (answer->size() > max_answer_bytes)
      return tool_failure(fmt::format("done, but the answer of {} bytes is longer than the {} that a tool gives; "
                                      "hivectl shows it in a terminal",
                                      answer->size(), max_answer_bytes));
    return tool_result(*answer);
  } catch (const std::exception& defect) {
    return tool_failure(std::string{"internal error: "} + defect.what());
  }
}

} // namespace hive::ctl::mcp
