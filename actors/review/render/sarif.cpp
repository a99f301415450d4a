#include "actors/review/render/formats.hpp"

#include "actors/review/render/remarks.hpp"
#include "platform/http_client.hpp"

#include <algorithm>

namespace hive::review {
namespace {

constexpr const char* sarif_schema = "https://json.schemastore.org/sarif-2.1.0.json";

wire::SarifLevel sarif_level(remark_level level) {
  switch (level) {
  case remark_level::error:
    return wire::SarifLevel::ERROR;
  case remark_level::warning:
    return wire::SarifLevel::WARNING;
  case remark_level::notice:
    break;
  }
  return wire::SarifLevel::NOTE;
}

/// A path as a relative reference: each part percent-encoded.
std::string uri_of(const std::string& path) {
  std::string out;
  for (size_t begin = 0; begin <= path.size();) {
    auto end = std::min(path.find('/', begin), path.size());
    out += (begin == 0 ? "" : "/") + http::url_encode(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

void fill_driver(wire::SarifDriver::Builder out, std::string_view version) {
  out.setName("Hivemark");
  out.setVersion(std::string{version});
  const auto& rules = remark_rules();
  auto list = out.initRules(static_cast<uint32_t>(rules.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setId(rules[i].id);
    list[i].initShortDescription().setText(rules[i].meaning);
  }
}

void fill_sarif_result(wire::SarifResult::Builder out, const remark& from) {
  out.setRuleId(from.rule);
  out.setLevel(sarif_level(from.level));
  out.initMessage().setText(from.text);
  if (from.path.empty())
    return;
  auto place = out.initLocations(1)[0].initPhysicalLocation();
  place.initArtifactLocation().setUri(uri_of(from.path));
  if (from.line > 0)
    place.initRegion().setStartLine(from.line);
}

} // namespace

msg<wire::Sarif> to_sarif(wire::Review::Reader review, std::string_view version) {
  auto remarks = remarks_of(review);
  return msg<wire::Sarif>::build([&](wire::Sarif::Builder out) {
    out.setSchema(sarif_schema);
    out.setVersion("2.1.0");
    auto run = out.initRuns(1)[0];
    fill_driver(run.initTool().initDriver(), version);
    auto results = run.initResults(static_cast<uint32_t>(remarks.size()));
    for (uint32_t i = 0; i < results.size(); ++i)
      fill_sarif_result(results[i], remarks[i]);
  });
}

} // namespace hive::review
