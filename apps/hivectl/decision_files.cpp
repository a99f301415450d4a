#include "apps/hivectl/decision_files.hpp"

#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/input_sources.hpp"
#include "messages/ids.hpp"

#include <filesystem>

namespace hive::ctl {
namespace {

constexpr size_t max_members_bytes = size_t{64} << 10;

caf::expected<std::set<node_id>> read_members(const std::string& given) {
  auto text = given;
  std::error_code unknown; // then it is no file
  if (std::filesystem::is_regular_file(given, unknown)) {
    auto content = read_file(given, max_members_bytes);
    if (!content)
      return content.error();
    text = std::move(*content);
  }
  std::set<node_id> out;
  constexpr std::string_view between = ", \t\r\n";
  for (auto begin = text.find_first_not_of(between); begin != text.npos;) {
    auto end = std::min(text.find_first_of(between, begin), text.size());
    auto id = text.substr(begin, end - begin);
    if (!is_valid_id(id))
      return fail_as(exit_status::usage, "--members: \"" + hive::printable(id) + "\" is neither a node id nor a file");
    out.insert({std::move(id)});
    begin = text.find_first_not_of(between, end);
  }
  if (out.empty())
    return fail_as(exit_status::usage, "--members names none");
  return out;
}

caf::error gather(const decision_question& question, verification_inputs& inputs, const output& out) {
  if (!question.members.empty()) {
    auto members = read_members(question.members);
    if (!members)
      return members.error();
    inputs.trust(std::move(*members));
  }
  if (!question.judgements.empty()) {
    auto offer = [&](const msg<wire::VerdictDocument>& each) { inputs.offer(each); };
    if (auto error = read_judgements(question.judgements, out, offer))
      return error;
  }
  return question.snapshots.empty() ? caf::error{} : offer_from_directory(question.snapshots, inputs, out);
}

std::string joined(capnp::List<capnp::Text>::Reader texts) {
  std::string out;
  for (auto each : texts)
    out += (out.empty() ? "" : ", ") + std::string{as_view(each)};
  return out;
}

void show(wire::DecisionVerification::Reader result, wire::DecisionDocument::Reader document, output& out) {
  out.line((result.getVerified() ? "Verified     " : "Not verified ") + std::string{document.getFrom().cStr()} + " → " +
           document.getTo().cStr() + ": " + name_of(result.getDecision()) + ", rollout " + result.getRollout().cStr());
  out.line(std::string{"Proposal     "} + result.getId().cStr());
  if (result.hasHash())
    out.line(std::string{"Decision     "} + result.getHash().cStr());
  out.line("Signatures   " + std::to_string(result.getSignatures()));
  out.line("Members      " + joined(result.getMembers()));
  for (auto fault : result.getFaults())
    out.line(std::string{"Fault        "} + fault.cStr());
  for (auto open : result.getUnchecked())
    out.line(std::string{"Not checked  "} + open.cStr());
}

} // namespace

outcome verify_decision_file(session& s, std::string_view text, const decision_question& question) {
  auto document = read_decision_document(text);
  if (!document)
    return fail(code_of(document.error()), question.file + ": " + text_of(document.error()));
  verification_inputs inputs{**document};
  if (auto error = gather(question, inputs, s.out))
    return error;
  auto result = verify_decision(text, **document, inputs);
  s.out.answer(result, [&] { show(*result, **document, s.out); });
  return result->getVerified() ? exit_status::done : exit_status::rejected;
}

} // namespace hive::ctl
