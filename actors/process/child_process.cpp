#include "actors/process/child_process.hpp"

#include "actors/process/inner_process.hpp"
#include "actors/process/process_group.hpp"
#include "actors/process/process_start.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hive {
namespace {

using clock = std::chrono::steady_clock;
using detail::start_failure;
using detail::started_process;

/// One output stream: what was kept, and whether there was more.
struct captured_stream {
  unique_fd source;
  std::string text;
  bool truncated = false;
};

/// Bytes per read. Deadlines are checked after each read, even if a stream always has data.
constexpr size_t read_size = size_t{64} << 10;

/// Keeps the first bytes up to the cap, or the last ones. These are cut only now and then, since each cut copies them.
void keep(captured_stream& stream, std::string_view more, size_t cap, bool keep_end) {
  if (!keep_end) {
    auto kept = more.substr(0, cap - stream.text.size());
    stream.truncated |= kept.size() < more.size();
    stream.text.append(kept);
    return;
  }
  stream.text.append(more);
  if (stream.text.size() <= 2 * cap + read_size)
    return;
  stream.text.erase(0, stream.text.size() - cap);
  stream.truncated = true;
}

/// Reads available bytes, at most `read_size`. Closes the stream at its end.
void read_some(captured_stream& stream, size_t cap, bool keep_end = false) {
  std::array<char, read_size> buffer;
  auto count = read(stream.source.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (count <= 0) {
    stream.source.reset();
    return;
  }
  keep(stream, {buffer.data(), static_cast<size_t>(count)}, cap, keep_end);
}

/// Cuts a stream of which the last bytes are kept to its final size.
void cut_to_end(captured_stream& stream, size_t cap) {
  if (stream.text.size() <= cap)
    return;
  stream.text.erase(0, stream.text.size() - cap);
  stream.truncated = true;
}

/// Milliseconds until `when`, as a timeout for poll; rounded up so that `when` has passed when poll returns.
int until(clock::time_point when) {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(when - clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX));
}

bool is_ready(const pollfd& entry) {
  return entry.revents != 0;
}

/// Watches one child from start to reaping.
class watch {
public:
  watch(const process_options& options, const cancellation& cancel, started_process child)
      : options_{options}, child_{std::move(child)}, cancel_fd_{cancel.descriptor()}, deadline_{start_ +
                                                                                                options.timeout} {
    output_.source = std::move(child_.output);
    errors_.source = std::move(child_.errors);
    status_.source = std::move(child_.status);
  }
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;

  /// Never leaves a zombie, even if an allocation fails.
  ~watch() {
    if (!reaped_) {
      kill(-child_.pid, SIGKILL);
      reap();
    }
  }

  caf::expected<process_result> run() {
    while (!step()) {
    }
    // The pid, and with it the group's number, cannot be reused before the child is reaped.
    kill(-child_.pid, SIGKILL);
    end_inner();
    auto duration = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - start_);
    auto ended = reap();
    left_processes_ = !detail::wait_for_group_end(child_.pid, defaults::process_group_end);
    if (child_.start_report)
      read_start_report();
    if (start_failure_)
      return describe(*start_failure_, options_);
    drain();
    if (cancelled_)
      return fail(ec::unavailable, detail::name_of(options_) + " was cancelled");
    return result(ended, duration);
  }

private:
  enum class phase { running, terminating, killed };

  /// Waits for the next event and handles it; true when the child has ended.
  bool step() {
    std::array<pollfd, 7> entries{{{child_.ended.get(), POLLIN, 0},
                                   {cancelled_ ? -1 : cancel_fd_, POLLIN, 0},
                                   {child_.start_report.get(), POLLIN, 0},
                                   {output_.source.get(), POLLIN, 0},
                                   {errors_.source.get(), POLLIN, 0},
                                   {status_.source.get(), POLLIN, 0},
                                   {child_.input.get(), POLLOUT, 0}}};
    if (poll(entries.data(), entries.size(), phase_ == phase::killed ? -1 : until(deadline_)) < 0)
      return false; // EINTR: check again
    const auto& [ended, cancel, report, output, errors, status, input] = entries;
    if (is_ready(report))
      read_start_report();
    if (is_ready(input))
      write_some();
    if (is_ready(output))
      read_some(output_, options_.output_cap, options_.keep_end);
    if (is_ready(errors))
      read_some(errors_, options_.output_cap, options_.keep_end);
    if (is_ready(status)) {
      read_some(status_, defaults::max_process_status_bytes);
      inner_.learn(status_.text);
    }
    if (is_ready(ended))
      return true;
    if (is_ready(cancel)) {
      cancelled_ = true;
      if (phase_ == phase::running)
        terminate();
    }
    if (clock::now() >= deadline_)
      pass_deadline();
    return false;
  }

  /// Writes what the pipe takes; then the child reads the end. The read end is held here as well: a write to a child
  /// that has closed its own raises no SIGPIPE, and merely finds the pipe full at some time.
  void write_some() {
    auto count = write(child_.input.get(), options_.input.data() + written_, options_.input.size() - written_);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    written_ += count > 0 ? static_cast<size_t>(count) : 0;
    if (count > 0 && written_ < options_.input.size())
      return;
    child_.input.reset();
    child_.input_reader.reset();
  }

  void pass_deadline() {
    if (phase_ == phase::running) {
      timed_out_ = true;
      terminate();
    } else if (phase_ == phase::terminating) {
      phase_ = phase::killed;
      kill(-child_.pid, SIGKILL);
    }
  }

  void terminate() {
    phase_ = phase::terminating;
    deadline_ = clock::now() + options_.kill_grace;
    if (!inner_.terminate())
      kill(-child_.pid, SIGTERM);
  }

  /// With the child, the kernel kills all of its PID namespace.
  void end_inner() {
    if (status_.source)
      read_some(status_, defaults::max_process_status_bytes);
    inner_.learn(status_.text);
    inner_.wait_for_end(defaults::sandbox_end);
  }

  void read_start_report() {
    start_failure failure;
    auto count = read(child_.start_report.get(), &failure, sizeof failure);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (count == static_cast<ssize_t>(sizeof failure))
      start_failure_ = failure;
    child_.start_report.reset();
  }

  /// All of the child's output is in the pipes by now. A descendant outside the group may keep them open forever.
  void drain() {
    auto end = clock::now() + defaults::process_drain;
    while ((output_.source || errors_.source || status_.source) && clock::now() < end) {
      std::array<pollfd, 3> entries{
        {{output_.source.get(), POLLIN, 0}, {errors_.source.get(), POLLIN, 0}, {status_.source.get(), POLLIN, 0}}};
      if (poll(entries.data(), entries.size(), until(end)) <= 0)
        continue;
      if (is_ready(entries[0]))
        read_some(output_, options_.output_cap, options_.keep_end);
      if (is_ready(entries[1]))
        read_some(errors_, options_.output_cap, options_.keep_end);
      if (is_ready(entries[2]))
        read_some(status_, defaults::max_process_status_bytes);
    }
    cut_to_end(output_, options_.output_cap);
    cut_to_end(errors_, options_.output_cap);
  }

  struct end_of_child {
    int status = 0; ///< see waitpid(2)
    rusage usage{};
  };

  end_of_child reap() {
    end_of_child out;
    while (wait4(child_.pid, &out.status, 0, &out.usage) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return out;
  }

  static std::chrono::microseconds processor_time(const rusage& usage) {
    auto of = [](const timeval& time) {
      return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
  }

  process_result result(const end_of_child& end, std::chrono::microseconds duration) {
    process_result out;
    if (WIFEXITED(end.status))
      out.exit_status = WEXITSTATUS(end.status);
    else
      out.signal = WTERMSIG(end.status);
    out.processor_time = processor_time(end.usage);
    out.timed_out = timed_out_;
    out.output = std::move(output_.text);
    out.errors = std::move(errors_.text);
    out.status = std::move(status_.text);
    out.output_truncated = output_.truncated;
    out.errors_truncated = errors_.truncated;
    out.left_processes = left_processes_;
    out.duration = duration;
    return out;
  }

  const process_options& options_;
  started_process child_;
  int cancel_fd_;
  clock::time_point start_ = clock::now();
  clock::time_point deadline_;
  phase phase_ = phase::running;
  bool cancelled_ = false;
  bool timed_out_ = false;
  bool reaped_ = false;
  bool left_processes_ = false;
  size_t written_ = 0; ///< bytes of the input
  std::optional<start_failure> start_failure_;
  captured_stream output_;
  captured_stream errors_;
  captured_stream status_;
  detail::inner_process inner_;
};

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

} // namespace

caf::error process_options::validate() const {
  if (command.empty() || command.front().empty())
    return fail(ec::invalid, "the command is empty");
  if (has_nul(workdir) || std::any_of(command.begin(), command.end(), has_nul))
    return fail(ec::invalid, detail::name_of(*this) + " or its workdir holds a NUL");
  for (const auto& [name, value] : environment)
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || has_nul(value))
      return fail(ec::invalid,
                  detail::name_of(*this) + " has an environment variable '" + name + "' that no process can be given");
  if (timeout.count() <= 0 || timeout > defaults::max_process_timeout)
    return fail(ec::invalid, detail::name_of(*this) + " has a timeout outside 0 to 24 hours");
  if (kill_grace.count() < 0)
    return fail(ec::invalid, detail::name_of(*this) + " has a negative grace between SIGTERM and SIGKILL");
  if (input.size() > defaults::max_process_input_bytes)
    return fail(ec::invalid, detail::name_of(*this) + " is given more than " +
                               std::to_string(defaults::max_process_input_bytes) + " bytes of input");
  if (!input.empty() && input_channel)
    return fail(ec::invalid, detail::name_of(*this) + " has an input channel and is given an input");
  if (!passed.empty() && !status_channel)
    return fail(ec::invalid, detail::name_of(*this) + " is passed descriptors and has no status channel");
  return caf::none;
}

caf::expected<cancellation> cancellation::create() {
  unique_fd event{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!event)
    return fail(ec::unavailable, "no descriptor is left: " + errno_text(errno));
  return cancellation{std::make_shared<const unique_fd>(std::move(event))};
}

void cancellation::cancel() const {
  // Fails only when the counter is full, in which case it is already readable.
  eventfd_write(event_->get(), 1);
}

caf::expected<process_result> run_process(const process_options& options, const cancellation& cancel) {
  if (auto error = options.validate())
    return error;
  auto child = detail::start_process(options);
  if (!child)
    return child.error();
  return watch{options, cancel, std::move(*child)}.run();
}

std::chrono::milliseconds process_timeout(double seconds) {
  constexpr std::chrono::duration<double> longest = defaults::max_process_timeout;
  if (!(seconds > 0) || seconds > longest.count())
    return std::chrono::milliseconds{0};
  return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>{seconds});
}

std::string signal_name(int signal) {
  const char* abbreviation = sigabbrev_np(signal);
  return abbreviation ? std::string{"SIG"} + abbreviation : "signal " + std::to_string(signal);
}

} // namespace hive
