#include "tests/cluster/test_network.hpp"

#include "tests/cluster/ip_command.hpp"

#include <unistd.h>

namespace hive::cluster {
namespace {

/// Interface names have at most 15 characters.
std::string mark_of_process() {
  return "hv" + std::to_string(::getpid() % 100'000);
}

} // namespace

bool test_network::is_possible() {
  try {
    test_network probe{1};
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

test_network::test_network(size_t machines) : mark_{mark_of_process()} {
  try {
    build(machines);
  } catch (...) {
    clear();
    throw;
  }
}

void test_network::build(size_t machines) {
  for (const char* half : {"a", "b"}) {
    run("ip link add " + mark_ + half + " type bridge");
    run("ip link set " + mark_ + half + " up");
  }
  for (size_t i = 0; i < machines; ++i) {
    auto netns = mark_ + "n" + std::to_string(i);
    run("ip netns add " + netns);
    machines_.push_back(netns);
    run("ip link add " + port(i) + " type veth peer name eth0 netns " + netns);
    run("ip -n " + netns + " address add " + address(i) + "/24 dev eth0");
    run("ip -n " + netns + " link set lo up");
    run("ip -n " + netns + " link set eth0 up");
    plug(i, "a");
    run("ip link set " + port(i) + " up");
  }
}

test_network::~test_network() {
  clear();
}

void test_network::clear() {
  for (size_t i = 0; i < machines_.size(); ++i) {
    succeeds("ip link delete " + port(i));
    succeeds("ip netns delete " + machines_[i]);
  }
  for (const char* half : {"a", "b"})
    succeeds("ip link delete " + mark_ + half);
}

std::string test_network::port(size_t i) const {
  return mark_ + "p" + std::to_string(i);
}

void test_network::plug(size_t i, const std::string& into) {
  run("ip link set " + port(i) + " master " + mark_ + into);
}

void test_network::split_off(const std::vector<size_t>& machines) {
  for (auto i : machines)
    plug(i, "b");
}

void test_network::heal() {
  for (size_t i = 0; i < machines_.size(); ++i)
    plug(i, "a");
}

} // namespace hive::cluster
