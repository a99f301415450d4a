#include "apps/hived/wiring/gpu_group.hpp"

#include "actors/gpu/probe_process.hpp"
#include "messages/ec.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

constexpr const char* program = "hive-gpu-probe";

/// The probe that was installed with this program.
std::filesystem::path beside_this_program() {
  std::error_code failed;
  auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? program : self.parent_path() / program;
}

gpu_probe_options describe_probe(const node_context& node) {
  const auto& config = node.config.gpu;
  gpu_probe_options out;
  out.program = config.probe.empty() ? beside_this_program() : config.probe;
  out.library = config.library;
  // as other programs: some iterate over all possible descriptors
  out.limits.push_back({RLIMIT_NOFILE, node.descriptors.inherited, true});
  return out;
}

std::string reason_of(const caf::error& error) {
  return code_of(error) == ec::unavailable ? text_of(error) : "the GPU probe has not reported in time";
}

} // namespace

std::vector<service> gpu_group::services() {
  return {make_service("gpu_probe", probe, [this] { return start(); })};
}

gpu_probe_actor gpu_group::start() {
  auto out = spawn_gpu_probe(node_.system, {stuck_}, describe_probe(node_));
  caf::scoped_actor self{node_.system};
  self->request(out, defaults::first_gpu_report_timeout, gpu_latest_atom::value)
    .receive([this](const msg<wire::GpuReport>& report) { node_.gpus->set(report); },
             [this](const caf::error& error) { node_.gpus->set_unknown(reason_of(error)); });
  return out;
}

} // namespace hive
