#include "actors/benchmark/reports/result_formats.hpp"
#include "messages/ec.hpp"

namespace hive::detail {
namespace {

/// hyperfine's JSON has all times in seconds, whatever --time-unit shows.
constexpr const char* unit = "s";

/// With --ignore-failure, hyperfine writes runs that failed; a signal has no exit code.
void refuse_failures(const result_value& result, const std::string& command) {
  if (!result.has("exit_codes"))
    return;
  for (const auto& code : result.at("exit_codes").elements())
    if (!code.is_number())
      code.refuse("is a run of \"" + command + "\" that a signal ended", ec::process_failed);
    else if (code.number() != 0)
      code.refuse("is a run of \"" + command + "\" that exited with status " +
                    std::to_string(static_cast<int64_t>(code.number())),
                  ec::process_failed);
}

void read_one(const result_value& result, result_metrics& out) {
  auto command = result.at("command").text();
  refuse_failures(result, command);
  if (result.has("times"))
    out.add_time(command, unit, result.at("times").numbers(), result.place());
  else
    out.add_time(command, unit, {result.at("mean").number()}, result.place());
}

} // namespace

void read_hyperfine(const result_value& root, result_metrics& out) {
  for (const auto& result : root.at("results").elements())
    read_one(result, out);
}

} // namespace hive::detail
