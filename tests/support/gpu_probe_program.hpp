#pragma once

#include "messages/gpu_probe.capnp.h"
#include "messages/json.hpp"
#include "tests/paths.hpp"
#include "tests/support/fake_gpus.hpp"
#include "tests/support/wait_until.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace hive {

/// The real hive-gpu-probe as a child process on the fake library. Killed and reaped by its destructor.
class gpu_probe_program {
public:
  explicit gpu_probe_program(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), HIVE_GPU_PROBE_FILE);
    std::vector<char*> argv;
    for (auto& argument : arguments)
      argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::array<int, 2> input{}, output{}, errors{};
    if (::pipe2(input.data(), O_CLOEXEC) || ::pipe2(output.data(), O_CLOEXEC) || ::pipe2(errors.data(), O_CLOEXEC))
      throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(input[0], 0);
      ::dup2(output[1], 1);
      ::dup2(errors[1], 2);
      ::execv(argv[0], argv.data());
      ::_exit(126);
    }
    ::close(input[0]);
    ::close(output[1]);
    ::close(errors[1]);
    input_ = input[1];
    output_ = output[0];
    errors_ = errors[0];
  }

  ~gpu_probe_program() {
    ::kill(pid_, SIGKILL);
    status();
    close_input();
    ::close(output_);
    ::close(errors_);
  }
  gpu_probe_program(const gpu_probe_program&) = delete;
  gpu_probe_program& operator=(const gpu_probe_program&) = delete;

  /// The next line without its end; nothing at the end of the output, or when none comes for so long.
  std::optional<std::string> line(std::chrono::milliseconds wait = patience) {
    for (;;) {
      if (auto end = text_.find('\n'); end != text_.npos) {
        auto out = text_.substr(0, end);
        text_.erase(0, end + 1);
        return out;
      }
      pollfd ready{output_, POLLIN, 0};
      std::array<char, 65536> buffer;
      if (::poll(&ready, 1, static_cast<int>(wait.count())) <= 0)
        return {};
      auto count = ::read(output_, buffer.data(), buffer.size());
      if (count <= 0)
        return {};
      text_.append(buffer.data(), static_cast<size_t>(count));
    }
  }

  /// The next report; throws when there is none.
  msg<wire::GpuReport> report() {
    auto text = line();
    if (!text)
      throw std::runtime_error("no line from the probe: " + errors());
    auto out = from_json<wire::GpuReport>(*text);
    if (!out)
      throw std::runtime_error(text_of(out.error()) + " in " + *text);
    return *out;
  }

  /// The first report for which the condition holds.
  template <class Condition>
  msg<wire::GpuReport> await(Condition condition) {
    for (auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;)
      if (auto out = report(); condition(out))
        return out;
    throw std::runtime_error("no such report");
  }

  void write(std::string_view text) {
    if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("the probe does not read");
  }

  void close_input() {
    if (input_ >= 0)
      ::close(input_);
    input_ = -1;
  }

  /// What it wrote to standard error so far.
  std::string errors() {
    pollfd ready{errors_, POLLIN, 0};
    std::array<char, 4096> buffer;
    std::string out;
    while (::poll(&ready, 1, 0) > 0) {
      auto count = ::read(errors_, buffer.data(), buffer.size());
      if (count <= 0)
        break;
      out.append(buffer.data(), static_cast<size_t>(count));
    }
    return out;
  }

  /// Waits for its end; the status as of waitpid.
  int status() {
    if (!status_) {
      int status = 0;
      ::waitpid(pid_, &status, 0);
      status_ = status;
    }
    return *status_;
  }

  bool has_ended() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
      status_ = status;
    return status_.has_value();
  }

  pid_t pid() const {
    return pid_;
  }

private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
  std::optional<int> status_;
  std::string text_;
};

} // namespace hive
