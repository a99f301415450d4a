#include "platform/process_stamp.hpp"

#include "messages/ec.hpp"
#include "platform/unique_fd.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace hive {
namespace {

/// Larger than any environment that the kernel lets a program start with by default: files of /proc have no size.
constexpr size_t max_proc_file = size_t{4} << 20;

std::optional<std::string> read_proc(const std::string& path) {
  unique_fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return std::nullopt;
  std::string out;
  std::array<char, 4096> buffer;
  while (out.size() < max_proc_file) {
    auto got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0)
      return std::nullopt;
    if (got == 0)
      return out;
    out.append(buffer.data(), static_cast<size_t>(got));
  }
  return std::nullopt;
}

std::string file_of(uint32_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

/// A descriptor of the very process, or none when it has ended.
unique_fd open_process(const process_stamp& who) {
  unique_fd out{static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(who.pid), 0))};
  if (!out || !is_alive(who))
    return {};
  return out;
}

} // namespace

std::string boot_id() {
  auto text = read_proc("/proc/sys/kernel/random/boot_id").value_or("");
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

std::optional<process_relations> parse_relations(std::string_view stat) {
  auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= stat.size())
    return std::nullopt;
  std::vector<std::string_view> fields; // from the third one on
  auto rest = stat.substr(name_end + 2);
  while (!rest.empty()) {
    auto end = rest.find_first_of(" \n");
    fields.push_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  auto number = [&](size_t field, auto& out) {
    auto text = fields[field - 3];
    return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc{};
  };
  process_relations out;
  if (fields.size() < 20 || fields[0].size() != 1 || !number(4, out.parent) || !number(5, out.group) ||
      !number(22, out.started_ticks))
    return std::nullopt;
  out.state = fields[0][0];
  return out;
}

std::optional<process_relations> read_relations(uint32_t pid) {
  auto text = read_proc(file_of(pid, "stat"));
  return text ? parse_relations(*text) : std::nullopt;
}

std::optional<std::string> environment_of(uint32_t pid, std::string_view name) {
  auto text = read_proc(file_of(pid, "environ"));
  if (!text)
    return std::nullopt;
  std::string_view rest = *text;
  while (!rest.empty()) {
    auto end = rest.find('\0');
    auto variable = rest.substr(0, end);
    if (variable.size() > name.size() && variable.starts_with(name) && variable[name.size()] == '=')
      return std::string{variable.substr(name.size() + 1)};
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return std::nullopt;
}

caf::expected<process_stamp> stamp_of(uint32_t pid) {
  auto found = pid == 0 ? std::nullopt : read_relations(pid);
  if (!found || found->state == 'Z')
    return fail(ec::not_found, "this machine has no process " + std::to_string(pid));
  return process_stamp{pid, found->started_ticks, boot_id()};
}

bool is_alive(const process_stamp& who) {
  auto found = read_relations(who.pid);
  return found && found->state != 'Z' && found->started_ticks == who.started_ticks && who.boot_id == boot_id();
}

void kill_group(const process_stamp& who) {
  auto process = open_process(who);
  if (!process)
    return;
  // The number of the group stays in use as long as the leader is not reaped.
  if (auto found = read_relations(who.pid); found && found->group == who.pid)
    kill(-static_cast<pid_t>(who.pid), SIGKILL);
  syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

void send_signal(const process_stamp& who, int signal) {
  if (auto process = open_process(who))
    syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
}

} // namespace hive
