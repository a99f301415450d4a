#include "actors/process/process_start.hpp"

#include "messages/ec.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace hive::detail {
namespace {

/// The child's report channel, which is the lowest non-standard descriptor.
constexpr int report_fd = 3;
static_assert(child_status_fd == report_fd + 1, "the child closes everything above both");
/// Exit status of a child that could not execute its command; nobody sees it, because the report says more.
constexpr int start_failed_status = 127;
/// The conventional umask. The node's own umask keeps its files private and is not meant for commands.
constexpr mode_t child_umask = S_IWGRP | S_IWOTH;
constexpr const char* default_path = "/usr/local/bin:/usr/bin:/bin";

caf::error out_of_resources(const process_options& options, const char* what) {
  return fail(ec::unavailable, name_of(options) + " cannot be started: " + what + ": " + errno_text(errno));
}

std::string own_variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

std::map<std::string, std::string> child_environment(const process_options& options) {
  std::map<std::string, std::string> out{{"PATH", own_variable("PATH", default_path)},
                                         {"HOME", own_variable("HOME", "/")},
                                         {"TMPDIR", own_variable("TMPDIR", "/tmp")},
                                         {"LANG", "C.UTF-8"},
                                         {"LC_ALL", "C.UTF-8"}};
  for (const auto& [name, value] : options.environment)
    out[name] = value;
  return out;
}

/// All files that the command's name may refer to, in PATH order.
std::vector<std::string> candidates(const std::string& program, const std::string& path) {
  if (program.find('/') != std::string::npos)
    return {program};
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= path.size();) {
    auto end = std::min(path.find(':', begin), path.size());
    if (end > begin) // an empty entry would mean the working directory, which is never searched
      out.push_back(path.substr(begin, end - begin) + "/" + program);
    begin = end + 1;
  }
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

struct pipe_ends {
  unique_fd read;
  unique_fd write;
};

/// Moves a descriptor away from 0, 1 and 2, which the child overwrites.
unique_fd above_standard(unique_fd fd) {
  if (fd.get() < 0 || fd.get() >= report_fd)
    return fd;
  return unique_fd{fcntl(fd.get(), F_DUPFD_CLOEXEC, report_fd)};
}

pipe_ends open_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0)
    return {};
  pipe_ends out{above_standard(unique_fd{ends[0]}), above_standard(unique_fd{ends[1]})};
  if (!out.read || !out.write || fcntl(out.read.get(), F_SETFL, O_NONBLOCK) != 0)
    return {};
  return out;
}

bool has_input(const process_options& options) {
  return options.input_channel || !options.input.empty();
}

/// The child's standard input, whose write end does not block.
pipe_ends open_input(const process_options& options) {
  if (!has_input(options))
    return {above_standard(unique_fd{open("/dev/null", O_RDONLY | O_CLOEXEC)}), {}};
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0)
    return {};
  pipe_ends out{above_standard(unique_fd{ends[0]}), above_standard(unique_fd{ends[1]})};
  if (!out.read || !out.write || fcntl(out.write.get(), F_SETFL, O_NONBLOCK) != 0)
    return {};
  return out;
}

/// Everything that the child needs, prepared before the fork: after it, in a copy of a multi-threaded process, nothing
/// may allocate, lock or throw.
struct child_plan {
  explicit child_plan(const process_options& options)
      : arguments{options.command}, workdir{options.workdir}, limits{options.limits} {
    auto environment = child_environment(options);
    files = candidates(options.command.front(), environment["PATH"]);
    for (const auto& [name, value] : environment)
      variables.push_back(name + "=" + value);
    if (options.confinement)
      confinement.emplace(*options.confinement);
    argv = pointers(arguments);
    envp = pointers(variables);
    paths = pointers(files);
  }

  std::vector<std::string> arguments;
  std::vector<std::string> variables;
  std::vector<std::string> files;
  std::string workdir;
  std::vector<resource_limit> limits;
  std::optional<confinement_plan> confinement;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::vector<char*> paths;
  pid_t parent = getpid();
  int input = -1;
  int output = -1;
  int errors = -1;
  int report = -1;
  int status = -1;         ///< above all that the child is given; -1 without a status channel
  std::vector<int> passed; ///< the same
};

// -- in the child: async-signal-safe calls only --------------------------------

[[noreturn]] void give_up(int report, start_failure::step_type step) {
  start_failure failure{step, errno};
  // If the report cannot be written, the exit status still shows the failure.
  [[maybe_unused]] auto written = write(report, &failure, sizeof failure);
  _exit(start_failed_status);
}

/// In the child, restores the default action of the signals that this process ignores or handles.
void reset_signals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal)
    sigaction(signal, &action, nullptr); // fails for SIGKILL and the like, which cannot be changed
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void enter_group(const child_plan& plan) {
  if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
    give_up(plan.report, start_failure::group);
  if (getppid() != plan.parent) // the parent died before the death signal was set
    _exit(start_failed_status);
}

void limit_resources(const child_plan& plan) {
  for (const auto& limit : plan.limits) {
    auto resource = static_cast<__rlimit_resource>(limit.resource);
    rlimit value{};
    if (getrlimit(resource, &value) != 0)
      give_up(plan.report, start_failure::limits);
    auto wanted = limit.lower_only ? std::min(limit.value, value.rlim_max) : limit.value;
    value.rlim_cur = wanted;
    if (!limit.soft_only)
      value.rlim_max = wanted;
    if (setrlimit(resource, &value) != 0)
      give_up(plan.report, start_failure::limits);
  }
}

start_failure::step_type failed_step(confinement_plan::step_type step) {
  switch (step) {
  case confinement_plan::groups:
    return start_failure::control_groups;
  case confinement_plan::staging:
    return start_failure::staging;
  default:
    return start_failure::user;
  }
}

void confine(child_plan& plan) {
  if (!plan.confinement)
    return;
  if (auto step = plan.confinement->apply(); step != confinement_plan::done)
    give_up(plan.report, failed_step(step));
  enter_group(plan); // another user's processes do not keep the death signal
}

void arrange_descriptors(const child_plan& plan) {
  bool arranged = dup2(plan.input, 0) >= 0 && dup2(plan.output, 1) >= 0 && dup2(plan.errors, 2) >= 0 &&
                  (plan.report == report_fd || dup3(plan.report, report_fd, O_CLOEXEC) >= 0);
  if (!arranged)
    give_up(plan.report, start_failure::descriptors);
  if (plan.status >= 0 && dup2(plan.status, child_status_fd) < 0)
    give_up(report_fd, start_failure::descriptors);
  int last = plan.status >= 0 ? child_status_fd : report_fd;
  for (int from : plan.passed)
    if (dup2(from, ++last) < 0)
      give_up(report_fd, start_failure::descriptors);
  if (close_range(static_cast<unsigned>(last) + 1, ~0U, 0) != 0)
    give_up(report_fd, start_failure::descriptors);
}

/// Tries the candidates as execvp does: skips missing files, and remembers that one may not be executed.
void execute(const child_plan& plan) {
  int error = ENOENT;
  for (size_t i = 0; plan.paths[i]; ++i) {
    execve(plan.paths[i], plan.argv.data(), plan.envp.data());
    if (errno == EACCES)
      error = EACCES;
    else if (errno != ENOENT && errno != ENOTDIR) {
      error = errno;
      break;
    }
  }
  errno = error;
}

[[noreturn]] void run_child(child_plan& plan) {
  enter_group(plan);
  limit_resources(plan);
  confine(plan);
  arrange_descriptors(plan);
  if (!plan.workdir.empty() && chdir(plan.workdir.c_str()) != 0)
    give_up(report_fd, start_failure::workdir);
  umask(child_umask);
  reset_signals();
  execute(plan);
  give_up(report_fd, start_failure::execute);
}

// -- in the parent -------------------------------------------------------------

/// Forks with all signals blocked, so that no handler of this process runs in the child.
pid_t fork_child(child_plan& plan) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = fork();
  if (pid == 0)
    run_child(plan);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

} // namespace

std::string name_of(const process_options& options) {
  return "command '" + options.command.front() + "'";
}

caf::error describe(const start_failure& failure, const process_options& options) {
  auto text = name_of(options);
  switch (failure.step) {
  case start_failure::workdir:
    text += " cannot be started in '" + options.workdir + "': ";
    break;
  case start_failure::group:
    text += " cannot be given a process group: ";
    break;
  case start_failure::limits:
    text += " cannot be limited: ";
    break;
  case start_failure::control_groups:
    text += " cannot be put into its control group: ";
    break;
  case start_failure::staging:
    text += " cannot be given its directories: ";
    break;
  case start_failure::user:
    text += " cannot be run as another user: ";
    break;
  case start_failure::descriptors:
    text += " cannot be connected: ";
    break;
  case start_failure::execute:
    text += " cannot be executed: ";
    break;
  }
  return fail(ec::process_failed, text + errno_text(failure.error));
}

caf::expected<started_process> start_process(const process_options& options) {
  child_plan plan{options};
  auto input = open_input(options);
  auto output = open_pipe();
  auto errors = open_pipe();
  auto report = open_pipe();
  if (!input.read || !output.read || !errors.read || !report.read)
    return out_of_resources(options, "no descriptor is left");
  pipe_ends status;
  std::vector<unique_fd> passed;
  if (options.status_channel) {
    status = open_pipe();
    // The child overwrites the descriptors below this one.
    int free = first_passed_fd + static_cast<int>(options.passed.size());
    status.write = unique_fd{fcntl(status.write.get(), F_DUPFD_CLOEXEC, free)};
    if (!status.read || !status.write)
      return out_of_resources(options, "no descriptor is left");
    plan.status = status.write.get();
    for (int fd : options.passed) {
      passed.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, free));
      if (!passed.back())
        return out_of_resources(options, "no descriptor is left");
      plan.passed.push_back(passed.back().get());
    }
  }
  plan.input = input.read.get();
  plan.output = output.write.get();
  plan.errors = errors.write.get();
  plan.report = report.write.get();
  pid_t pid = fork_child(plan);
  if (pid < 0)
    return out_of_resources(options, "fork");
  // The child does the same. Whichever comes first, the group exists before it is sent a signal.
  setpgid(pid, pid);
  // Avoids glibc's pidfd_open, which Debian 12's header declares with C++ linkage.
  unique_fd ended{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
  if (!ended) {
    auto error = out_of_resources(options, "pidfd_open");
    kill(-pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return error;
  }
  return started_process{pid,
                         std::move(ended),
                         std::move(output.read),
                         std::move(errors.read),
                         std::move(status.read),
                         std::move(report.read),
                         std::move(input.write),
                         has_input(options) ? std::move(input.read) : unique_fd{}};
}

} // namespace hive::detail
