#include "tests/cluster/hived_process.hpp"

#include "messages/ec.hpp"
#include "platform/http_client.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;

/// Exit status of a child that could not execute its program, as in shells.
constexpr int cannot_execute = 126;

std::vector<std::string> command_line(const hived_options& options) {
  std::vector<std::string> out;
  if (!options.netns.empty())
    out = {"ip", "netns", "exec", options.netns};
  out.insert(out.end(), options.wrapper.begin(), options.wrapper.end());
  out.emplace_back(HIVED_FILE);
  out.insert(out.end(),
             {"--data", options.data.empty() ? (options.directory / "data").string() : options.data.string()});
  if (!options.http.empty())
    out.insert(out.end(), {"--http", options.http});
  if (!options.config.empty())
    out.insert(out.end(), {"--config", put_file(options.directory / "hived.toml", options.config)});
  out.insert(out.end(), options.arguments.begin(), options.arguments.end());
  return out;
}

int open_log(const fs::path& path) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    throw std::runtime_error(path.string() + ": " + errno_text(errno));
  return fd;
}

/// The text after `key` in the ready line, up to the next space or the end of the line.
std::string value_of(const std::string& line, const std::string& key) {
  auto begin = line.find(key);
  if (begin == std::string::npos)
    throw std::runtime_error("the ready line lacks " + key + ": " + line);
  begin += key.size();
  return line.substr(begin, line.find_first_of(" \n", begin) - begin);
}

/// Whether the variable would change hived's options, or move its token out of its data directory.
bool means_something_to_hived(std::string_view variable) {
  return variable.starts_with("HIVE_") || variable.starts_with("RUNTIME_DIRECTORY=") ||
         variable.starts_with("XDG_RUNTIME_DIR=");
}

/// The environment of the child: this process's without variables that affect hived.
std::vector<char*> environment() {
  std::vector<char*> out;
  for (char** entry = environ; *entry; ++entry)
    if (!means_something_to_hived(*entry))
      out.push_back(*entry);
  out.push_back(nullptr);
  return out;
}

pid_t spawn(const std::vector<std::string>& command, int output, int log) {
  std::vector<char*> argv;
  for (const auto& part : command)
    argv.push_back(const_cast<char*>(part.c_str()));
  argv.push_back(nullptr);
  auto envp = environment();
  pid_t pid = ::fork();
  if (pid < 0)
    throw std::runtime_error("fork: " + errno_text(errno));
  if (pid > 0)
    return pid;
  // After fork in a process with threads, only system calls are allowed.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0); // in its own group, which is not orphaned even if this one is: SIGTSTP then stops it
  ::dup2(output, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execvpe(argv[0], argv.data(), envp.data());
  ::_exit(cannot_execute);
}

process_end end_of(int status) {
  return WIFEXITED(status) ? process_end{WEXITSTATUS(status), 0} : process_end{-1, WTERMSIG(status)};
}

/// Uses a separate thread, because entering the namespace affects a whole thread.
caf::expected<http::incoming_response> fetch_in(const std::string& netns, const http::outgoing_request& what) {
  caf::expected<http::incoming_response> out =
    fail(ec::unavailable, "network namespace " + netns + " cannot be entered");
  std::thread{[&] {
    int fd = ::open(("/run/netns/" + netns).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && ::setns(fd, CLONE_NEWNET) == 0)
      out = http::fetch(what);
    ::close(fd);
  }}.join();
  return out;
}

std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

} // namespace

hived_process::hived_process(const hived_options& options)
    : netns_{options.netns}, output_file_{options.directory / "stdout"}, log_file_{options.directory / "stderr"},
      token_file_{(options.data.empty() ? options.directory / "data" : options.data) / "operator.token"} {
  auto command = command_line(options);
  int output = open_log(output_file_);
  int log = open_log(log_file_);
  pid_ = spawn(command, output, log);
  ::close(output);
  ::close(log);
}

hived_process::~hived_process() {
  kill();
}

bool hived_process::becomes_ready() {
  wait_until([&] { return output().ends_with('\n') || has_ended(); });
  auto line = output();
  if (!line.starts_with("hived ready ") || !line.ends_with('\n'))
    return false;
  endpoint_ = value_of(line, "http=");
  node_ = value_of(line, "node=");
  door_ = value_of(line, "door=");
  return true;
}

hived_process& hived_process::await_ready() {
  if (!becomes_ready())
    throw std::runtime_error("hived is not ready; it printed \"" + output() + "\" and logged:\n" + log());
  return *this;
}

void hived_process::send(int signal) const {
  if (!end_) // once it has ended, another process may have its number
    ::kill(pid_, signal);
}

bool hived_process::has_ended() {
  int status = 0;
  if (!end_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
    end_ = end_of(status);
  return end_.has_value();
}

std::optional<process_end> hived_process::await_end() {
  wait_until([&] { return has_ended(); });
  return end_;
}

void hived_process::kill() {
  send(SIGKILL);
  int status = 0;
  if (!end_ && ::waitpid(pid_, &status, 0) == pid_)
    end_ = end_of(status);
}

size_t hived_process::memory_mib(const std::string& which) const {
  auto status = file_text("/proc/" + std::to_string(pid_) + "/status");
  auto found = status.find(which + ":");
  if (found == status.npos)
    throw std::runtime_error("no " + which + " of process " + std::to_string(pid_));
  return std::stoul(status.substr(found + which.size() + 1)) >> 10;
}

std::string hived_process::output() const {
  return file_text(output_file_);
}

std::string hived_process::log() const {
  return file_text(log_file_);
}

size_t hived_process::lines_with(const std::vector<std::string>& texts) const {
  std::istringstream lines{log()};
  size_t out = 0;
  for (std::string line; std::getline(lines, line);)
    out += std::ranges::all_of(texts, [&](const auto& text) { return line.find(text) != std::string::npos; });
  return out;
}

reply hived_process::request(const std::string& method, const std::string& path, const std::string& body,
                             const std::string& content_type) const {
  std::vector<std::string> headers{"Content-Type: " + content_type};
  // The path as the node sees it: it may run in its own mount namespace.
  auto seen = "/proc/" + std::to_string(pid_) + "/root" + token_file_.string();
  if (auto token = file_text(seen); !token.empty())
    headers.push_back("Authorization: Bearer " + token.substr(0, token.find('\n')));
  return send_request(method, path, body, std::move(headers));
}

reply hived_process::anonymous(const std::string& method, const std::string& path, const std::string& body) const {
  return send_request(method, path, body, {"Content-Type: application/json"});
}

reply hived_process::send_request(const std::string& method, const std::string& path, const std::string& body,
                                  std::vector<std::string> headers) const {
  http::outgoing_request out;
  out.method = method;
  out.url = "http://" + endpoint_ + path;
  out.body = body;
  out.headers = std::move(headers);
  out.headers.emplace_back("Expect:");
  out.timeout = patience;
  auto answer = netns_.empty() ? http::fetch(out) : fetch_in(netns_, out);
  if (!answer)
    return {0, {}, text_of(answer.error()), {}};
  return {answer->status, answer->content_type, answer->body, answer->retry_after};
}

std::vector<pid_t> processes_marked(std::string_view mark) {
  std::vector<pid_t> out;
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos || name == std::to_string(::getpid()))
      continue;
    std::ostringstream line; // unlike an iterator, does not throw when the process ends meanwhile
    line << std::ifstream{entry.path() / "cmdline"}.rdbuf();
    if (line.str().find(mark) != std::string::npos)
      out.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + '"';
}

void register_script(const hived_process& node, const std::string& name, const std::string& script,
                     const std::string& mark, double timeout_s) {
  auto answer = node.post("/api/v1/benchmarks", "{\"name\":" + json_string(name) + ",\"command\":[\"/bin/sh\",\"-c\"," +
                                                  json_string(script) + "," + json_string(mark) +
                                                  "],\"timeout_s\":" + std::to_string(timeout_s) + "}");
  if (answer.status != 201)
    throw std::runtime_error("the adapter " + name + " is refused: " + answer.body);
}

std::string print_metric(const std::string& name, const std::string& value) {
  return "echo '{\"metrics\":{\"" + name + "\":{\"value\":" + value + ",\"direction\":\"higher\"}}}'";
}

wire::Metric::Reader metric_of(const msg<wire::Snapshot>& snapshot, std::string_view name) {
  for (auto metric : snapshot->getMetrics())
    if (view(metric.getName()) == name)
      return metric;
  throw std::runtime_error("no metric " + std::string{name} + " in " + to_json(snapshot));
}

wire::AdapterOutcome::Reader outcome_of(const msg<wire::Snapshot>& snapshot, std::string_view adapter) {
  for (auto outcome : snapshot->getAdapters())
    if (view(outcome.getName()) == adapter)
      return outcome;
  throw std::runtime_error("no adapter " + std::string{adapter} + " in " + to_json(snapshot));
}

} // namespace hive::cluster
