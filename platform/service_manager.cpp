#include "platform/service_manager.hpp"

#include "platform/log.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace hive {
namespace {

constexpr size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::optional<int64_t> positive_number(const std::string& text) {
  int64_t out = 0;
  auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  return wrong == std::errc{} && end == text.data() + text.size() && out > 0 ? std::optional{out} : std::nullopt;
}

/// Nothing when the manager watches another process.
std::optional<std::chrono::microseconds> watchdog_of_environment() {
  auto process = variable("WATCHDOG_PID");
  auto interval = positive_number(variable("WATCHDOG_USEC"));
  bool is_ours = process.empty() || positive_number(process) == int64_t{::getpid()};
  return interval && is_ours ? std::optional{std::chrono::microseconds{*interval}} : std::nullopt;
}

/// Each line is an assignment, so a status is one line.
std::string one_line(std::string_view text) {
  std::string out{text};
  std::ranges::replace_if(
    out, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return out;
}

} // namespace

service_manager service_manager::of_environment() {
  service_manager out;
  auto socket = variable("NOTIFY_SOCKET");
  if (socket.empty())
    return out;
  if ((socket.front() != '/' && socket.front() != '@') || socket.size() < 2 || socket.size() > longest_path) {
    log::warn("NOTIFY_SOCKET is no socket that can be used, so the service manager hears nothing: {}", socket);
    return out;
  }
  out.socket_ = std::move(socket);
  out.watchdog_ = watchdog_of_environment();
  return out;
}

void service_manager::ready() const {
  send("READY=1");
}

void service_manager::status(std::string_view text) const {
  send("STATUS=" + one_line(text));
}

void service_manager::alive() const {
  send("WATCHDOG=1");
}

void service_manager::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  auto micros = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros));
}

void service_manager::stopping(std::string_view status) const {
  send("STOPPING=1\nSTATUS=" + one_line(status));
}

void service_manager::send(const std::string& message) const {
  if (socket_.empty())
    return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (to.sun_path[0] == '@') // an abstract name begins with a zero byte and has no end mark
    to.sun_path[0] = '\0';
  auto size = offsetof(sockaddr_un, sun_path) + socket_.size() + (socket_[0] == '@' ? 0 : 1);
  unique_fd from{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!from || ::sendto(from.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                        reinterpret_cast<const sockaddr*>(&to), static_cast<socklen_t>(size)) < 0)
    log::warn("The service manager cannot be told \"{}\": {}", message.substr(0, message.find('\n')),
              std::strerror(errno));
}

} // namespace hive
