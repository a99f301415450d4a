#include "gpu/heavy/hevolveai.hpp"

#include "gpu/heavy/child.hpp"
#include "messages/ec.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"

namespace hive::heavy {
namespace {

constexpr int cannot_start = 127;
/// What Python prints when the package cannot be found.
constexpr std::string_view absent = "absent";

/// Standard output belongs to the result, so what the package prints goes to standard error.
constexpr const char* before_script = R"py(
import importlib.util, json, math, numbers, os, sys
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
sys.stdout.reconfigure(line_buffering=True)  # else what is printed would come behind the traceback, which is shown
if importlib.util.find_spec("hevolveai") is None:
    out.write("absent")
    out.close()
    sys.exit(0)
metrics = {}

def number(value, name):
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r} and no number")
    return float(value)

def add(name, value, direction, unit):
    metrics[name] = {"value": number(value, name), "direction": direction, "unit": unit}
)py";

constexpr const char* after_script = R"py(
json.dump({"metrics": metrics}, out)
out.close()
)py";

std::string last_line(std::string_view text) {
  constexpr size_t shown_bytes = 500;
  auto end = text.find_last_not_of(" \r\n\t");
  if (end == std::string_view::npos)
    return "it says nothing about it";
  text = text.substr(0, end + 1);
  return printable(cut_text(text.substr(text.rfind('\n') + 1), shown_bytes));
}

result result_of(wire::Measurement::Reader measured) {
  result out;
  out.scope = by_package;
  for (auto metric : measured.getMetrics())
    out.figures.push_back({metric.getName().cStr(), metric.getValue(),
                           metric.getDirection() == wire::Direction::HIGHER ? better::higher : better::lower,
                           metric.getUnit().cStr(), true});
  return out;
}

} // namespace

void package_options::add_to(command_line& options) {
  options.flag("--own", own, "Measure with this program even if the Python package hevolveai is installed");
  options.text("--python", python, "Python that may have the package hevolveai, which is preferred then");
}

caf::expected<std::optional<result>> measure_with_package(const package_options& options, const std::string& script,
                                                          const std::vector<std::string>& arguments,
                                                          const std::stop_token& stop) {
  if (options.own)
    return std::optional<result>{};
  std::vector<std::string> command{options.python, "-c", before_script + script + after_script};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto child = run_child(command, stop);
  if (!child)
    return fail(code_of(child.error()), "hevolveai: " + text_of(child.error()));
  bool is_default = options.python == package_options{}.python;
  if (child->status == cannot_start && is_default)
    return std::optional<result>{};
  if (child->status == cannot_start)
    return fail(ec::process_failed, "cannot start " + options.python);
  if (child->status != 0)
    return fail(ec::process_failed, "the package hevolveai failed with status " + std::to_string(child->status) + ": " +
                                      last_line(child->error));
  if (child->out == absent)
    return std::optional<result>{};
  auto measured = from_json<wire::Measurement>(child->out);
  if (!measured)
    return fail(ec::malformed, "the package hevolveai gives no measurement: " + text_of(measured.error()));
  return result_of(**measured);
}

} // namespace hive::heavy
