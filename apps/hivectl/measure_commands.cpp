#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/judgement_view.hpp"
#include "apps/hivectl/measurement_view.hpp"
#include "apps/hivectl/validators.hpp"
#include "apps/hivectl/waiting.hpp"
#include "messages/upgrade.capnp.h"
#include "platform/http_client.hpp"

namespace hive::ctl {
namespace {

struct measure_options {
  std::string old_version, new_version;
  std::vector<std::string> adapters;
  std::string track = "main";
  uint32_t pairs = 60;
  double minutes = 60;
  bool long_form = false;
  bool wait = true;
};

msg<wire::MeasureUpgrade> request_of(const measure_options& options) {
  return msg<wire::MeasureUpgrade>::build([&](wire::MeasureUpgrade::Builder out) {
    out.setOld(options.old_version);
    out.setNew(options.new_version);
    auto adapters = out.initAdapters(static_cast<uint32_t>(options.adapters.size()));
    for (uint32_t i = 0; i < adapters.size(); ++i)
      adapters.set(i, options.adapters[i]);
    out.setTrack(options.track);
    out.setMaxPairs(options.pairs);
    out.setMaxMinutes(options.minutes);
    out.setLong(options.long_form);
  });
}

outcome finish_measurement(session& s, const msg<wire::PairedMeasurement>& done) {
  s.out.answer(done, [&] { show_measurement(*done, s.out); });
  return exit_status_of(done->getVerdict());
}

outcome measure(session& s, const measure_options& options) {
  auto accepted = s.node.ask<wire::PairedMeasurement>(
    {.method = "POST", .path = "/upgrades/measure", .body = to_json(request_of(options))});
  if (!accepted)
    return accepted.error();
  std::string id = (*accepted)->getId().cStr();
  if (!options.wait) {
    s.out.answer(*accepted, [&] {
      s.out.line("Measurement " + id + " is accepted: 'hivectl upgrade measurement " + id + "' shows it.");
    });
    return exit_status::done;
  }
  auto done = wait_for_end(s, {"Measurement " + id, measurement_path(id), "hivectl upgrade measurement " + id},
                           *accepted, has_ended);
  if (!done)
    return done.error();
  return finish_measurement(s, *done);
}

outcome show_one(session& s, const std::string& id) {
  auto answer = s.node.ask<wire::PairedMeasurement>({.path = measurement_path(id)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_measurement(**answer, s.out); });
  return exit_status::done;
}

outcome list_measurements(session& s) {
  auto answer = s.node.ask<wire::MeasurementList>({.path = "/upgrades/measurements"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    table rows{{text_column("ID"), text_column("OLD"), text_column("NEW"), text_column("TRACK"), text_column("STATE"),
                text_column("VERDICT"), text_column("REQUESTED")}};
    for (auto each : (*answer)->getMeasurements())
      rows.add_row({each.getId().cStr(), each.getOld().cStr(), each.getNew().cStr(), each.getTrack().cStr(),
                    name_of(each.getState()), each.getCalibration() ? "calibration" : name_of(each.getVerdict()),
                    format_time(each.getRequestedAt())});
    if (rows.empty())
      s.out.line("Nothing was measured in pairs: 'hivectl upgrade measure OLD NEW' does that.");
    else
      s.out.print(rows);
  });
  return exit_status::done;
}

outcome stop_measurement(session& s, const std::string& id, const std::string& reason) {
  auto body = msg<wire::StopMeasurement>::build([&](wire::StopMeasurement::Builder out) {
    out.setId(id);
    out.setReason(reason);
  });
  auto answer = s.node.ask<wire::PairedMeasurement>(
    {.method = "POST", .path = measurement_path(id) + "/stop", .body = to_json(body)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { s.out.line("Measurement " + id + " ends after its present run."); });
  return exit_status::done;
}

// -- reference versions ----------------------------------------------------------------

/// The reason of a move, and the verdict that it overruled.
std::string reason_of(wire::ReferenceChange::Reader change) {
  std::string out = change.getReason().cStr();
  if (change.getOverruled() == wire::Verdict::SAFE)
    return out;
  return out + (out.empty() ? "" : "; ") + "overruled: the verdict was " + name_of(change.getOverruled());
}

void show(wire::Reference::Reader reference, output& out) {
  out.line("Track      " + std::string{reference.getTrack().cStr()});
  out.line("Reference  " + std::string{reference.getVersion().cStr()});
  table rows{
    {text_column("SINCE"), text_column("VERSION"), text_column("BEFORE"), text_column("BY"), text_column("REASON")}};
  for (auto each : reference.getHistory())
    rows.add_row({format_time(each.getAt()), each.getVersion().cStr(),
                  each.hasPrevious() ? each.getPrevious().cStr() : "-", name_of(each.getBy()), reason_of(each)});
  out.line("");
  out.print(rows);
}

struct reference_options {
  std::string version, track = "main", reason;
};

outcome reference(session& s, const reference_options& options) {
  auto path = "/tracks/" + http::url_encode(options.track) + "/reference";
  if (options.version.empty()) {
    auto answer = s.node.ask<wire::Reference>({.path = path});
    if (!answer)
      return answer.error();
    s.out.answer(*answer, [&] { show(**answer, s.out); });
    return exit_status::done;
  }
  if (options.reason.empty())
    return fail_as(exit_status::usage, "--reason is required to move the reference; it stays in the history");
  auto body = msg<wire::MoveReference>::build([&](wire::MoveReference::Builder out) {
    out.setTrack(options.track);
    out.setVersion(options.version);
    out.setReason(options.reason);
  });
  auto answer = s.node.ask<wire::Reference>({.method = "PUT", .path = path, .body = to_json(body)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show(**answer, s.out); });
  return exit_status::done;
}

void add_measure(CLI::App& group, context& ctx) {
  auto options = std::make_shared<measure_options>();
  auto& command =
    *group.add_subcommand("measure", "Run OLD and NEW in turn until the statistics tell whether NEW is worse");
  command.add_option("OLD", options->old_version, "The version in use")->required()->check(valid_id());
  command.add_option("NEW", options->new_version, "The version that would replace it")->required()->check(valid_id());
  command.add_option("--adapter", options->adapters, "Only with this adapter; may be repeated")
    ->allow_extra_args(false);
  command.add_option("--track", options->track, "Line of versions, whose reference is measured too (default: main)")
    ->check(valid_id());
  command.add_option("--pairs", options->pairs, "Pairs of each adapter at most (default: 60)")
    ->check(CLI::Range(8, 120));
  command.add_option("--minutes", options->minutes, "Minutes of measuring at most (default: 60)")
    ->check(CLI::Range(0.01, 10080.0));
  command.add_flag("--long", options->long_form, "For noisy metrics: up to 120 pairs, with later looks");
  command.add_flag("!--no-wait", options->wait, "Return when it is accepted");
  ctx.on(command, [options](session& s) {
    if (options->long_form && options->pairs == measure_options{}.pairs)
      options->pairs = 120;
    return measure(s, *options);
  });
}

void add_reference(CLI::App& group, context& ctx) {
  auto options = std::make_shared<reference_options>();
  auto& command = *group.add_subcommand("reference", "Show or move the version against which a track is judged");
  command.add_option("VERSION", options->version, "The new reference (default: show the present one)")
    ->check(valid_id());
  command.add_option("--track", options->track, "Line of versions (default: main)")->check(valid_id());
  command.add_option("--reason", options->reason, "Why it is moved");
  ctx.on(command, [options](session& s) { return reference(s, *options); });
}

} // namespace

void add_measure_commands(CLI::App& group, context& ctx) {
  add_measure(group, ctx);
  add_calibrate_command(group, ctx);
  auto id = std::make_shared<std::string>(), reason = std::make_shared<std::string>();
  auto& one = *group.add_subcommand("measurement", "Show a paired measurement");
  one.add_option("ID", *id, "Id of the measurement")->required()->check(valid_id());
  ctx.on(one, [id](session& s) { return show_one(s, *id); });
  ctx.on(*group.add_subcommand("measurements", "List the paired measurements"), list_measurements);
  auto& end = *group.add_subcommand("stop-measurement", "End a paired measurement after its present run");
  end.add_option("ID", *id, "Id of the measurement")->required()->check(valid_id());
  end.add_option("--reason", *reason, "Why")->required();
  ctx.on(end, [id, reason](session& s) { return stop_measurement(s, *id, *reason); });
  add_reference(group, ctx);
}

} // namespace hive::ctl
