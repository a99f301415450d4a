#include "actors/hive/link/dialler.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace hive {
namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

/// Parallel attempts at the addresses of one name.
class race {
public:
  race(std::vector<socket_address> addresses, deadline until, int stopped)
      : addresses_{std::move(addresses)}, until_{until}, stopped_{stopped} {
    due_ = clock::now();
    // All attempts start within the first half of the time, so that the last one has the second half.
    auto share = std::chrono::duration_cast<milliseconds>(until - due_) / static_cast<int64_t>(2 * addresses_.size());
    stagger_ = std::min<milliseconds>(defaults::dial_stagger, share);
  }

  caf::expected<unique_fd> run() {
    while (true) {
      if (next_ < addresses_.size() && (open_.empty() || clock::now() >= due_))
        begin();
      if (won_)
        return std::move(won_);
      if (open_.empty() && next_ == addresses_.size())
        return fail(ec::unavailable, reasons_);
      if (clock::now() >= until_)
        return fail(ec::timed_out, with_open_ones());
      if (auto wrong = wait())
        return wrong;
    }
  }

private:
  struct attempt {
    unique_fd fd;
    std::string to;
  };

  void begin() {
    const auto& to = addresses_[next_++];
    due_ += stagger_;
    auto text = text_of_address(to.bytes, to.size);
    unique_fd fd{::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd)
      return note(text, errno_text(errno));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to.bytes), to.size) == 0)
      won_ = std::move(fd);
    else if (errno == EINPROGRESS)
      open_.push_back({std::move(fd), std::move(text)});
    else
      note(text, errno_text(errno));
  }

  /// Waits until an attempt ends or the next one is due.
  caf::error wait() {
    auto until = next_ < addresses_.size() && !open_.empty() ? std::min(due_, until_) : until_;
    if (open_.empty())
      return caf::none;
    std::vector<pollfd> wanted{{stopped_, POLLIN, 0}};
    for (const auto& each : open_)
      wanted.push_back({each.fd.get(), POLLOUT, 0});
    auto left = std::chrono::ceil<milliseconds>(until - clock::now()).count();
    if (::poll(wanted.data(), wanted.size(), static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30))) < 0)
      return errno == EINTR ? caf::error{} : fail(ec::internal, "poll: " + errno_text(errno));
    if (wanted[0].revents != 0)
      return fail(ec::unavailable, "the node is stopping");
    for (auto i = open_.size(); i-- > 0 && !won_;)
      if (wanted[i + 1].revents != 0)
        settle(i);
    return caf::none;
  }

  void settle(size_t i) {
    auto done = std::move(open_[i]);
    open_.erase(open_.begin() + static_cast<ptrdiff_t>(i));
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(done.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      error = errno;
    if (error == 0)
      won_ = std::move(done.fd);
    else
      note(done.to, errno_text(error));
  }

  void note(const std::string& to, const std::string& why) {
    reasons_ += (reasons_.empty() ? "" : "; ") + to + ": " + why;
  }

  std::string with_open_ones() {
    for (const auto& each : open_)
      note(each.to, "no answer in time");
    return reasons_;
  }

  std::vector<socket_address> addresses_;
  deadline until_;
  int stopped_;
  milliseconds stagger_{0};
  size_t next_ = 0;
  clock::time_point due_;
  std::vector<attempt> open_;
  unique_fd won_;
  std::string reasons_;
};

} // namespace

dialler::dialler(look_up_function look_up)
    : names_{std::move(look_up)}, stopped_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
}

caf::expected<unique_fd> dialler::connect(const endpoint& to, deadline until) {
  auto found = names_.look_up(to, until);
  if (!found)
    return found.error();
  auto addresses = interleaved(std::move(*found), defaults::max_dial_addresses);
  if (addresses.empty())
    return fail(ec::unavailable, to.text() + " has no address");
  {
    std::lock_guard lock{mutex_};
    if (auto avoided = avoided_.find(to); avoided != avoided_.end())
      std::stable_partition(addresses.begin(), addresses.end(), [&](const socket_address& each) {
        return text_of_address(each.bytes, each.size) != avoided->second;
      });
  }
  auto fd = race{std::move(addresses), until, stopped_.get()}.run();
  if (!fd)
    return fail(code_of(fd.error()), to.text() + " cannot be reached: " + text_of(fd.error()));
  send_at_once(fd->get());
  return fd;
}

void dialler::avoid(const endpoint& to, const std::string& remote) {
  std::lock_guard lock{mutex_};
  if (avoided_.size() < defaults::max_dial_targets || avoided_.contains(to))
    avoided_[to] = remote;
}

void dialler::stop() {
  names_.stop();
  uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(stopped_.get(), &one, sizeof one); // its counter is never full
}

caf::expected<unique_fd> connect_socket(const endpoint& to, deadline until) {
  return dialler{}.connect(to, until);
}

} // namespace hive
