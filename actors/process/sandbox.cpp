#include "actors/process/sandbox.hpp"

#include "actors/process/child_process.hpp"
#include "actors/process/run_report.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <array>
#include <system_error>

namespace hive::sandbox {
namespace {

namespace fs = std::filesystem;

/// Directories that are links into /usr on most systems, and directories of their own on others.
constexpr std::array system_directories{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};

/// The files of /etc that programs need. The rest, such as keys and password hashes, stays out: a node that runs as
/// root could read it in the sandbox.
constexpr std::array system_files{"/etc/alternatives", "/etc/group",     "/etc/ld.so.cache",     "/etc/ld.so.conf",
                                  "/etc/ld.so.conf.d", "/etc/localtime", "/etc/mime.types",      "/etc/nsswitch.conf",
                                  "/etc/passwd",       "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/timezone"};

/// What a program with network looks up.
constexpr std::array network_files{"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf",
                                   "/etc/services"};
/// The devices that every program on an NVIDIA GPU opens beside its own.
constexpr std::array gpu_devices{"/dev/nvidiactl", "/dev/nvidia-uvm"};

/// More than any command line of a review has; the kernel's limit is far above.
constexpr size_t max_binds = 256;
/// More devices than a machine has.
constexpr size_t max_gpus = 64;
/// Bytes of the reason that a refusal quotes.
constexpr size_t max_reason_bytes = 400;

using words = std::vector<std::string>;

void append(words& out, std::initializer_list<std::string> more) {
  out.insert(out.end(), more);
}

void append_system(words& out) {
  append(out, {"--ro-bind", "/usr", "/usr"});
  for (const auto* name : system_directories) {
    std::error_code none;
    if (fs::is_symlink(name, none))
      append(out, {"--symlink", fs::read_symlink(name, none).string(), name});
    else if (fs::is_directory(name, none))
      append(out, {"--ro-bind", name, name});
  }
  for (const auto* name : system_files)
    append(out, {"--ro-bind-try", name, name});
}

void append_devices(words& out, const std::vector<uint32_t>& gpus) {
  if (gpus.empty())
    return;
  words devices{gpu_devices.begin(), gpu_devices.end()};
  for (auto minor : gpus)
    devices.push_back("/dev/nvidia" + std::to_string(minor));
  for (const auto& device : devices)
    append(out, {"--dev-bind-try", device, device});
}

/// /dev is read-only once it is complete: else it would be memory without a bound.
void append_own_directories(words& out, const options& how) {
  auto size = std::to_string(how.most.tmp_bytes);
  append(out, {"--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm"});
  append_devices(out, how.gpus);
  append(out, {"--remount-ro", "/dev", "--size", size, "--tmpfs", "/tmp"});
}

void append_environment(words& out, const options& how) {
  append(out, {"--setenv", "PATH", how.path, "--setenv", "HOME", "/tmp", "--setenv", "TMPDIR", "/tmp"});
}

uint64_t given_or(uint64_t given, uint64_t otherwise) {
  return given > 0 ? given : otherwise;
}

/// prlimit sets the limits of the process that it becomes, so the sandbox and all in it inherit them.
words limited(const limits& most) {
  words out{"prlimit", "--core=0", "--fsize=" + std::to_string(most.file_bytes),
            "--nofile=" + std::to_string(most.open_files), "--nproc=" + std::to_string(most.processes)};
  if (most.address_bytes > 0)
    out.push_back("--as=" + std::to_string(most.address_bytes));
  out.push_back("--");
  return out;
}

bool is_absolute_plain(const std::string& path) {
  auto parts = fs::path{path};
  return parts.is_absolute() && path.find('\0') == std::string::npos &&
         std::none_of(parts.begin(), parts.end(), [](const fs::path& part) { return part == ".."; });
}

} // namespace

caf::error options::validate() const {
  if (binds.size() > max_binds)
    return fail(ec::invalid, "a sandbox has more than " + std::to_string(max_binds) + " binds");
  for (const auto& [from, to, writable] : binds)
    if (!is_absolute_plain(from.string()) || !is_absolute_plain(to))
      return fail(ec::invalid, "a sandbox binds absolute paths without '..', not " + from.string() + " to " + to);
  if (!is_absolute_plain(workdir))
    return fail(ec::invalid, "a sandbox's workdir must be an absolute path without '..', not " + workdir);
  if (path.find('\0') != std::string::npos)
    return fail(ec::invalid, "a sandbox's PATH holds a NUL");
  if (most.file_bytes == 0 || most.open_files == 0 || most.processes == 0 || most.tmp_bytes == 0)
    return fail(ec::invalid, "a sandbox in which a limit is 0 can run nothing");
  if (gpus.size() > max_gpus)
    return fail(ec::invalid, "a sandbox has more than " + std::to_string(max_gpus) + " GPUs");
  return caf::none;
}

void describe(const options& how, wire::Sandbox::Builder out) {
  auto binds = out.initBinds(static_cast<uint32_t>(how.binds.size()));
  for (uint32_t i = 0; i < binds.size(); ++i) {
    binds[i].setFrom(how.binds[i].from.string());
    binds[i].setTo(how.binds[i].to);
    binds[i].setWritable(how.binds[i].writable);
  }
  out.setWorkdir(how.workdir);
  out.setPath(how.path);
  out.setNetwork(how.network);
  out.setGpus(kj::arrayPtr(how.gpus.data(), how.gpus.size()));
  out.setMemoryBytes(how.most.memory_bytes);
  out.setProcesses(how.most.processes);
  out.setTmpBytes(how.most.tmp_bytes);
  out.setFileBytes(how.most.file_bytes);
  out.setOpenFiles(how.most.open_files);
  out.setAddressBytes(how.most.address_bytes);
}

options options_of(wire::Sandbox::Reader from) {
  options out;
  for (auto bind : from.getBinds())
    out.binds.push_back({std::string{as_view(bind.getFrom())}, std::string{as_view(bind.getTo())}, bind.getWritable()});
  if (from.getWorkdir().size() > 0)
    out.workdir = as_view(from.getWorkdir());
  if (from.getPath().size() > 0)
    out.path = as_view(from.getPath());
  out.network = from.getNetwork();
  for (auto minor : from.getGpus())
    out.gpus.push_back(minor);
  out.most.memory_bytes = from.getMemoryBytes();
  out.most.processes = given_or(from.getProcesses(), out.most.processes);
  out.most.tmp_bytes = given_or(from.getTmpBytes(), out.most.tmp_bytes);
  out.most.file_bytes = given_or(from.getFileBytes(), out.most.file_bytes);
  out.most.open_files = given_or(from.getOpenFiles(), out.most.open_files);
  out.most.address_bytes = from.getAddressBytes();
  return out;
}

words arguments(const options& how, const words& sources) {
  words out{"--json-status-fd",
            std::to_string(child_status_fd),
            "--unshare-all",
            "--unshare-user",
            "--disable-userns",
            "--die-with-parent",
            "--new-session",
            "--cap-drop",
            "ALL"};
  if (how.network)
    out.push_back("--share-net");
  append_environment(out, how);
  append_system(out);
  if (how.network)
    for (const auto* name : network_files)
      append(out, {"--ro-bind-try", name, name});
  append_own_directories(out, how);
  for (size_t i = 0; i < how.binds.size(); ++i) {
    const auto& [from, to, writable] = how.binds[i];
    append(out, {writable ? "--bind" : "--ro-bind", i < sources.size() ? sources[i] : from.string(), to});
  }
  append(out, {"--chdir", how.workdir});
  return out;
}

words command_line(const options& how, const words& command) {
  auto out = limited(how.most);
  out.push_back("bwrap");
  auto own = arguments(how);
  out.insert(out.end(), own.begin(), own.end());
  out.push_back("--");
  out.insert(out.end(), command.begin(), command.end());
  return out;
}

bool has_started(std::string_view status) {
  // bubblewrap writes this line when the command, not the set-up, has ended.
  return status.find("\"exit-code\"") != std::string_view::npos;
}

words probe() {
  return command_line({}, {"true"});
}

std::string describe_unavailable(std::string_view reason) {
  return "commands of others cannot be run in a sandbox here: it needs the package bubblewrap and, unless the node "
         "runs as root, user namespaces (kernel.unprivileged_userns_clone, user.max_user_namespaces)" +
         (reason.empty() ? std::string{} : "; " + printable_tail(reason, max_reason_bytes));
}

} // namespace hive::sandbox
