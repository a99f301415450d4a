#include "apps/hivectl/task_sender.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "platform/http_client.hpp"

#include <algorithm>
#include <thread>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;

/// An overloaded node has done nothing, so retrying is safe. Gives up after about a minute.
constexpr int max_attempts = 40;
constexpr auto first_pause = 50ms;
constexpr auto longest_pause = 2'000ms;

template <class Answer>
caf::expected<msg<Answer>> ask_patiently(const client& node, const node_request& request) {
  auto pause = std::chrono::milliseconds{first_pause};
  for (int attempt = 1;; ++attempt) {
    auto answer = node.ask<Answer>(request);
    if (answer || code_of(answer.error()) != ec::overloaded || attempt == max_attempts)
      return answer;
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::milliseconds>(2 * pause, longest_pause);
  }
}

} // namespace

void task_lines::add(std::string_view line, uint64_t number) {
  ndjson.append(line).append("\n");
  numbers.push_back(number);
}

caf::expected<uint64_t> task_sender::last_row() const {
  if (source_.empty())
    return uint64_t{0};
  auto answer = ask_patiently<wire::TaskSource>(node_, {.path = "/tasks/sources/" + http::url_encode(source_)});
  if (!answer)
    return answer.error();
  return (*answer)->getRow();
}

caf::expected<sent_tasks> task_sender::send(const task_lines& lines, uint64_t after, uint64_t through) const {
  std::string path = "/tasks";
  if (!source_.empty())
    path += "?source=" + http::url_encode(source_) + "&after_row=" + std::to_string(after) +
            "&through_row=" + std::to_string(through);
  node_request request{.method = "POST", .path = path, .body = "[]"};
  if (!lines.ndjson.empty()) {
    request.body = lines.ndjson;
    request.content_type = "application/x-ndjson";
  }
  auto answer = ask_patiently<wire::TasksRecorded>(node_, request);
  if (!answer)
    return answer.error();
  sent_tasks out{(*answer)->getRecorded(), (*answer)->getDuplicates(), {}};
  for (auto refused : (*answer)->getRejected()) {
    auto line = refused.getLine();
    if (line == 0 || line > lines.numbers.size())
      return fail_as(exit_status::unreachable, "the node names line " + std::to_string(line) + " of " +
                                                 std::to_string(lines.numbers.size()) + " as refused");
    out.rejected.emplace_back(lines.numbers[line - 1], refused.getReason().cStr());
  }
  return out;
}

} // namespace hive::ctl
