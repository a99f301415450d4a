#include "apps/hivectl/verdict_files.hpp"

#include "apps/hivectl/files.hpp"
#include "messages/canonical_json.hpp"
#include "platform/http_client.hpp"

namespace hive::ctl {

std::string path_of(const check_question& question, const std::string& more) {
  auto out = "/upgrades/check" + more + "?old=" + http::url_encode(question.old_version) +
             "&new=" + http::url_encode(question.new_version);
  if (!question.policy.empty())
    out += "&policy=" + question.policy;
  if (!question.track.empty())
    out += "&track=" + http::url_encode(question.track);
  return out;
}

caf::expected<msg<wire::VerdictDocument>> write_document(session& s, const check_question& question,
                                                         const std::string& file) {
  auto document = s.node.ask<wire::VerdictDocument>({.path = path_of(question, "/document")});
  if (!document)
    return document.error();
  // The canonical form of what was read is that of what was sent.
  if (auto written = write_file(file, to_canonical_json(*document)); !written)
    return written.error();
  return document;
}

} // namespace hive::ctl
