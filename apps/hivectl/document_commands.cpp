#include "actors/upgrade/verdict/document_verification.hpp"
#include "actors/upgrade/verdict/verdict_document.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/input_sources.hpp"
#include "apps/hivectl/validators.hpp"

namespace hive::ctl {
namespace {

struct document_options {
  std::string file;
  std::string snapshots; ///< directory; empty: the node is asked
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

caf::expected<document_file> read_document_file(const std::string& file) {
  auto text = read_file(file, max_document_bytes);
  if (!text)
    return text.error();
  auto document = read_document(*text);
  if (!document)
    return fail(code_of(document.error()), file + ": " + text_of(document.error()));
  return document_file{std::move(*text), std::move(*document)};
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

outcome verify_file(session& s, const document_options& options) {
  auto file = read_document_file(options.file);
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

} // namespace

void add_document_commands(CLI::App& group, context& ctx) {
  auto options = std::make_shared<document_options>();
  auto& check = *group.add_subcommand("verify", "Compute a verdict document again from its inputs, and compare");
  check.add_option("FILE", options->file, "What 'check --document' wrote; - for standard input")
    ->required()
    ->check(file_or_stdin());
  check
    .add_option("--snapshots", options->snapshots,
                "Directory with the measurements, from 'export'; no node is asked then")
    ->check(existing_directory());
  ctx.on(check, [options](session& s) { return verify_file(s, *options); });
  auto of_export = std::make_shared<inputs_options>();
  auto& copy = *group.add_subcommand("export", "Write the measurements that a verdict document names into a directory");
  copy.add_option("FILE", of_export->file, "The verdict document; - for standard input")
    ->required()
    ->check(file_or_stdin());
  copy.add_option("DIR", of_export->directory, "The directory; made if it is missing")->required();
  ctx.on(copy, [of_export](session& s) { return export_inputs(s, *of_export); });
}

} // namespace hive::ctl
