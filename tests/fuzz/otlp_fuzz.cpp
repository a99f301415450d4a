// Exports of OpenTelemetry spans. The first byte selects how the rest is encoded: JSON, protobuf, or gzip of protobuf.
//
// Promises: no export crashes the reader or makes it allocate without bound. What is taken is within the bounds of an
// export, and its records obey the rules of their schemas. The same export gives the same records again.

#include "actors/otlp/bounds.hpp"
#include "actors/otlp/gunzip.hpp"
#include "actors/otlp/mapped_export.hpp"
#include "messages/check.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace hive;

caf::expected<otlp::trace_export> decode(uint8_t how, std::string_view body) {
  constexpr size_t max_decompressed = size_t{1} << 20;
  switch (how % 3) {
  case 0:
    return otlp::decode_json_export(body);
  case 1:
    return otlp::decode_protobuf_export(body);
  default:
    break;
  }
  auto text = otlp::gunzip(body, max_decompressed);
  if (!text)
    return text.error();
  fuzz::require(text->size() <= max_decompressed, "decompression has a bound");
  return otlp::decode_protobuf_export(*text);
}

template <class T>
void require_rules(const std::optional<msg<T>>& records) {
  if (records)
    fuzz::require(!check(capnp::DynamicStruct::Reader{**records}), "records obey their schema");
}

/// All records, for a comparison.
std::string bytes_of(const otlp::mapped_export& mapped) {
  std::string out{mapped.tasks ? mapped.tasks->bytes() : std::string_view{}};
  for (const auto& agent : mapped.agents) {
    require_rules(agent.spans);
    require_rules(agent.runs);
    out += agent.prompt_id + "/" + agent.flow_id;
    out += agent.spans ? agent.spans->bytes() : std::string_view{};
    out += agent.runs ? agent.runs->bytes() : std::string_view{};
  }
  require_rules(mapped.tasks);
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  auto body = hive::fuzz::text_of(data + 1, size - 1);
  auto read = decode(data[0], body);
  if (!read) {
    hive::fuzz::require(!hive::text_of(read.error()).empty(), "a refusal says why");
    return 0;
  }
  auto mapped = hive::otlp::map_export(*read);
  hive::fuzz::require(mapped.agents.size() <= hive::defaults::max_export_agents, "agents have a bound");
  hive::fuzz::require((mapped.rejected == 0) == mapped.reason.empty(), "a rejection has its reason");
  hive::fuzz::require(bytes_of(mapped) == bytes_of(hive::otlp::map_export(*read)), "the same export, the same records");
  return 0;
}
