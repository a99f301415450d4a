#include "actors/upgrade/verdict/document_verification.hpp"
#include "actors/upgrade/verdict/verdict_document.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/decision_files.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/input_sources.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/canonical_json.hpp"
#include "messages/json_text.hpp"
#include "platform/http_client.hpp"

namespace hive::ctl {
namespace {

struct document_options {
  std::string file;
  std::string snapshots;  ///< directory; empty: the node is asked for the inputs of a verdict document
  std::string judgements; ///< directory; empty: none
  std::string members;    ///< empty: not known
};

struct inputs_options {
  std::string file;
  std::string directory;
};

/// A document as it was read, and what it was read from.
struct document_file {
  std::string text;
  msg<wire::VerdictDocument> document;
};

caf::expected<document_file> as_verdict_document(const std::string& file, std::string text) {
  auto document = read_document(text);
  if (!document)
    return fail(code_of(document.error()), file + ": " + text_of(document.error()));
  return document_file{std::move(text), std::move(*document)};
}

caf::expected<document_file> read_document_file(const std::string& file) {
  auto text = read_file(file, max_document_bytes);
  if (!text)
    return text.error();
  return as_verdict_document(file, std::move(*text));
}

void show(wire::DocumentVerification::Reader result, output& out) {
  out.line((result.getVerified() ? "Verified     " : "Not verified ") + std::string{result.getOld().cStr()} + " → " +
           result.getNew().cStr() + ": " + name_of(result.getVerdict()) + " by policy " + name_of(result.getPolicy()) +
           ", algorithm " + std::to_string(result.getAlgorithm()) + ", " + std::to_string(result.getInputs()) +
           " inputs");
  out.line(std::string{"Document     "} + result.getSha256().cStr());
  for (auto fault : result.getFaults())
    out.line(std::string{"Fault        "} + fault.cStr());
  if (result.getFaultsLeftOut() > 0)
    out.line(std::to_string(result.getFaultsLeftOut()) + " more faults are not listed.");
}

/// The verification that went well opens a gate, so all else is another status.
outcome finish_verification(session& s, const msg<wire::DocumentVerification>& result) {
  s.out.answer(result, [&] { show(*result, s.out); });
  return result->getVerified() ? exit_status::done : exit_status::rejected;
}

/// JSON that names no version as a verdict document does. Of what is no JSON, reading says why.
bool is_other_json(std::string_view text) {
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(text, scratch);
  if (!members)
    return false;
  for (auto member : *members)
    if (member.getName() == "algorithm")
      return false;
  return true;
}

outcome verify_file(session& s, const document_options& options) {
  auto text = read_file(options.file, max_document_bytes);
  if (!text)
    return text.error();
  if (is_decision_document(*text))
    return verify_decision_file(s, *text, {options.file, options.members, options.snapshots, options.judgements});
  if (is_other_json(*text))
    return fail(ec::invalid, options.file + ": it is neither a verdict document nor the document of a decision");
  if (!options.members.empty() || !options.judgements.empty())
    return fail(ec::invalid,
                options.file + ": --members and --judgements are for decision documents, and this is none");
  auto file = as_verdict_document(options.file, std::move(*text));
  if (!file)
    return file.error();
  document_inputs inputs{file->document};
  auto error = options.snapshots.empty() ? offer_from_node(s.node, inputs)
                                         : offer_from_directory(options.snapshots, inputs, s.out);
  if (error)
    return error;
  return finish_verification(s, verify_document(file->text, inputs));
}

/// Only inputs with the document's hashes are written: with others, the verification says what is wrong.
outcome export_inputs(session& s, const inputs_options& options) {
  auto file = read_document_file(options.file);
  if (!file)
    return file.error();
  document_inputs inputs{file->document};
  if (auto error = offer_from_node(s.node, inputs))
    return error;
  auto result = verify_document(file->text, inputs);
  if (!inputs.faults().empty())
    return finish_verification(s, result);
  if (auto error = write_inputs(inputs, options.directory))
    return error;
  s.out.answer(result, [&] {
    s.out.line("Wrote " + std::to_string(inputs.count()) + " inputs into " + options.directory +
               ": 'hivectl upgrade verify " + options.file + " --snapshots " + options.directory + "' needs no node.");
  });
  return exit_status::done;
}

struct decision_options {
  std::string id;
  std::string out; ///< file; empty: standard output
};

/// The canonical form of what was read is that of what was sent, so the bytes are those that 'verify' wants.
outcome write_decision(session& s, const decision_options& options) {
  auto document =
    s.node.ask<wire::DecisionDocument>({.path = "/upgrades/" + http::url_encode(options.id) + "/document"});
  if (!document)
    return document.error();
  if (options.out.empty()) {
    s.out.unchanged(to_canonical_json(*document));
    return exit_status::done;
  }
  if (auto written = write_file(options.out, to_canonical_json(*document)); !written)
    return written.error();
  s.out.answer(*document, [&] {
    s.out.line("Wrote " + options.out + ": 'hivectl upgrade verify " + options.out + "' checks it without a node.");
  });
  return exit_status::done;
}

void add_verify(CLI::App& group, context& ctx) {
  auto options = std::make_shared<document_options>();
  auto& command = *group.add_subcommand(
    "verify", "Check a verdict document against its inputs, or the document of a decision of the hive");
  command.add_option("FILE", options->file, "What 'check --document' or 'document' wrote; - for standard input")
    ->required()
    ->check(file_or_stdin());
  command
    .add_option("--snapshots", options->snapshots,
                "Directory with the measurements, from 'export'; without it the node is asked for those of a verdict "
                "document")
    ->check(existing_directory());
  command
    .add_option("--members", options->members,
                "For a decision: the first members of the hive that you trust, as IDs with commas, or a file with them")
    ->type_name("FILE|ID,...");
  command
    .add_option("--judgements", options->judgements,
                "For a decision: directory with verdict documents of members, beside those that it holds")
    ->check(existing_directory());
  ctx.on(command, [options](session& s) { return verify_file(s, *options); });
}

void add_export(CLI::App& group, context& ctx) {
  auto options = std::make_shared<inputs_options>();
  auto& command =
    *group.add_subcommand("export", "Write the measurements that a verdict document names into a directory");
  command.add_option("FILE", options->file, "The verdict document; - for standard input")
    ->required()
    ->check(file_or_stdin());
  command.add_option("DIR", options->directory, "The directory; made if it is missing")->required();
  ctx.on(command, [options](session& s) { return export_inputs(s, *options); });
}

void add_decision(CLI::App& group, context& ctx) {
  auto options = std::make_shared<decision_options>();
  auto& command =
    *group.add_subcommand("document", "Write the document of a decision, with all that proves it, for 'verify'");
  command.add_option("ID", options->id, "The proposal, or at least 6 of its first characters")
    ->required()
    ->check(valid_id());
  command.add_option("--out", options->out, "File to write (default: standard output)");
  ctx.on(command, [options](session& s) { return write_decision(s, *options); });
}

} // namespace

void add_document_commands(CLI::App& group, context& ctx) {
  add_verify(group, ctx);
  add_export(group, ctx);
  add_decision(group, ctx);
}

} // namespace hive::ctl
