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
  if (!users_.any() && geteuid() == 0)
    log::warn("Commands in sandboxes run as this node's own user, root. reason={}", users_.why_none());
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

caf::error host::bound(prepared_run& run, const group_limits& limits) const {
  run.bounded_by_ = name_of(groups_.kind());
  if (groups_.kind() == group_kind::none)
    return caf::none;
  auto group = groups_.make(limits);
  if (!group)
    return std::move(group.error());
  run.group_ = std::move(*group);
  run.confinement().groups = run.group_.entrances();
  return caf::none;
}

caf::error host::take_user(prepared_run& run, const options& how) const {
  if (!users_.any())
    return caf::none;
  auto user = users_.take();
  if (!user)
    return std::move(user.error());
  run.user_.emplace(std::move(*user));
  auto& confinement = run.confinement();
  confinement.user = run.user();
  confinement.stages = true;
  for (const auto& each : how.binds) {
    auto staged = stage(each, confinement.binds.size());
    if (!staged)
      return std::move(staged.error());
    if (each.writable)
      if (auto error = give_to(run.user(), each.from))
        return error;
    confinement.binds.push_back(std::move(*staged));
  }
  return caf::none;
}

caf::error host::pass_arguments(prepared_run& run, const options& how) const {
  words sources;
  for (const auto& staged : run.confinement().binds)
    sources.push_back(staged.target);
  words line;
  append_environment(line, run.process_);
  auto own = arguments(how, sources);
  line.insert(line.end(), own.begin(), own.end());
  if (run.user_)
    line.insert(line.end(), {"--uid", shown_user, "--gid", shown_user});
  line.insert(line.end(), {"--seccomp", std::to_string(first_passed_fd)});
  std::string text;
  for (const auto& word : line)
    text.append(word).push_back('\0');
  if (text.size() > max_argument_bytes)
    return fail(ec::invalid, "the variables of a command in a sandbox hold more than " +
                               std::to_string(max_argument_bytes) + " bytes");
  // The arguments through a file as well: other users can read command lines, and the variables may hold secrets.
  for (const auto& [name, bytes] : {std::pair{"hive-filter", &filter_}, {"hive-sandbox", &text}}) {
    auto file = memory_file(name, *bytes);
    if (!file)
      return std::move(file.error());
    run.process_.passed.push_back(file->get());
    run.files_.push_back(std::move(*file));
  }
  return caf::none;
}

caf::expected<std::unique_ptr<prepared_run>> host::prepare(const options& how, process_options process) const {
  if (auto error = how.validate())
    return error;
  if (auto error = process.validate())
    return error;
  if (filter_error_)
    return filter_error_;
  auto memory = memory_of(how);
  auto out = std::make_unique<prepared_run>();
  auto& to = out->process_;
  to = std::move(process);
  to.confinement.emplace();
  if (auto error = bound(*out, {memory, how.most.processes + own_processes}))
    return error;
  if (auto error = take_user(*out, how))
    return error;
  if (auto error = pass_arguments(*out, how))
    return error;
  to.command.insert(to.command.begin(), {"bwrap", "--args", std::to_string(first_passed_fd + 1), "--"});
  to.workdir = "/";
  to.environment.clear();
  to.status_channel = true;
  to.limits = limits_of(how.most, memory, groups_.kind() != group_kind::none);
  return out;
}

} // namespace hive::sandbox
