#include "messages/snapshot.hpp"

#include "messages/text.hpp"

namespace hive {

std::string_view bare_name(wire::Metric::Reader metric) {
  return bare_name(as_view(metric.getAdapter()), as_view(metric.getName()));
}

std::string_view bare_name(std::string_view adapter, std::string_view name) {
  bool qualified =
    !adapter.empty() && name.size() > adapter.size() + 1 && name.starts_with(adapter) && name[adapter.size()] == '.';
  return qualified ? name.substr(adapter.size() + 1) : name;
}

uint32_t count_errors(wire::Snapshot::Reader snapshot) {
  uint32_t errors = 0;
  for (auto adapter : snapshot.getAdapters())
    errors += adapter.getStatus() == wire::AdapterStatus::ERROR;
  return errors;
}

std::string disturbance_of(wire::AdapterOutcome::Reader adapter) {
  if (!adapter.hasEvidence() || adapter.getEvidence().getQuality() != wire::RunQuality::DISTURBED)
    return {};
  std::string out;
  for (auto reason : adapter.getEvidence().getReasons())
    out += (out.empty() ? "" : "; ") + std::string{as_view(reason)};
  return out.empty() ? "disturbed" : out;
}

std::string disturbances_of(wire::Snapshot::Reader snapshot, size_t max_bytes) {
  std::string out;
  for (auto adapter : snapshot.getAdapters())
    if (auto why = disturbance_of(adapter); !why.empty() && out.size() < max_bytes)
      out += (out.empty() ? "" : "; ") + std::string{as_view(adapter.getName())} + ": " + why;
  return std::string{cut_text(out, max_bytes)};
}

} // namespace hive
