#include "apps/hivectl/input_sources.hpp"

#include "actors/upgrade/verdict/verdict_document.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/snapshot_paths.hpp"
#include "messages/canonical_json.hpp"
#include "messages/json_text.hpp"
#include "messages/text.hpp"
#include "platform/http_client.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

constexpr size_t max_files = 100'000;
constexpr uint32_t rounds_per_page = 100;

// -- a node ----------------------------------------------------------------------------

/// Asks for a record and offers it, if the node has it.
template <class T>
caf::error offer_one(const client& node, const std::string& path, document_inputs& inputs) {
  auto found = node.ask<T>({.path = path});
  if (!found)
    return code_of(found.error()) == ec::not_found ? caf::error{} : found.error();
  inputs.offer(*found);
  return caf::none;
}

caf::error offer_snapshot(const client& node, wire::VersionInput::Reader input, document_inputs& inputs) {
  if (!input.hasSha256())
    return caf::none;
  std::string version = input.getVersion().cStr();
  auto path = input.getCapture() == 0 ? snapshot_path(version) : capture_path(version, input.getCapture());
  return offer_one<wire::Snapshot>(node, path, inputs);
}

caf::error offer_rounds(const client& node, const std::string& measurement, document_inputs& inputs) {
  uint32_t after = 0;
  while (true) {
    auto page = node.ask<wire::RoundList>(
      {.path = measurement + "/rounds?limit=" + std::to_string(rounds_per_page) + "&after=" + std::to_string(after)});
    if (!page)
      return code_of(page.error()) == ec::not_found ? caf::error{} : page.error();
    for (auto round : (*page)->getRounds())
      inputs.offer(msg<wire::MeasuredRound>::copy_of(round));
    auto next = (*page)->getNext();
    if (next <= after)
      return caf::none;
    after = next;
  }
}

// -- a directory -----------------------------------------------------------------------

caf::expected<std::vector<fs::path>> json_files(const std::string& directory) {
  std::error_code error;
  std::vector<fs::path> out;
  for (fs::directory_iterator at{directory, error}, end; !error && at != end; at.increment(error)) {
    std::error_code unknown; // then it is no regular file
    if (at->path().extension() != ".json" || !at->is_regular_file(unknown))
      continue;
    if (out.size() == max_files)
      return fail(ec::too_large, directory + " holds more than " + std::to_string(max_files) + " files");
    out.push_back(at->path());
  }
  if (error)
    return fail_as(exit_status::file_failed, "cannot read " + directory + ": " + error.message());
  std::ranges::sort(out); // for the order of what is said about them
  return out;
}

template <class T>
caf::expected<input_record> read_as(std::string_view text) {
  auto read = from_json<T>(text);
  if (!read)
    return read.error();
  return input_record{std::move(*read)};
}

/// A record, whose kind shows in its members.
caf::expected<input_record> read_record(std::string_view text) {
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(text, scratch);
  if (!members)
    return members.error();
  auto has = [&](std::string_view name) {
    for (auto member : *members)
      if (as_view(member.getName()) == name)
        return true;
    return false;
  };
  if (has("runs"))
    return read_as<wire::MeasuredRound>(text);
  if (has("request"))
    return read_as<wire::PairedMeasurement>(text);
  if (has("metrics"))
    return read_as<wire::Snapshot>(text);
  return fail(ec::invalid, "it is no snapshot, measurement or round");
}

/// Reads all JSON files of a directory; what `read` refuses is named.
template <class Read, class Take>
caf::error read_each(const std::string& directory, const output& out, Read read, const Take& take) {
  auto files = json_files(directory);
  if (!files)
    return files.error();
  for (const auto& path : *files) {
    auto text = read_file(path.string(), max_document_bytes);
    if (!text)
      return text.error();
    auto record = read(*text);
    if (record)
      take(*record);
    else
      out.remark(path.string() + " is left out: " + text_of(record.error()));
  }
  return caf::none;
}

/// Writes a file, unless it is there already.
caf::error write_new(const fs::path& path, const std::string& content) {
  std::error_code unknown; // then writing says so
  if (fs::exists(path, unknown)) {
    auto present = read_file(path.string(), max_document_bytes);
    if (!present)
      return present.error();
    if (*present == content)
      return caf::none;
    return fail(ec::already_exists, path.string() + " exists and holds something else");
  }
  auto written = write_file(path.string(), content);
  return written ? caf::error{} : written.error();
}

} // namespace

caf::error offer_from_node(const client& node, document_inputs& inputs) {
  auto document = inputs.document();
  for (auto input : {document->getOld(), document->getNew(), document->getReference()})
    if (auto error = offer_snapshot(node, input, inputs))
      return error;
  if (!document->hasMeasurement())
    return caf::none;
  auto path = "/upgrades/measurements/" + http::url_encode(document->getMeasurement().getId().cStr());
  if (auto error = offer_one<wire::PairedMeasurement>(node, path, inputs))
    return error;
  return offer_rounds(node, path, inputs);
}

caf::error read_records(const std::string& directory, const output& out,
                        const std::function<void(const input_record&)>& take) {
  return read_each(directory, out, read_record, take);
}

caf::error read_judgements(const std::string& directory, const output& out,
                           const std::function<void(const msg<wire::VerdictDocument>&)>& take) {
  return read_each(directory, out, read_document, take);
}

caf::error write_inputs(const document_inputs& inputs, const std::string& directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed)
    return fail_as(exit_status::file_failed, "cannot make " + directory + ": " + failed.message());
  auto found = inputs.found();
  auto place = [&](const std::string& name) { return fs::path{directory} / (name + ".json"); };
  for (const auto* side : {&found.old_side, &found.new_side, &found.reference_side}) {
    if (!side->snapshot)
      continue;
    const auto& snapshot = *side->snapshot;
    auto name =
      "snapshot-" + std::string{snapshot->getVersion().cStr()} + "-" + std::to_string(snapshot->getCaptureId());
    if (auto error = write_new(place(name), to_canonical_json(snapshot)))
      return error;
  }
  if (!found.measurement)
    return caf::none;
  std::string id = (*found.measurement)->getId().cStr();
  if (auto error = write_new(place("measurement-" + id), to_canonical_json(*found.measurement)))
    return error;
  for (const auto& round : found.rounds)
    if (auto error = write_new(place("round-" + id + "-" + http::url_encode(round->getAdapter().cStr()) + "-" +
                                     std::to_string(round->getNumber())),
                               to_canonical_json(round)))
      return error;
  return caf::none;
}

} // namespace hive::ctl
