#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hive::cluster {

/// Machines as network namespaces on one switch, which can be split into two. Needs root and the `ip` program.
class test_network {
public:
  /// Whether this process can create such a network; tries it.
  static bool is_possible();

  /// Throws when the network cannot be created.
  explicit test_network(size_t machines);
  ~test_network();
  test_network(const test_network&) = delete;
  test_network& operator=(const test_network&) = delete;

  const std::string& netns(size_t i) const {
    return machines_.at(i);
  }

  static std::string address(size_t i) {
    return "10.77.0." + std::to_string(i + 1);
  }

  /// After this, these machines reach only each other, and so do the others.
  void split_off(const std::vector<size_t>& machines);
  void heal();

private:
  void build(size_t machines);
  /// Removes whatever exists of the network.
  void clear();
  std::string port(size_t i) const;
  void plug(size_t i, const std::string& into);

  std::string mark_;
  std::vector<std::string> machines_;
};

} // namespace hive::cluster
