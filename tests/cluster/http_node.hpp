#pragma once

#include "tests/cluster/hived_process.hpp"
#include "tests/support/raw_connection.hpp"

namespace hive::cluster {

inline uint16_t port_of(const hived_process& node) {
  return static_cast<uint16_t>(std::stoul(node.endpoint().substr(node.endpoint().rfind(':') + 1)));
}

/// An unlabelled gauge or counter from /metrics; -1 when it is not there.
inline double metric(const hived_process& node, const std::string& name) {
  auto text = node.get("/metrics").body;
  auto at = text.find("\n" + name + " ");
  return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

/// Whether no HTTP connection is open and no request in progress, except for this one.
inline bool is_quiet(const hived_process& node) {
  return metric(node, "hive_http_connections") == 1 && metric(node, "hive_http_requests_in_flight") == 1 &&
         metric(node, "hive_http_body_bytes") == 0 && metric(node, "hive_http_answer_bytes") == 0;
}

/// JSON of a snapshot with this many metrics of 10,000 samples each: some 130 KB per metric.
inline std::string large_snapshot(size_t metrics) {
  std::string out = R"({"metrics":{)";
  for (size_t m = 0; m < metrics; ++m) {
    out += (m == 0 ? "" : ",");
    out += "\"m" + std::to_string(m) + R"(":{"value":1.5,"direction":"higher","samples":[)";
    for (size_t i = 0; i < 10'000; ++i) { // each pair of samples has mean 1.5
      auto digits = 1'000'000'000 + (m * 7'919'333 + i / 2 * 104'729'111) % 8'000'000'000;
      out += (i == 0 ? "1." : ",1.") + std::to_string(i % 2 == 0 ? digits : 10'000'000'000 - digits);
    }
    out += "]}";
  }
  return out + "}}";
}

/// One task record; `which` distinguishes it from others.
inline std::string task_record(size_t which) {
  return R"({"task_type":"t","tool_name":"x","completion_time_s":1,"success":true,"idempotency_key":"k)" +
         std::to_string(which) + "\"}";
}

} // namespace hive::cluster
