// hivectl gpu run with real commands, against a node that follows a script.

#include "messages/gpu.capnp.h"
#include "messages/text.hpp"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

namespace hive::test {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto active = R"({"id":"l1","token":"t1","state":"active","device":"GPU-1","vram_mib":8192,"ttl_s":1,
  "devices":[{"uuid":"GPU-1","vram_mib":8192},{"uuid":"GPU-2","vram_mib":8192}]})";
constexpr auto queued = R"({"id":"l1","key":"k","state":"queued"})";

fake_response refusal(int status, const std::string& code) {
  return problem(status, R"({"title":"x","status":)" + std::to_string(status) +
                           R"(,"detail":"lease l1 has ended","code":")" + code + R"("})");
}

std::string everything_in(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream{file}.rdbuf();
  return out.str();
}

/// A node that grants at once and renews for ever, and does something else where a test says so.
class gpu_run : public testing::Test {
protected:
  using step = std::function<fake_response(const fake_request&)>;

  gpu_run() : node{[this](const fake_request& request) { return answer(request); }} {
  }

  program_result run(const std::string& script, std::vector<std::string> options = {}) {
    std::vector<std::string> words{"--url", node.url(), "gpu", "run"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--", "/bin/sh", "-c", script});
    auto what = hivectl_program(words);
    what.on_start = [this](int pid) { hivectl_pid = pid; };
    what.on_output = on_output;
    return run_program(what);
  }

  /// How often the node was asked this.
  size_t count(const std::string& method, const std::string& end_of_path) const {
    size_t out = 0;
    for (const auto& each : node.requests())
      out += each.method == method && each.target.ends_with(end_of_path);
    return out;
  }

  bool released_with(const std::string& token) const {
    for (const auto& each : node.requests())
      if (each.method == "DELETE")
        return as_view(parse<wire::ReleaseLease>(each.body)->getToken()) == token;
    return false;
  }

  /// A command that waits until the test makes this file.
  std::string until_signal() const {
    return "until [ -e " + go.string() + " ]; do sleep 0.02; done";
  }

  void make(const fs::path& file) const {
    std::ofstream{file} << "x";
  }

  temporary_directory temp;
  const fs::path mark = temp.path() / "mark", go = temp.path() / "go";
  std::atomic<int> hivectl_pid = 0;
  std::function<void(const std::string&)> on_output;
  // What the node does; each is called in its thread.
  step take = [](const fake_request&) { return fake_response{201, active}; };
  step look = [](const fake_request&) { return fake_response{200, active}; };
  step renew = [](const fake_request&) { return fake_response{200, active}; };
  std::string evidence; ///< further members of the lease that is given back

private:
  fake_response answer(const fake_request& request) {
    if (request.method == "DELETE")
      return {200, R"({"id":"l1","state":"releasing")" + evidence + "}"};
    if (request.target.ends_with("/renew"))
      return renew(request);
    if (request.target.ends_with("/why"))
      return {200, R"({"lease":{"id":"l1","state":"queued"},"position":1})"};
    return request.method == "POST" ? take(request) : look(request);
  }

protected:
  fake_node node; // last: its thread uses the others
};

TEST_F(gpu_run, tells_at_the_end_how_the_lease_was_used) {
  evidence = R"(,"evidence":{"quality":"clean","devices":[{"uuid":"GPU-1","peak_mib":1500,"peak_source":"polled",
    "throttled_s":0}]})";
  auto result = run("echo done");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, "done\n");
  EXPECT_THAT(result.err,
              HasSubstr("lease l1: peak memory 1500 MiB (polled), not throttled, no other lease on it; clean\n"));
  evidence =
    R"(,"evidence":{"quality":"disturbed","reasons":["throttled for 3.0 s of 9.0 s"],"devices":[{"uuid":"GPU-1"}]})";
  EXPECT_THAT(run("exit 3").err, HasSubstr("lease l1: peak memory unknown, throttling unknown, no other lease on it; "
                                           "disturbed: throttled for 3.0 s of 9.0 s\n"));
}

TEST_F(gpu_run, tells_how_a_lost_lease_was_used_too) {
  renew = [this](const fake_request& request) {
    return parse<wire::RenewLease>(request.body)->getPid() != 0 && count("POST", "/renew") == 1
             ? fake_response{200, active}
             : refusal(409, "conflict");
  };
  look = [](const fake_request&) {
    return fake_response{200, R"({"id":"l1","state":"revoking","evidence":{"quality":"clean","devices":[
      {"uuid":"GPU-1","peak_mib":9000,"peak_source":"polled","throttled_s":0}]}})"};
  };
  auto result = run("sleep 100");
  EXPECT_THAT(result.err, HasSubstr("lease l1: peak memory 9000 MiB (polled)"));
}

TEST_F(gpu_run, the_command_starts_when_the_node_knows_it_and_has_the_lease_in_its_environment) {
  std::string environment;
  bool was_started = true;
  int group = 0, pid = 0;
  renew = [&](const fake_request& request) {
    pid = static_cast<int>(parse<wire::RenewLease>(request.body)->getPid());
    environment = everything_in("/proc/" + std::to_string(pid) + "/environ");
    group = ::getpgid(pid);
    ::usleep(50'000); // for one that does not wait
    was_started = fs::exists(mark);
    return fake_response{200, active};
  };
  auto result = run("echo x > " + mark.string() + "; echo $CUDA_VISIBLE_DEVICES $HIVE_LEASE_ID $HIVE_LEASE_TOKEN " +
                    "$HIVE_LEASE_VRAM_MIB $HIVE_URL $$; exit 7");
  EXPECT_EQ(result.status, 7) << result.err;
  EXPECT_FALSE(was_started);
  EXPECT_THAT(environment, HasSubstr("HIVE_LEASE_TOKEN=t1"));
  EXPECT_EQ(group, pid);
  EXPECT_EQ(result.out, "GPU-1,GPU-2 l1 t1 8192 " + node.url() + " " + std::to_string(pid) + "\n");
  EXPECT_TRUE(released_with("t1"));
  EXPECT_EQ(result.err, "");
}

TEST_F(gpu_run, whole_devices_are_asked_for_unless_the_options_say_otherwise) {
  EXPECT_EQ(run("true").status, 0);
  EXPECT_FALSE(parse<wire::RequestLease>(node.requests().front().body)->getShared());
  EXPECT_EQ(run("true", {"--vram", "4", "--shared"}).status, 0);
}

TEST_F(gpu_run, the_lease_is_renewed_while_the_command_runs) {
  int renewals = 0;
  renew = [&](const fake_request& request) {
    EXPECT_EQ(as_view(parse<wire::RenewLease>(request.body)->getToken()), "t1");
    if (++renewals == 3)
      make(go);
    return fake_response{200, active};
  };
  auto result = run(until_signal());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
}

TEST_F(gpu_run, a_node_that_is_away_for_a_while_costs_nothing) {
  int renewals = 0;
  renew = [&](const fake_request&) -> fake_response {
    switch (++renewals) {
    case 1:
      return {200, active};
    case 2:
      return {0, {}};
    case 3:
      return refusal(503, "unavailable");
    case 4: // a node that has started again has another operator token
      return refusal(401, "unauthorized");
    default:
      make(go);
      return {200, active};
    }
  };
  look = [&](const fake_request&) {
    return renewals > 1 && renewals < 5 ? fake_response{0, {}} : fake_response{200, active};
  };
  auto result = run(until_signal() + "; exit 4");
  EXPECT_EQ(result.status, 4) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("is tried again"), Not(HasSubstr("lost"))));
}

TEST_F(gpu_run, a_command_whose_lease_is_revoked_is_asked_to_end) {
  look = renew = [this](const fake_request&) {
    return fake_response{
      200, fs::exists(mark) ? R"({"id":"l1","state":"revoking","outcome":"revoked","reason":"it is late"})" : active};
  };
  auto result = run("trap 'echo asked; exit 3' TERM; echo x > " + mark.string() + "; while :; do sleep 0.02; done");
  EXPECT_EQ(result.status, 3) << result.err;
  EXPECT_EQ(result.out, "asked\n");
  EXPECT_THAT(result.err, HasSubstr("lease l1 is lost (revoked): it is late; the command is asked to end"));
}

TEST_F(gpu_run, a_command_that_does_not_end_is_killed_with_its_group) {
  auto child = temp.path() / "child";
  renew = [this](const fake_request&) {
    return fs::exists(mark) ? refusal(409, "conflict") : fake_response{200, active};
  };
  auto result = run("trap '' TERM; sleep 1000 & echo $! > " + child.string() + "; echo x > " + mark.string() +
                      "; while :; do sleep 0.02; done",
                    {"--grace", "0.1"});
  EXPECT_EQ(result.status, 137) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("lease l1 has ended"), HasSubstr("is killed")));
  auto pid = std::stoi(everything_in(child));
  while (::kill(pid, 0) == 0 &&
         everything_in("/proc/" + std::to_string(pid) + "/stat").find(") Z") == std::string::npos)
    ::usleep(10'000);
}

TEST_F(gpu_run, signals_are_passed_on) {
  on_output = [this](const std::string& out) {
    if (out == "ready\n")
      ::kill(hivectl_pid, SIGUSR1);
    else if (out == "ready\nusr1\n")
      ::kill(hivectl_pid, SIGTERM);
  };
  auto result = run("trap 'echo usr1' USR1; trap 'echo term; exit 5' TERM; echo ready; while :; do sleep 0.02; done");
  EXPECT_EQ(result.status, 5) << result.err;
  EXPECT_EQ(result.out, "ready\nusr1\nterm\n");
  EXPECT_TRUE(released_with("t1"));
}

TEST_F(gpu_run, a_command_that_a_signal_ends_has_the_status_of_shells) {
  EXPECT_EQ(run("kill -KILL $$").status, 137);
  EXPECT_EQ(run("kill -TERM $$").status, 143);
  EXPECT_TRUE(released_with("t1"));
}

TEST_F(gpu_run, an_interrupted_wait_withdraws_the_request) {
  take = [](const fake_request&) { return fake_response{202, queued}; };
  int looks = 0;
  look = [&](const fake_request&) {
    if (++looks == 2)
      ::kill(hivectl_pid, SIGINT);
    return fake_response{200, queued};
  };
  auto result = run("echo x > " + mark.string());
  EXPECT_EQ(result.status, 130) << result.err;
  auto request = parse<wire::RequestLease>(node.requests().front().body);
  EXPECT_TRUE(released_with(std::string{as_view(request->getKey())}));
  EXPECT_FALSE(fs::exists(mark));
}

TEST_F(gpu_run, an_interrupted_request_of_which_nobody_knows_whether_it_was_heard_is_withdrawn) {
  int requests = 0;
  take = [&](const fake_request&) {
    if (++requests == 1) {
      ::kill(hivectl_pid, SIGTERM);
      ::usleep(1'500'000); // hivectl stops waiting within a second
    }
    return fake_response{202, queued};
  };
  EXPECT_EQ(run("echo x > " + mark.string()).status, 143);
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(count("DELETE", "/l1"), 1u);
  EXPECT_FALSE(fs::exists(mark));
}

TEST_F(gpu_run, a_command_of_which_the_node_will_not_know_is_not_started) {
  renew = [](const fake_request&) { return refusal(403, "forbidden"); };
  auto result = run("echo x > " + mark.string());
  EXPECT_EQ(result.status, 77) << result.err;
  EXPECT_FALSE(fs::exists(mark));
  EXPECT_TRUE(released_with("t1"));
}

TEST_F(gpu_run, a_command_is_not_started_when_hivectl_dies_before) {
  int pid = 0;
  renew = [&](const fake_request& request) {
    pid = static_cast<int>(parse<wire::RenewLease>(request.body)->getPid());
    ::kill(hivectl_pid, SIGKILL);
    return fake_response{200, active};
  };
  EXPECT_EQ(run("echo x > " + mark.string()).status, -1);
  // run() ends when the last process that has its output ends.
  EXPECT_FALSE(fs::exists(mark));
}

TEST_F(gpu_run, a_program_that_is_not_there_is_noticed_before_a_gpu_is_waited_for) {
  auto result = hivectl(node.url(), {"gpu", "run", "--", "no-such-program"});
  EXPECT_EQ(result.status, 127);
  EXPECT_THAT(result.err, HasSubstr("there is no program no-such-program"));
  EXPECT_TRUE(node.requests().empty());
  auto script = put_file(temp.path() / "script", "#!/no/such/interpreter\n");
  fs::permissions(script, fs::perms::owner_all);
  EXPECT_EQ(hivectl(node.url(), {"gpu", "run", "--", script.string()}).status, 127);
  EXPECT_TRUE(released_with("t1"));
}

TEST_F(gpu_run, without_a_lease_nothing_runs) {
  take = [](const fake_request&) { return refusal(409, "unsupported"); };
  EXPECT_EQ(run("echo x > " + mark.string()).status, 65);
  EXPECT_FALSE(fs::exists(mark));
  EXPECT_EQ(count("DELETE", "/l1"), 0u);
}

} // namespace
} // namespace hive::test
