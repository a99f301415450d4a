#include "tests/cluster/lossy_network.hpp"

#include "messages/ec.hpp"
#include "tests/cluster/ip_command.hpp"

#include <algorithm>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace hive::cluster {
namespace {

constexpr int poll_ms = 50;
/// Room for the largest frame that a TAP device can produce.
constexpr size_t max_frame_bytes = 65'600;
constexpr size_t header_bytes = 14;

/// Opens a TAP device with this name. Without IFF_VNET_HDR the kernel segments packets and computes checksums itself.
int open_tap(const std::string& name) {
  int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    throw std::runtime_error("/dev/net/tun: " + errno_text(errno));
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd, TUNSETIFF, &request) != 0) {
    ::close(fd);
    throw std::runtime_error("no TAP device " + name + ": " + errno_text(errno));
  }
  return fd;
}

} // namespace

bool lossy_network::is_possible() {
  try {
    lossy_network probe{1, 0, 0};
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

lossy_network::lossy_network(size_t machines, double loss, uint64_t seed)
    : mark_{"hl" + std::to_string(::getpid() % 100'000)}, random_{seed}, loses_{loss} {
  try {
    build(machines);
  } catch (...) {
    clear();
    throw;
  }
  thread_ = std::thread{[this] { run(); }};
}

lossy_network::~lossy_network() {
  stopped_ = true;
  thread_.join();
  clear();
}

void lossy_network::build(size_t machines) {
  for (size_t i = 0; i < machines; ++i) {
    auto netns = mark_ + "n" + std::to_string(i);
    cluster::run("ip netns add " + netns);
    auto& added = machines_.emplace_back(machine{netns, mark_ + "t" + std::to_string(i), -1});
    added.fd = open_tap(added.tap);
    cluster::run("ip link set dev " + added.tap + " netns " + netns + " name eth0");
    cluster::run("ip -n " + netns + " address add " + address(i) + "/24 dev eth0");
    cluster::run("ip -n " + netns + " link set lo up");
    cluster::run("ip -n " + netns + " link set eth0 up");
  }
}

void lossy_network::clear() {
  for (const auto& each : machines_) {
    if (each.fd >= 0)
      ::close(each.fd); // this also removes the device
    succeeds("ip netns delete " + each.netns);
  }
}

void lossy_network::run() {
  std::vector<pollfd> wait;
  for (const auto& each : machines_)
    wait.push_back({each.fd, POLLIN, 0});
  std::vector<char> frame(max_frame_bytes);
  while (!stopped_) {
    ::poll(wait.data(), wait.size(), poll_ms);
    for (size_t i = 0; i < machines_.size(); ++i)
      for (ssize_t got = 0; (got = ::read(machines_[i].fd, frame.data(), frame.size())) > 0;)
        pass_on(i, frame.data(), static_cast<size_t>(got));
  }
}

void lossy_network::pass_on(size_t from, const char* frame, size_t size) {
  if (size < header_bytes)
    return;
  largest_ = std::max<size_t>(largest_, size);
  mac_address to, sender;
  std::copy_n(frame, to.size(), to.begin());
  std::copy_n(frame + to.size(), sender.size(), sender.begin());
  learned_[sender] = from;
  if (auto known = learned_.find(to); known != learned_.end()) {
    deliver(known->second, frame, size);
    return;
  }
  for (size_t i = 0; i < machines_.size(); ++i)
    if (i != from)
      deliver(i, frame, size);
}

void lossy_network::deliver(size_t to, const char* frame, size_t size) {
  ++frames_;
  // A device that is not up yet accepts nothing: the frame is lost like any other.
  if (loses_(random_) || ::write(machines_[to].fd, frame, size) < 0)
    ++lost_;
}

} // namespace hive::cluster
