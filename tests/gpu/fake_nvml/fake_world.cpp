#include "tests/gpu/fake_nvml/fake_world.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <unistd.h>

namespace fake_nvml {
namespace {

using clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "fake NVML: %s\n", why.c_str());
  ::_exit(70);
}

uint64_t to_number(const std::string& text, const std::string& line) {
  char* end = nullptr;
  auto out = std::strtoull(text.c_str(), &end, 0);
  if (text.empty() || *end)
    give_up("'" + text + "' is no number: " + line);
  return out;
}

/// A line in words; quotes hold a value with spaces together.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> out;
  bool is_quoted = false, is_in_word = false;
  for (char c : line) {
    if (c == '"') {
      is_quoted = !is_quoted;
      continue;
    }
    bool is_space = !is_quoted && (c == ' ' || c == '\t');
    if (!is_space && !is_in_word)
      out.emplace_back();
    is_in_word = !is_space;
    if (!is_space)
      out.back() += c;
  }
  return out;
}

struct statement {
  std::string word; ///< the first word without a value
  values given;
  bool hangs = false;
  std::string line;

  std::string take(const std::string& name, const std::string& otherwise) {
    auto found = given.find(name);
    if (found == given.end())
      return otherwise;
    auto out = found->second;
    given.erase(found);
    return out;
  }

  std::string need(const std::string& name) {
    auto out = take(name, "");
    if (out.empty())
      give_up("no " + name + ": " + line);
    return out;
  }

  uint64_t take_number(const std::string& name, uint64_t otherwise) {
    auto text = take(name, "");
    return text.empty() ? otherwise : to_number(text, line);
  }

  void finish() const {
    if (!given.empty())
      give_up("unknown " + given.begin()->first + ": " + line);
  }
};

std::optional<statement> parse(const std::string& line, const std::string& word = {}) {
  statement out;
  out.word = word;
  out.line = line;
  for (const auto& part : words_of(line)) {
    auto equals = part.find('=');
    if (equals != part.npos)
      out.given[part.substr(0, equals)] = part.substr(equals + 1);
    else if (out.word.empty())
      out.word = part;
    else if (out.word == "abi" && part == "other")
      continue;
    else if (part == "hang")
      out.hangs = true;
    else
      give_up("unknown word " + part + ": " + line);
  }
  if (out.word.empty() || out.word.front() == '#')
    return {};
  return out;
}

/// All statements of a file. A last line without its end is still being written.
std::vector<statement> statements_of(const std::string& path, bool must_exist, const std::string& word = {}) {
  std::ifstream in{path, std::ios::binary};
  if (!in && must_exist)
    give_up("cannot read " + path);
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::vector<statement> out;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != text.npos; begin = end + 1)
    if (auto line = text.substr(begin, end - begin); !line.empty() && line.front() != '#')
      if (auto parsed = parse(line, word))
        out.push_back(std::move(*parsed));
  return out;
}

device read_device(statement& from) {
  device out;
  out.uuid = from.need("uuid");
  out.name = from.take("name", "Fake GPU");
  out.state = from.take("state", "ok");
  constexpr std::array states{"ok", "lost", "reset", "hang", "absent"};
  if (std::find(states.begin(), states.end(), out.state) == states.end())
    give_up("unknown state: " + from.line);
  out.total_mib = from.take_number("total", 8192);
  out.reserved_mib = from.take_number("reserved", 256);
  out.delay_ms = from.take_number("delay_ms", 0);
  out.more = std::move(from.given);
  return out;
}

process read_process(statement& from) {
  process out;
  out.uuid = from.need("device");
  out.pid = static_cast<uint32_t>(to_number(from.need("pid"), from.line));
  if (auto amount = from.need("mib"); amount != "na")
    out.mib = to_number(amount, from.line);
  if (auto wait = from.take("free_ms", "0"); wait != "never")
    out.free_ms = to_number(wait, from.line);
  out.kind = from.take("kind", "compute");
  if (auto peak = from.take("peak", ""); !peak.empty())
    out.peak_mib = to_number(peak, from.line);
  from.finish();
  return out;
}

/// Adds the processes of a registry; a later line of the same process replaces an earlier one.
void read_registry(const std::string& path, world& out) {
  auto first = out.processes.size();
  for (auto& line : statements_of(path, false, "process")) {
    auto added = read_process(line);
    auto same = [&](const process& p) { return p.pid == added.pid && p.uuid == added.uuid; };
    auto begin = out.processes.begin() + static_cast<std::ptrdiff_t>(first);
    if (auto known = std::find_if(begin, out.processes.end(), same); known != out.processes.end())
      *known = added;
    else
      out.processes.push_back(added);
  }
}

scripted_call read_call(statement& from) {
  scripted_call out;
  out.function = from.need("name");
  out.uuid = from.take("device", "");
  out.hangs = from.hangs;
  out.code = static_cast<int>(from.take_number("code", 0));
  return out;
}

void apply(statement& line, world& out) {
  if (line.word == "device")
    return out.devices.push_back(read_device(line));
  if (line.word == "process")
    return out.processes.push_back(read_process(line));
  if (line.word == "registry")
    return read_registry(line.need("file"), out);
  if (line.word == "abi")
    out.other_abi = true;
  else if (line.word == "driver")
    out.driver = line.need("version");
  else if (line.word == "foreign")
    out.foreign.push_back({line.need("device"), line.take_number("mib", 0)});
  else if (line.word == "call")
    out.calls.push_back(read_call(line));
  else
    give_up("unknown word " + line.word + ": " + line.line);
  line.finish();
}

/// Whether a process runs. A zombie has given all its memory back.
bool is_alive(uint32_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  auto name_end = text.rfind(')');
  return name_end != text.npos && name_end + 2 < text.size() && text[name_end + 2] != 'Z' && text[name_end + 2] != 'X';
}

/// What this process remembers of others between calls: the library's only state.
struct memory_of_processes {
  struct entry {
    std::optional<clock::time_point> died;
    uint64_t peak_mib = 0;
  };
  std::mutex mutex;
  std::map<std::pair<std::string, uint32_t>, entry> entries;
};

memory_of_processes& remembered() {
  static memory_of_processes out;
  return out;
}

/// Whether the process is dead and for how long; also remembers its peak.
std::optional<clock::duration> dead_for(const device& of, const process& who) {
  bool alive = is_alive(who.pid);
  std::lock_guard lock{remembered().mutex};
  auto& entry = remembered().entries[{of.uuid, who.pid}];
  entry.peak_mib = std::max(entry.peak_mib, who.mib.value_or(0));
  if (alive) {
    entry.died.reset();
    return {};
  }
  if (!entry.died)
    entry.died = clock::now();
  return clock::now() - *entry.died;
}

} // namespace

std::string device::text(const std::string& name, const std::string& otherwise) const {
  auto found = more.find(name);
  return found == more.end() ? otherwise : found->second;
}

std::optional<uint64_t> device::number(const std::string& name, uint64_t otherwise) const {
  auto value = text(name, "");
  if (value == "na")
    return {};
  return value.empty() ? otherwise : to_number(value, name);
}

world read_world() {
  const char* path = std::getenv("FAKE_NVML_WORLD");
  if (!path)
    give_up("FAKE_NVML_WORLD is not set");
  world out;
  for (auto& line : statements_of(path, true))
    apply(line, out);
  return out;
}

std::vector<process> living(const world& all, const device& of) {
  std::vector<process> out;
  for (const auto& who : all.processes)
    if (who.uuid == of.uuid && !dead_for(of, who))
      out.push_back(who);
  return out;
}

uint64_t used_mib(const world& all, const device& of) {
  uint64_t out = 0;
  for (const auto& memory : all.foreign)
    if (memory.uuid == of.uuid)
      out += memory.mib;
  for (const auto& who : all.processes) {
    if (who.uuid != of.uuid)
      continue;
    auto dead = dead_for(of, who);
    if (!dead || !who.free_ms || *dead < std::chrono::milliseconds{*who.free_ms})
      out += who.mib.value_or(0);
  }
  return out;
}

uint64_t peak_mib(const device& of, const process& who) {
  if (who.peak_mib)
    return *who.peak_mib;
  std::lock_guard lock{remembered().mutex};
  return remembered().entries[{of.uuid, who.pid}].peak_mib;
}

} // namespace fake_nvml
