#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/measurement_view.hpp"
#include "apps/hivectl/validators.hpp"
#include "apps/hivectl/waiting.hpp"
#include "messages/upgrade.capnp.h"

namespace hive::ctl {
namespace {

struct calibrate_options {
  std::string version;
  std::vector<std::string> adapters, metrics;
  uint32_t pairs = 24;
  double minutes = 60;
  bool long_form = false;
  bool wait = true;
};

msg<wire::CalibrateUpgrade> request_of(const calibrate_options& options) {
  auto fill = [](const std::vector<std::string>& from, capnp::List<capnp::Text>::Builder to) {
    for (uint32_t i = 0; i < to.size(); ++i)
      to.set(i, from[i]);
  };
  return msg<wire::CalibrateUpgrade>::build([&](wire::CalibrateUpgrade::Builder out) {
    out.setVersion(options.version);
    fill(options.adapters, out.initAdapters(static_cast<uint32_t>(options.adapters.size())));
    fill(options.metrics, out.initMetrics(static_cast<uint32_t>(options.metrics.size())));
    out.setPairs(options.pairs);
    out.setMaxMinutes(options.minutes);
    out.setLong(options.long_form);
  });
}

/// A calibration that was not measured as a whole is inconclusive.
exit_status status_of(wire::PairedMeasurement::Reader done) {
  return done.getState() == wire::MeasurementState::DONE ? exit_status::done : exit_status::inconclusive;
}

outcome calibrate(session& s, const calibrate_options& options) {
  auto accepted = s.node.ask<wire::PairedMeasurement>(
    {.method = "POST", .path = "/upgrades/calibrate", .body = to_json(request_of(options))});
  if (!accepted)
    return accepted.error();
  std::string id = (*accepted)->getId().cStr();
  auto command = "hivectl upgrade measurement " + id;
  if (!options.wait) {
    s.out.answer(*accepted, [&] { s.out.line("Calibration " + id + " is accepted: '" + command + "' shows it."); });
    return exit_status::done;
  }
  auto done = wait_for_end(s, {"Calibration " + id, measurement_path(id), command}, *accepted, has_ended);
  if (!done)
    return done.error();
  s.out.answer(*done, [&] { show_measurement(**done, s.out); });
  return status_of(**done);
}

} // namespace

void add_calibrate_command(CLI::App& group, context& ctx) {
  auto options = std::make_shared<calibrate_options>();
  auto& command = *group.add_subcommand(
    "calibrate", "Run VERSION against itself, to learn the noise of its metrics and the margins to use");
  command.add_option("VERSION", options->version, "The version, such as the one in use")->required()->check(valid_id());
  command.add_option("--adapter", options->adapters, "Only with this adapter; may be repeated")
    ->allow_extra_args(false);
  command
    .add_option("--metric", options->metrics, "Only ADAPTER.METRIC, in which * stands for any text; may be repeated")
    ->allow_extra_args(false);
  command.add_option("--pairs", options->pairs, "Pairs of each adapter; rates need 16 (default: 24)")
    ->check(CLI::Range(8, 120));
  command.add_option("--minutes", options->minutes, "Minutes of measuring at most (default: 60)")
    ->check(CLI::Range(0.01, 10080.0));
  command.add_flag("--long", options->long_form, "For upgrades that are measured with --long");
  command.add_flag("!--no-wait", options->wait, "Return when it is accepted");
  ctx.on(command, [options](session& s) { return calibrate(s, *options); });
}

} // namespace hive::ctl
