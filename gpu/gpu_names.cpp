#include "gpu/gpu_names.hpp"

#include "messages/text.hpp"

namespace hive {

std::string name_of(wire::GpuReading::Reader device) {
  if (device.hasName())
    return std::string{as_view(device.getName())};
  return "unknown GPU (" + std::string{as_view(device.getFault().getText())} + ")";
}

std::string names_of(wire::GpuReport::Reader report) {
  if (report.getLibraryState() == wire::GpuLibraryState::UNUSABLE)
    return names_of_unknown(std::string{as_view(report.getFailure())});
  std::string out;
  for (auto device : report.getDevices())
    out += (out.empty() ? "" : ", ") + name_of(device);
  return out.empty() ? "none" : out;
}

std::string names_of_unknown(const std::string& why) {
  return "unknown: " + why;
}

std::string driver_of(wire::GpuReport::Reader report) {
  if (report.getLibraryState() == wire::GpuLibraryState::ABSENT)
    return "none";
  return std::string{as_view(report.getDriver())};
}

} // namespace hive
