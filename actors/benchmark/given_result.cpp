#include "actors/benchmark/given_result.hpp"

#include "messages/text.hpp"

namespace hive {
namespace {

/// A reason of HART OS's adapters may be missing.
constexpr std::string_view no_reason = "it gives no reason";

/// Exactly one of metrics, skipped and error must be there. `Result` is any record that has these fields.
template <class Result>
caf::error check_form(const std::string& place, Result result) {
  int forms = result.hasMetrics() + result.getSkipped() + (result.getError().size() > 0);
  if (forms != 1)
    return fail(ec::invalid, place + " must have metrics, or skipped and its reason, or an error, and nothing else");
  if (!result.getSkipped() && result.getReason().size() > 0)
    return fail(ec::invalid, place + "/reason belongs to skipped");
  return caf::none;
}

template <class Result>
std::string reason_of(Result result) {
  return std::string{result.getReason().size() > 0 ? as_view(result.getReason()) : no_reason};
}

} // namespace

caf::expected<adapter_outcome> read_given(wire::NestedAdapter::Reader given) {
  adapter_outcome out;
  out.name = as_view(given.getName());
  if (auto wrong = check_form("/measurements/" + out.name, given))
    return wrong;
  if (given.getTier() == wire::Tier::ALL)
    return fail(ec::invalid, "/measurements/" + out.name + "/tier must be fast, heavy or dynamic");
  out.given = true;
  out.tier = given.getTier();
  out.duration_s = given.getDurationS();
  if (given.getSkipped()) {
    out.status = wire::AdapterStatus::SKIPPED;
    out.reason = reason_of(given);
    return out;
  }
  out.reason = as_view(given.getError());
  if (!out.reason.empty())
    return out;
  auto measured =
    msg<wire::Measurement>::build([&](wire::Measurement::Builder into) { into.setMetrics(given.getMetrics()); });
  if (auto fault = find_fault(*measured)) {
    out.reason = std::move(*fault);
    return out;
  }
  out.status = wire::AdapterStatus::OK;
  out.measurement = std::move(measured);
  return out;
}

caf::expected<msg<wire::Measurement>> read_worked(wire::WorkResult::Reader result) {
  if (auto wrong = check_form("the result", result))
    return wrong;
  if (result.getError().size() > 0)
    return fail(ec::process_failed, std::string{as_view(result.getError())});
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
    if (result.getSkipped())
      out.setSkipped(reason_of(result));
    else
      out.setMetrics(result.getMetrics());
  });
}

} // namespace hive
