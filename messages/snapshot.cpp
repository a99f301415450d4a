#include "messages/snapshot.hpp"

#include "messages/text.hpp"

namespace hive {

std::string_view bare_name(wire::Metric::Reader metric) {
  auto name = as_view(metric.getName());
  auto adapter = as_view(metric.getAdapter());
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

} // namespace hive
