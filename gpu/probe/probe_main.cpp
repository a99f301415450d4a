// hive-gpu-probe: prints what the NVIDIA driver says about each GPU, as one line of JSON per poll (GpuReport of
// messages/gpu_probe.capnp).
//
// A program of its own, because a call into the driver may never return, and a process that hangs in one cannot even be
// killed. It changes nothing on any device.

#include "gpu/probe/gpu_poll.hpp"
#include "gpu/probe/pace.hpp"
#include "messages/json.hpp"

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 64;

constexpr const char* help = R"(Usage: hive-gpu-probe [OPTION]...
Prints one line of JSON per poll with the state of each NVIDIA GPU of this machine. A machine without driver is told by
the field `failure`. Lines `interval N` on standard input change the time between polls to N milliseconds. Ends when
standard input ends or its parent dies.

  --library PATH    management library to load; default: libnvidia-ml.so.1
  --interval-ms N   time between polls in milliseconds, 10 to 3600000; default: 1000
  --once            prints one line and ends, without reading standard input
  --help            prints this text

Exit status: 0 at the end of the input or after --once, 1 when the output cannot be written, 64 for wrong arguments.
)";

struct arguments {
  std::string library = "libnvidia-ml.so.1";
  long interval_ms = 1000;
  bool once = false;
  bool help = false;
};

std::optional<arguments> refuse(const std::string& why) {
  std::fprintf(stderr, "hive-gpu-probe: %s; --help explains\n", why.c_str());
  return {};
}

std::optional<arguments> parse(int argc, char** argv) {
  arguments out;
  for (int i = 1; i < argc; ++i) {
    std::string_view given = argv[i];
    auto equals = given.find('=');
    std::string name{given.substr(0, equals)};
    bool takes_value = name == "--library" || name == "--interval-ms";
    if (!takes_value && given != "--once" && given != "--help")
      return refuse("unknown argument '" + std::string{given} + "'");
    out.once |= given == "--once";
    out.help |= given == "--help";
    if (!takes_value)
      continue;
    if (equals == given.npos && ++i == argc)
      return refuse(name + " has no value");
    std::string value{equals == given.npos ? std::string_view{argv[i]} : given.substr(equals + 1)};
    if (name == "--library")
      out.library = value;
    else
      out.interval_ms = hive::parse_interval_ms(value);
    if (out.library.empty())
      return refuse("--library is empty");
    if (out.interval_ms < 0)
      return refuse("--interval-ms must lie between 10 and 3600000, not '" + value + "'");
  }
  return out;
}

bool print(std::string line) {
  line += '\n';
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
}

/// Never returns: the thread that reads standard input may not outlive what it uses.
[[noreturn]] void poll_for_ever(const arguments& given) {
  // The parent may be killed while a call of the driver hangs.
  auto parent = ::getppid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(0);
  hive::pace pace{std::chrono::milliseconds{given.interval_ms}};
  pace.follow_input();
  for (hive::gpu_poll devices{given.library};;) {
    auto begin = std::chrono::steady_clock::now();
    if (!print(hive::to_json(devices.poll())))
      ::_exit(exit_failed);
    pace.wait(begin);
  }
}

} // namespace

int main(int argc, char** argv) {
  auto given = parse(argc, argv);
  if (!given)
    return exit_usage;
  if (given->help)
    return std::fputs(help, stdout) < 0 ? exit_failed : 0;
  if (given->once)
    return print(hive::to_json(hive::gpu_poll{given->library}.poll())) ? 0 : exit_failed;
  poll_for_ever(*given);
}
