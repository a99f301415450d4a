#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/mcp/lease_tools.hpp"
#include "apps/hivectl/mcp/line_splitter.hpp"
#include "apps/hivectl/mcp/node_tools.hpp"
#include "apps/hivectl/mcp/running_calls.hpp"
#include "apps/hivectl/signal_receiver.hpp"

#include <array>
#include <csignal>
#include <iterator>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace hive::ctl {
namespace mcp {
namespace {

using namespace std::chrono_literals;

constexpr auto mcp_help =
  "Examples:\n"
  "  hivectl mcp\n"
  "  hivectl --url https://node7:7420 --token-file ~/.hive-token mcp\n"
  "Agent hosts start it; it speaks the Model Context Protocol on standard input and output, and "
  "logs on standard error.\n"
  "docs/how-to/agents-over-mcp.md has the configuration of a host.";

/// A message with the largest record that a tool takes has far less.
constexpr size_t max_message_bytes = size_t{1} << 20;
constexpr size_t read_bytes = size_t{64} << 10;
/// Interval between news of long calls.
constexpr int news_interval_ms = 5'000;
/// How long answers on their way may take after the host has closed its end. Hosts send SIGTERM after 2 s and kill
/// after 4 s; a call that is stopped takes a second at most.
constexpr auto last_answers_time = 500ms;
/// How long to try to give leases back at the end. They end by themselves later.
constexpr auto lease_release_time = 2'000ms;

std::vector<tool> all_tools(held_leases& leases) {
  auto out = node_tools();
  auto more = lease_tools(leases);
  std::move(more.begin(), more.end(), std::back_inserter(out));
  return out;
}

/// Reads messages from standard input until it ends, a signal asks to end, or nothing can be answered.
class server {
public:
  explicit server(session& s) : s_{s}, leases_{s}, tools_{all_tools(leases_)}, dialogue_{tools_} {
  }

  outcome serve() {
    wake_on_stop on_signal{signals_.end_requested(), [this] { ::eventfd_write(wake_.get(), 1); }};
    while (!is_over())
      wait_and_read();
    if (has_ended_)
      calls_.finish(last_answers_time);
    calls_.stop();
    leases_.release_all(lease_release_time);
    return failure_ ? outcome{std::move(failure_)} : exit_status::done;
  }

private:
  using wake_on_stop = std::stop_callback<std::function<void()>>;

  bool is_over() const {
    return has_ended_ || is_broken_ || signals_.first_end() != 0;
  }

  void wait_and_read() {
    std::array<pollfd, 2> waiting{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
    auto ready = ::poll(waiting.data(), waiting.size(), news_interval_ms);
    if (ready == 0)
      return calls_.look_after();
    if (ready > 0 && waiting[1].revents == 0)
      read();
  }

  void read() {
    std::array<char, read_bytes> bytes;
    auto size = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
      return;
    if (size < 0)
      failure_ = fail_as(exit_status::file_failed, "cannot read standard input: " + errno_text(errno));
    if (size <= 0) {
      has_ended_ = true;
      if (lines_.has_rest())
        s_.out.remark("standard input ended within a message, which is dropped");
      return;
    }
    lines_.feed(
      {bytes.data(), static_cast<size_t>(size)}, [this](std::string_view line) { react_to(line); },
      [this] { refuse_excess(); });
  }

  void react_to(std::string_view line) {
    auto reaction = dialogue_.take(line);
    if (auto* answer = std::get_if<std::string>(&reaction))
      out_.write(std::move(*answer));
    else if (auto* call = std::get_if<wanted_call>(&reaction))
      calls_.start(*call);
    else if (auto* cancelled = std::get_if<cancelled_call>(&reaction))
      calls_.cancel(cancelled->id);
  }

  void refuse_excess() {
    out_.write(rpc_error({{},
                          rpc_code::invalid_request,
                          "a message of more than " + std::to_string(max_message_bytes) + " bytes is not read"}));
  }

  void note_broken(const std::string& why) {
    s_.out.remark("cannot write to standard output: " + why);
    is_broken_ = true;
    ::eventfd_write(wake_.get(), 1);
  }

  session& s_;
  signal_receiver signals_; ///< before any other thread
  unique_fd wake_{::eventfd(0, EFD_CLOEXEC)};
  line_splitter lines_{max_message_bytes};
  held_leases leases_;
  const std::vector<tool> tools_;
  conversation dialogue_;
  line_writer out_{STDOUT_FILENO, signals_.end_requested(), [this](const std::string& why) { note_broken(why); }};
  running_calls calls_{s_, out_};
  caf::error failure_;
  bool has_ended_ = false;
  std::atomic<bool> is_broken_ = false;
};

} // namespace
} // namespace mcp

void add_mcp_command(CLI::App& app, context& ctx) {
  auto& command = *app.add_subcommand("mcp", "Serve the node's tools to an agent host (Model Context Protocol)");
  command.footer(mcp::mcp_help);
  ctx.on(command, [](session& s) {
    std::signal(SIGPIPE, SIG_IGN); // a host that has gone ends the server in order
    return mcp::server{s}.serve();
  });
}

} // namespace hive::ctl
