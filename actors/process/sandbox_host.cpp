#include "actors/process/sandbox_host.hpp"

#include "actors/process/syscall_filter.hpp"
#include "messages/ec.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <sys/stat.h>

namespace hive::sandbox {
namespace {

/// Users below belong to the system and to people.
constexpr uint32_t least_user = 1'000;
/// bubblewrap's own: the process outside and the first one inside.
constexpr uint64_t own_processes = 2;
/// How far the limit of the user's processes lies above the control group's, so that the latter is reached, which
/// counts how often it was.
constexpr uint64_t second_wall = 64;
/// The sandbox shows commands as `nobody`, who has an entry in /etc/passwd.
constexpr const char* shown_user = "65534";
/// Bytes of all arguments and variables, far above any.
constexpr size_t max_argument_bytes = size_t{4} << 20;

using words = std::vector<std::string>;

/// A file in memory with these bytes, to be read from its start.
caf::expected<unique_fd> memory_file(const char* name, const std::string& bytes) {
  unique_fd file{memfd_create(name, MFD_CLOEXEC)};
  if (!file || write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      lseek(file.get(), 0, SEEK_SET) != 0)
    return fail(ec::unavailable, "a sandbox cannot be described: " + errno_text(errno));
  return file;
}

void append_environment(words& out, const process_options& process) {
  out.push_back("--clearenv");
  auto set = [&](const std::string& name, const std::string& value) {
    out.insert(out.end(), {"--setenv", name, value});
  };
  set("LANG", "C.UTF-8");
  set("LC_ALL", "C.UTF-8");
  for (const auto& [name, value] : process.environment)
    set(name, value);
}

/// The limits of each process. Those of memory and processes are the only ones where there is no control group.
std::vector<resource_limit> limits_of(const limits& most, uint64_t memory, bool has_group) {
  auto lower = [](int resource, uint64_t value) { return resource_limit{resource, value, false, true}; };
  std::vector<resource_limit> out{lower(RLIMIT_CORE, 0), lower(RLIMIT_FSIZE, most.file_bytes),
                                  lower(RLIMIT_NOFILE, most.open_files),
                                  lower(RLIMIT_NPROC, most.processes + own_processes + (has_group ? second_wall : 0))};
  if (most.address_bytes > 0)
    out.push_back(lower(RLIMIT_AS, most.address_bytes));
  // Unlike the address space, it does not count what is only reserved.
  if (!has_group)
    out.push_back(lower(RLIMIT_DATA, memory));
  return out;
}

uint64_t default_memory() {
  auto pages = static_cast<uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 1L));
  auto page = static_cast<uint64_t>(std::max(sysconf(_SC_PAGESIZE), 1L));
  return pages * page / 4 * 3;
}

/// What a bind shows, staged at a place of its own.
caf::expected<staged_bind> stage(const bind& from, size_t index) {
  struct stat facts {};
  if (::stat(from.from.c_str(), &facts) != 0)
    return fail(ec::unavailable, "a sandbox cannot show " + from.from.string() + ": " + errno_text(errno));
  return staged_bind{from.from.string(), std::string{stage_directory} + "/" + std::to_string(index),
                     S_ISDIR(facts.st_mode)};
}

} // namespace

caf::error host_options::validate() const {
  if (first_user < least_user || users == 0 || users > 100'000 || uint64_t{first_user} + users > 0xffff'fff0)
    return fail(ec::invalid, "the users of sandboxes must be 1 to 100000 users from " + std::to_string(least_user) +
                               " on, not " + std::to_string(users) + " from " + std::to_string(first_user) + " on");
  return caf::none;
}

host::host(host_options options) : options_{options}, users_{run_users::find(options.first_user, options.users)} {
  if (options_.control_groups)
    groups_ = control_groups::find();
  if (auto filter = syscall_filter())
    filter_ = std::move(*filter);
  else
    filter_error_ = filter.error();
}

uint64_t host::memory_of(const options& how) const {
  if (how.most.memory_bytes > 0)
    return how.most.memory_bytes;
  return options_.memory_bytes > 0 ? options_.memory_bytes : default_memory();
}

caf::expected<std::unique_ptr<prepared_run>> host::prepare(const options& how, process_options process) const {
  if (auto error = how.validate())
    return error;
  if (auto error = process.validate())
    return error;
  if (filter_error_)
    return filter_error_;
  auto out = std::make_unique<prepared_run>();
  auto memory = memory_of(how);
  process_confinement confinement;
  if (groups_.kind() != group_kind::none) {
    auto group = groups_.make({memory, how.most.processes + own_processes});
    if (!group)
      return std::move(group.error());
    out->group_ = std::move(*group);
    confinement.groups = out->group_.entrances();
  }
  out->bounded_by_ = name_of(groups_.kind());
  words sources;
  if (users_.any()) {
    auto user = users_.take();
    if (!user)
      return std::move(user.error());
    out->user_.emplace(std::move(*user));
    confinement.user = out->user();
    confinement.stages = true;
    for (const auto& each : how.binds) {
      auto staged = stage(each, sources.size());
      if (!staged)
        return std::move(staged.error());
      if (each.writable)
        if (auto error = give_to(out->user(), each.from))
          return error;
      sources.push_back(staged->target);
      confinement.binds.push_back(std::move(*staged));
    }
  }
  auto line = arguments(how, sources);
  words before;
  append_environment(before, process);
  line.insert(line.begin(), before.begin(), before.end());
  if (users_.any())
    line.insert(line.end(), {"--uid", shown_user, "--gid", shown_user});
  line.insert(line.end(), {"--seccomp", std::to_string(first_passed_fd)});
  // Through a file: other users can read command lines, and the variables may hold secrets.
  std::string text;
  for (const auto& word : line)
    text.append(word).push_back('\0');
  if (text.size() > max_argument_bytes)
    return fail(ec::invalid, "the variables of a command in a sandbox hold more than " +
                               std::to_string(max_argument_bytes) + " bytes");
  auto filter = memory_file("hive-filter", filter_);
  auto described = memory_file("hive-sandbox", text);
  if (!filter)
    return std::move(filter.error());
  if (!described)
    return std::move(described.error());
  out->process_ = std::move(process);
  auto& to = out->process_;
  to.passed = {filter->get(), described->get()};
  out->descriptors_.push_back(std::move(*filter));
  out->descriptors_.push_back(std::move(*described));
  to.command.insert(to.command.begin(), {"bwrap", "--args", std::to_string(first_passed_fd + 1), "--"});
  to.workdir = "/";
  to.environment.clear();
  to.status_channel = true;
  to.limits = limits_of(how.most, memory, groups_.kind() != group_kind::none);
  to.confinement = std::move(confinement);
  return out;
}

} // namespace hive::sandbox
