#pragma once

#include "tests/cluster/hived_process.hpp"

#include <filesystem>
#include <fstream>

namespace hive::cluster {

/// A disk of 256 MiB that can be filled and that only one node sees, in its own mount namespace.
class small_disk {
public:
  explicit small_disk(std::filesystem::path directory) : directory_{std::move(directory)} {
    std::filesystem::create_directories(directory_);
  }

  /// Makes the node keep its data on this disk.
  void use(hived_options& node) const {
    node.data = directory_ / "data";
    node.wrapper = {
      "unshare", "--map-root-user",
      "--mount", "sh",
      "-c",      "mount -t tmpfs -o size=256m hive-test " + directory_.string() + R"( && exec "$0" "$@")"};
  }

  /// Why such a disk cannot be created here; empty when it can.
  std::string obstacle(hived_options probed) const {
    use(probed);
    probed.arguments = {"--version"};
    hived_process probe{probed};
    return probe.await_end() == process_end{0, 0} ? "" : "no small disk can be made here: " + probe.log();
  }

  /// Fills the disk until this much is free. The node must be running.
  void fill(const hived_process& node, size_t free_mib) const {
    constexpr size_t mib = size_t{1} << 20;
    std::ofstream out{filler(node)};
    std::string block(mib, 'x');
    auto free = std::filesystem::space(filler(node)).available;
    for (size_t left = free - free_mib * mib; left > mib; left -= mib)
      out.write(block.data(), static_cast<std::streamsize>(mib));
  }

  void empty(const hived_process& node) const {
    std::filesystem::remove(filler(node));
  }

private:
  /// The path of the filling file, as the node sees it.
  std::filesystem::path filler(const hived_process& node) const {
    return std::filesystem::path{"/proc"} / std::to_string(node.pid()) / "root" / directory_.relative_path() / "filler";
  }

  std::filesystem::path directory_;
};

} // namespace hive::cluster
