#include "actors/gpu/probe_child.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hive {
namespace {

constexpr size_t read_bytes = size_t{64} << 10;
/// The end of the standard error that is kept for the reason.
constexpr size_t kept_error_bytes = 512;

/// The whole environment: the driver's library may need any of it, and the probe is part of this program.
std::vector<std::pair<std::string, std::string>> own_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** entry = environ; *entry; ++entry)
    if (const char* equals = std::strchr(*entry, '='); equals && equals != *entry)
      out.emplace_back(std::string(*entry, static_cast<size_t>(equals - *entry)), equals + 1);
  return out;
}

/// Reads what is there, at most `max` bytes; closes the descriptor at its end.
std::string read_available(unique_fd& from, size_t max) {
  std::string out(max, '\0');
  auto count = from ? ::read(from.get(), out.data(), out.size()) : 0;
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return {};
  if (count <= 0)
    from.reset();
  out.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return out;
}

} // namespace

caf::expected<probe_child> probe_child::start(const std::filesystem::path& program, const std::string& library,
                                              std::chrono::milliseconds interval, std::vector<resource_limit> limits) {
  process_options options;
  options.command = {program.string(), "--library", library, "--interval-ms", std::to_string(interval.count())};
  options.environment = own_environment();
  options.input_channel = true;
  options.limits = std::move(limits);
  if (auto error = options.validate())
    return error;
  auto process = detail::start_process(options);
  if (!process)
    return process.error();
  return probe_child{std::move(options), std::move(*process)};
}

probe_child& probe_child::operator=(probe_child&& other) noexcept {
  std::swap(options_, other.options_);
  std::swap(process_, other.process_);
  std::swap(has_failed_to_start_, other.has_failed_to_start_);
  std::swap(errors_, other.errors_);
  return *this;
}

probe_child::~probe_child() {
  if (!process_.ended) // moved from, or reaped
    return;
  kill();
  reap();
}

std::array<int, 3> probe_child::sources() const {
  return {process_.output.get(), process_.errors.get(), process_.ended.get()};
}

std::string probe_child::read() {
  read_errors();
  return read_available(process_.output, read_bytes);
}

void probe_child::read_errors() {
  errors_ += read_available(process_.errors, read_bytes);
  if (errors_.size() > kept_error_bytes)
    errors_.erase(0, errors_.size() - kept_error_bytes);
}

bool probe_child::set_interval(std::chrono::milliseconds interval) {
  auto line = "interval " + std::to_string(interval.count()) + "\n";
  return ::write(process_.input.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

void probe_child::kill() const {
  if (process_.ended)
    ::kill(-process_.pid, SIGKILL);
}

std::optional<std::string> probe_child::reap() {
  siginfo_t status{};
  auto id = static_cast<id_t>(process_.pid);
  if (!process_.ended)
    return {};
  auto failed = ::waitid(P_PID, id, &status, WEXITED | WNOHANG | WNOWAIT) != 0;
  if (!failed && status.si_pid == 0)
    return {};
  kill(); // the rest of its group, whose number may be reused once it is reaped
  ::waitid(P_PID, id, &status, WEXITED | WNOHANG);
  read_errors();
  process_.ended.reset();
  process_.output.reset();
  process_.errors.reset();
  return failed ? "it cannot be waited for" : describe_end(status.si_code, status.si_status);
}

bool probe_child::reap_within(std::chrono::milliseconds time) {
  pollfd ended{process_.ended.get(), POLLIN, 0};
  ::poll(&ended, 1, static_cast<int>(time.count()));
  return reap().has_value();
}

std::string probe_child::describe_end(int code, int status) {
  detail::start_failure failure;
  has_failed_to_start_ =
    ::read(process_.start_report.get(), &failure, sizeof failure) == static_cast<ssize_t>(sizeof failure);
  if (has_failed_to_start_)
    return text_of(detail::describe(failure, options_));
  auto out = code == CLD_EXITED ? "status " + std::to_string(status) : signal_name(status);
  auto said = errors_;
  while (!said.empty() && said.back() == '\n')
    said.pop_back();
  return said.empty() ? out : out + ": " + printable(said);
}

size_t stuck_probes::reap() {
  return std::erase_if(children_, [](probe_child& child) { return child.reap().has_value(); });
}

} // namespace hive
