#include "actors/process/control_group.hpp"

#include "messages/ec.hpp"
#include "platform/log.hpp"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace hive::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// The group that holds those of all runs. Its children are called `pid.start.number` after the process that made them.
constexpr const char* family = "hivemark-sandbox";
/// Attempts to remove a group whose last process is still being cleared away, and the wait between them.
constexpr int removal_attempts = 200;
constexpr auto removal_pause = 5ms;

std::string content(const fs::path& path) {
  std::ifstream file{path};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

/// Writes a control file in one call, as the kernel wants it.
bool put(const fs::path& path, const std::string& text) {
  unique_fd file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  return file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// The number behind a word at the start of a line, such as `oom_kill 3`.
uint64_t counter(const fs::path& path, std::string_view word) {
  std::istringstream lines{content(path)};
  for (std::string name, value; lines >> name >> value;)
    if (name == word) {
      uint64_t out = 0;
      std::from_chars(value.data(), value.data() + value.size(), out);
      return out;
    }
  return 0;
}

/// The time a process started, in ticks since boot; nothing when there is none. A pid that was given anew has another.
std::optional<std::string> start_of(const std::string& pid) {
  auto stat = content("/proc/" + pid + "/stat");
  auto name_end = stat.rfind(") ");
  if (name_end == std::string::npos)
    return std::nullopt;
  constexpr int fields_before = 19; // starttime is field 22; the first behind the name is field 3
  std::istringstream fields{stat.substr(name_end + 2)};
  std::string field;
  for (int i = 0; i <= fields_before; ++i)
    fields >> field;
  return field;
}

/// One mounted hierarchy.
struct hierarchy {
  fs::path mount;
  std::string root; ///< the group that the mount shows at its top
};

/// Hierarchies by controller; that of version 2 has none: "".
std::map<std::string, hierarchy> read_mounts(const fs::path& path) {
  std::map<std::string, hierarchy> out;
  std::istringstream lines{content(path)};
  for (std::string line; std::getline(lines, line);) {
    auto separator = line.find(" - ");
    if (separator == std::string::npos)
      continue;
    std::istringstream before{line.substr(0, separator)};
    std::istringstream after{line.substr(separator + 3)};
    std::string id, parent, device, root, mount, type, source, options;
    before >> id >> parent >> device >> root >> mount;
    after >> type >> source >> options;
    if (type == "cgroup2")
      out.try_emplace("", hierarchy{mount, root});
    if (type != "cgroup")
      continue;
    std::istringstream each{options};
    for (std::string option; std::getline(each, option, ',');)
      out.try_emplace(option, hierarchy{mount, root});
  }
  return out;
}

/// The group of this process in each hierarchy, by controller as above.
std::map<std::string, std::string> read_own(const fs::path& path) {
  std::map<std::string, std::string> out;
  std::istringstream lines{content(path)};
  for (std::string line; std::getline(lines, line);) {
    auto first = line.find(':');
    auto second = line.find(':', first + 1);
    if (second == std::string::npos)
      continue;
    std::istringstream controllers{line.substr(first + 1, second - first - 1)};
    auto group = line.substr(second + 1);
    if (second == first + 1)
      out[""] = group;
    for (std::string controller; std::getline(controllers, controller, ',');)
      out[controller] = group;
  }
  return out;
}

/// Where groups of runs may be made, the best first: in the own group, above it, and at the top of the mount.
std::vector<fs::path> candidates(const hierarchy& at, const std::string& own) {
  std::vector<fs::path> out;
  auto inside = own;
  if (at.root != "/" && inside.starts_with(at.root))
    inside.erase(0, at.root.size());
  auto path = at.mount / fs::path{inside}.relative_path();
  if (inside.find("..") == std::string::npos && fs::is_directory(path)) {
    out.push_back(path);
    if (path != at.mount)
      out.push_back(path.parent_path());
  }
  out.push_back(at.mount);
  return out;
}

/// Whether all of these words are in a file of words.
bool has_words(const fs::path& path, std::initializer_list<const char*> words) {
  std::istringstream in{content(path)};
  std::set<std::string> found;
  for (std::string word; in >> word;)
    found.insert(word);
  for (const auto* word : words)
    if (!found.contains(word))
      return false;
  return true;
}

bool make_directory(const fs::path& path) {
  return mkdir(path.c_str(), 0755) == 0 || errno == EEXIST;
}

/// Ends what is in a group and removes it. Whether it is gone. It may block for a second, so it runs on the thread that
/// waited for the process, and when the node starts.
bool remove_group(const fs::path& path) {
  for (int attempt = 0; attempt < removal_attempts; ++attempt) {
    if (rmdir(path.c_str()) == 0 || errno == ENOENT)
      return true;
    if (errno != EBUSY)
      return false;
    std::istringstream pids{content(path / "cgroup.procs")};
    for (pid_t pid = 0; pids >> pid;)
      if (pid > 0)
        kill(pid, SIGKILL);
    std::this_thread::sleep_for(removal_pause);
  }
  return false;
}

/// Whether the process that made a group of this name runs.
bool has_maker(const std::string& name) {
  auto first = name.find('.');
  auto second = name.find('.', first + 1);
  if (second == std::string::npos)
    return false;
  auto pid = name.substr(0, first);
  if (pid.find_first_not_of("0123456789") != std::string::npos)
    return false;
  return start_of(pid) == name.substr(first + 1, second - first - 1);
}

void remove_leftovers(const fs::path& parent) {
  std::error_code none;
  for (fs::directory_iterator at{parent, none}; at != fs::directory_iterator{}; at.increment(none))
    if (at->is_directory(none) && !has_maker(at->path().filename().string()) && !remove_group(at->path()))
      log::warn("A control group of an earlier node stays. path={}", at->path().string());
}

/// The family's group below `at` with both controllers, or nothing.
std::optional<fs::path> make_v2_family(const fs::path& at) {
  auto out = at / family;
  // The kernel gives controllers only to children of a group without processes of its own; the root is exempt.
  bool made = has_words(at / "cgroup.controllers", {"memory", "pids"}) &&
              (has_words(at / "cgroup.subtree_control", {"memory", "pids"}) ||
               put(at / "cgroup.subtree_control", "+memory +pids")) &&
              make_directory(out) && put(out / "cgroup.subtree_control", "+memory +pids");
  return made ? std::optional{out} : std::nullopt;
}

std::optional<fs::path> make_v1_family(const fs::path& at) {
  auto out = at / family;
  return access(at.c_str(), W_OK) == 0 && make_directory(out) ? std::optional{out} : std::nullopt;
}

std::string next_name() {
  static std::atomic<uint64_t> last{0};
  auto pid = std::to_string(getpid());
  return pid + "." + start_of(pid).value_or("0") + "." + std::to_string(++last);
}

bool limit_v2(const fs::path& group, const group_limits& limits) {
  put(group / "memory.swap.max", "0"); // absent where swap is not accounted
  put(group / "memory.oom.group", "1");
  return put(group / "memory.max", std::to_string(limits.memory_bytes)) &&
         put(group / "pids.max", std::to_string(limits.processes));
}

bool limit_v1(const fs::path& memory, const fs::path& pids, const group_limits& limits) {
  auto bytes = std::to_string(limits.memory_bytes);
  bool limited =
    put(memory / "memory.limit_in_bytes", bytes) && put(pids / "pids.max", std::to_string(limits.processes));
  put(memory / "memory.memsw.limit_in_bytes", bytes); // absent where swap is not accounted
  return limited;
}

} // namespace

std::string_view name_of(group_kind kind) {
  switch (kind) {
  case group_kind::v2:
    return "cgroup v2";
  case group_kind::v1:
    return "cgroup v1";
  case group_kind::none:
    break;
  }
  return "rlimits";
}

control_group::~control_group() {
  entrances_.clear();
  for (const auto& directory : directories_)
    if (!remove_group(directory))
      log::warn("The control group of a run stays. path={}", directory.string());
}

std::vector<int> control_group::entrances() const {
  std::vector<int> out;
  for (const auto& entrance : entrances_)
    out.push_back(entrance.get());
  return out;
}

std::string control_group::exceeded() const {
  if (kind_ == group_kind::none)
    return {};
  auto memory = directories_.front() / (kind_ == group_kind::v2 ? "memory.events" : "memory.oom_control");
  std::string out;
  if (counter(memory, "oom_kill") > 0)
    out = "memory";
  if (counter(directories_.back() / "pids.events", "max") > 0)
    out += out.empty() ? "processes" : ", processes";
  return out;
}

control_groups control_groups::find() {
  return find("/proc/self/mountinfo", "/proc/self/cgroup");
}

control_groups control_groups::find(const fs::path& mounts, const fs::path& own) {
  control_groups out;
  auto hierarchies = read_mounts(mounts);
  auto groups = read_own(own);
  auto first = [&](const std::string& controller, auto make) -> std::optional<fs::path> {
    auto at = hierarchies.find(controller);
    if (at == hierarchies.end())
      return std::nullopt;
    for (const auto& candidate : candidates(at->second, groups[controller]))
      if (auto made = make(candidate))
        return made;
    return std::nullopt;
  };
  if (auto v2 = first("", make_v2_family)) {
    out.kind_ = group_kind::v2;
    out.parents_ = {*v2};
  } else if (auto memory = first("memory", make_v1_family)) {
    if (auto pids = first("pids", make_v1_family)) {
      out.kind_ = group_kind::v1;
      out.parents_ = {*memory, *pids};
    }
  }
  for (const auto& parent : out.parents_)
    remove_leftovers(parent);
  return out;
}

caf::expected<control_group> control_groups::make(const group_limits& limits) const {
  control_group out;
  out.kind_ = kind_;
  auto name = next_name();
  auto refuse = [&](const fs::path& at) {
    return fail(ec::unavailable, "the control group " + at.string() + " cannot be made: " + errno_text(errno));
  };
  for (const auto& parent : parents_) {
    auto directory = parent / name;
    if (mkdir(directory.c_str(), 0755) != 0)
      return refuse(directory);
    out.directories_.push_back(directory);
    // With version 1, `tasks` takes a thread without the lock of the whole hierarchy, which costs some 10 ms.
    auto entrance = directory / (kind_ == group_kind::v2 ? "cgroup.procs" : "tasks");
    out.entrances_.emplace_back(open(entrance.c_str(), O_WRONLY | O_CLOEXEC));
    if (!out.entrances_.back())
      return refuse(entrance);
  }
  bool limited = kind_ == group_kind::v2   ? limit_v2(out.directories_[0], limits)
                 : kind_ == group_kind::v1 ? limit_v1(out.directories_[0], out.directories_[1], limits)
                                           : true;
  if (!limited)
    return refuse(out.directories_.front());
  return out;
}

} // namespace hive::sandbox
