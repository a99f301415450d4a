#include "actors/gpu/probe_process.hpp"

#include "messages/gpu_probe.capnp.h"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/fake_gpus.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"
#include "tests/support/wait_until.hpp"

#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <mutex>

// The actor with the real hive-gpu-probe on the fake library.

namespace hive {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What a watcher was told, and when it was told last.
class told {
public:
  void add(const msg<wire::GpuReport>& report) {
    std::lock_guard lock{mutex_};
    ++reports_;
    latest_ = report;
  }

  void add_unknown(std::string why) {
    std::lock_guard lock{mutex_};
    latest_.reset();
    reasons_.push_back(std::move(why));
  }

  size_t reports() const {
    std::lock_guard lock{mutex_};
    return reports_;
  }

  std::optional<msg<wire::GpuReport>> latest() const {
    std::lock_guard lock{mutex_};
    return latest_;
  }

  std::vector<std::string> reasons() const {
    std::lock_guard lock{mutex_};
    return reasons_;
  }

private:
  mutable std::mutex mutex_;
  size_t reports_ = 0;
  std::optional<msg<wire::GpuReport>> latest_;
  std::vector<std::string> reasons_;
};

gpu_watcher_actor::behavior_type watcher(gpu_watcher_actor::pointer, std::shared_ptr<told> into) {
  return {[into](const msg<wire::GpuReport>& report) { into->add(report); },
          [into](const msg<wire::GpuUnknown>& unknown) { into->add_unknown(unknown->getReason().cStr()); }};
}

class probe_process : public testing::Test {
protected:
  probe_process() {
    gpus.enter_environment();
    fs::create_symlink(fake_gpus::library(), library);
    options.program = HIVE_GPU_PROBE_FILE;
    options.library = library.string();
    options.interval = 20ms;
  }

  ~probe_process() override {
    end();
  }

  void spawn() {
    probe = spawn_gpu_probe(actors.system(), services, options);
    watching = actors.system().spawn(watcher, seen);
    caf::anon_send(probe, gpu_watch_atom::value, watching);
  }

  void end() {
    if (!probe)
      return;
    caf::scoped_actor self{actors.system()};
    caf::anon_send_exit(probe, caf::exit_reason::user_shutdown);
    self->wait_for(probe);
    caf::anon_send_exit(watching, caf::exit_reason::user_shutdown);
    probe = nullptr;
    watching = nullptr;
  }

  /// The children of this test that run.
  std::vector<pid_t> children() const {
    return cluster::processes_marked(library.string());
  }

  pid_t child() const {
    EXPECT_TRUE(wait_until([&] { return children().size() == 1; }));
    auto found = children();
    return found.size() == 1 ? found.front() : -1;
  }

  bool await_report() const {
    auto before = seen->reports();
    return wait_until([&] { return seen->reports() > before; });
  }

  bool await_reason(const std::string& part) const {
    return wait_until([&] {
      return std::ranges::any_of(seen->reasons(), [&](const auto& why) { return why.find(part) != why.npos; });
    });
  }

  temporary_directory temp;
  fs::path library = temp.path() / "libnvidia-ml.so.1";
  fake_gpus gpus{temp.path()};
  test_system actors;
  gpu_probe_services services;
  gpu_probe_options options;
  std::shared_ptr<told> seen = std::make_shared<told>();
  gpu_probe_actor probe;
  gpu_watcher_actor watching;
};

TEST_F(probe_process, tells_its_watcher_of_each_poll) {
  spawn();
  ASSERT_TRUE(wait_until([&] { return seen->reports() >= 5; }));
  EXPECT_STREQ((*seen->latest())->getDevices()[0].getUuid().cStr(), "GPU-0");
  auto latest = actors.ask<msg<wire::GpuReport>>(probe, gpu_latest_atom::value);
  ASSERT_TRUE(latest) << text_of(latest.error());
  gpus.devices[0].state = "lost";
  gpus.write();
  EXPECT_TRUE(wait_until([&] { return (*seen->latest())->getDevices()[0].getState() == wire::GpuState::LOST; }));
  EXPECT_EQ(children().size(), 1u);
  end();
  EXPECT_THAT(children(), IsEmpty());
}

TEST_F(probe_process, a_new_watcher_learns_what_is_known_and_the_old_one_no_more) {
  spawn();
  ASSERT_TRUE(await_report());
  auto later = std::make_shared<told>();
  auto second = actors.system().spawn(watcher, later);
  caf::anon_send(probe, gpu_watch_atom::value, second);
  ASSERT_TRUE(wait_until([&] { return later->reports() >= 3; }));
  auto before = seen->reports();
  ASSERT_TRUE(wait_until([&] { return later->reports() >= 6; }));
  EXPECT_EQ(seen->reports(), before);
  caf::anon_send_exit(second, caf::exit_reason::user_shutdown);
}

TEST_F(probe_process, a_killed_probe_is_started_again) {
  spawn();
  ASSERT_TRUE(await_report());
  auto first = child();
  ::kill(first, SIGKILL);
  ASSERT_TRUE(await_reason("the GPU probe ended: SIGKILL"));
  ASSERT_TRUE(await_report());
  EXPECT_NE(child(), first);
}

TEST_F(probe_process, a_stopped_probe_is_unknown_until_it_continues) {
  options.watch.patience = 1h; // however long the test takes
  spawn();
  ASSERT_TRUE(await_report());
  auto pid = child();
  ::kill(pid, SIGSTOP);
  EXPECT_TRUE(timed("unknown after SIGSTOP", [&] { return !seen->latest(); }));
  EXPECT_TRUE(await_reason("silent for 2 s"));
  auto refused = actors.ask<msg<wire::GpuReport>>(probe, gpu_latest_atom::value);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::unavailable);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("silent for 2 s"));
  ::kill(pid, SIGCONT);
  EXPECT_TRUE(timed("known after SIGCONT", [&] { return seen->latest().has_value(); }));
  EXPECT_EQ(child(), pid);
}

TEST_F(probe_process, a_probe_that_stays_silent_is_replaced) {
  options.watch.patience = 3s;
  spawn();
  ASSERT_TRUE(await_report());
  auto pid = child();
  ::kill(pid, SIGSTOP);
  ASSERT_TRUE(await_reason("silent for 3 s and is restarted"));
  ASSERT_TRUE(await_report());
  EXPECT_NE(child(), pid);
}

TEST_F(probe_process, a_driver_that_hangs_delays_neither_answers_nor_the_end) {
  gpus.lines = {"call name=nvmlInit_v2 hang"};
  gpus.write();
  spawn();
  auto refused = actors.ask<msg<wire::GpuReport>>(probe, gpu_latest_atom::value);
  ASSERT_FALSE(refused);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("silent for 2 s"));
  gpus.lines.clear();
  gpus.write();
  EXPECT_TRUE(await_report());
  gpus.devices[0].state = "hang";
  gpus.write();
  EXPECT_TRUE(wait_until([&] { return !seen->latest(); }));
  end();
  EXPECT_THAT(children(), IsEmpty());
}

TEST_F(probe_process, a_question_that_waits_is_answered_when_the_actor_ends) {
  gpus.lines = {"call name=nvmlInit_v2 hang"};
  gpus.write();
  options.watch.silence = 1h;
  spawn();
  caf::scoped_actor self{actors.system()};
  auto asked = self->request(probe, caf::infinite, gpu_latest_atom::value);
  ASSERT_TRUE(wait_until([&] { return !children().empty(); }));
  caf::anon_send_exit(probe, caf::exit_reason::user_shutdown);
  asked.receive([](const msg<wire::GpuReport>&) { ADD_FAILURE() << "there was no report"; },
                [](const caf::error& error) { EXPECT_EQ(code_of(error), ec::unavailable); });
}

TEST_F(probe_process, a_program_that_is_missing_is_found_when_it_comes) {
  options.program = temp.path() / "hive-gpu-probe";
  spawn();
  ASSERT_TRUE(await_reason("the GPU probe does not start: command '" + options.program.string() +
                           "' cannot be executed: No such file"));
  fs::create_symlink(HIVE_GPU_PROBE_FILE, options.program);
  EXPECT_TRUE(await_report());
}

TEST_F(probe_process, a_program_that_is_none_of_this_is_refused) {
  for (const auto& [script, why] : std::vector<std::pair<std::string, std::string>>{
         {"echo nonsense; sleep 100", "malformed line: "},
         {"head -c 3000000 /dev/zero | tr '\\0' x; sleep 100", "a line of more than 1048576 bytes"},
         {"echo broken >&2; exit 3", "the GPU probe ended: status 3: broken"},
         {"exec >&-; sleep 100", "silent for 2 s"}}) {
    SCOPED_TRACE(script);
    options.program = put_file(temp.path() / "program", "#!/bin/sh\n" + script + "\n");
    fs::permissions(options.program, fs::perms::owner_all);
    seen = std::make_shared<told>();
    spawn();
    EXPECT_TRUE(await_reason(why)) << testing::PrintToString(seen->reasons());
    end();
    EXPECT_TRUE(wait_until([&] { return children().empty(); })); // what the script started is not reaped here
  }
}

TEST_F(probe_process, keeps_the_pace_that_it_was_told) {
  options.interval = 1s;
  spawn();
  ASSERT_TRUE(await_report());
  caf::anon_send(probe, gpu_pace_atom::value, uint32_t{1}); // taken for the shortest
  auto polls_often = [&] {
    auto first = seen->latest();
    if (!first || !await_report())
      return false;
    auto second = seen->latest();
    return second && (*second)->getMonotonicUs() - (*first)->getMonotonicUs() < 500'000;
  };
  EXPECT_TRUE(wait_until(polls_often));
  ::kill(child(), SIGKILL);
  ASSERT_TRUE(await_reason("SIGKILL"));
  ASSERT_TRUE(await_report());
  EXPECT_TRUE(wait_until(polls_often));
}

/// Puts a process into a frozen control group, where it does not even die: as one that is stuck in the driver.
class freezer {
public:
  freezer() : path_{"/sys/fs/cgroup/freezer/hive-test-" + std::to_string(::getpid())} {
    std::error_code failed;
    fs::create_directory(path_, failed);
    is_there_ = !failed && fs::exists(path_ / "freezer.state");
  }
  ~freezer() {
    set("THAWED");
    std::error_code ignored;
    wait_until([&] { return !is_there_ || fs::remove(path_, ignored) || !fs::exists(path_); });
  }
  freezer(const freezer&) = delete;
  freezer& operator=(const freezer&) = delete;

  bool freeze(pid_t pid) {
    std::ofstream{path_ / "cgroup.procs"} << pid << std::endl;
    set("FROZEN");
    return is_there_ && wait_until([&] { return file_text(path_ / "freezer.state") == "FROZEN\n"; });
  }

  void set(const std::string& state) {
    if (is_there_)
      std::ofstream{path_ / "freezer.state"} << state << std::endl;
  }

  bool is_there() const {
    return is_there_;
  }

private:
  fs::path path_;
  bool is_there_ = false;
};

TEST_F(probe_process, a_probe_that_cannot_be_killed_is_left_and_reaped_later) {
  freezer cold;
  if (!cold.is_there())
    GTEST_SKIP() << "needs the freezer of version 1 control groups";
  options.watch.silence = 500ms;
  options.watch.patience = 1s;
  options.watch.kill_grace = 200ms;
  options.watch.max_stuck = 1;
  options.watch.max_backoff = 1s;
  spawn();
  ASSERT_TRUE(await_report());
  auto stuck = child();
  ASSERT_TRUE(cold.freeze(stuck));
  ASSERT_TRUE(await_reason("a GPU probe cannot be killed, and no further one is started"));
  EXPECT_EQ(::kill(stuck, 0), 0);
  // Another actor over the same list does not start one either, and nobody waits for it.
  end();
  seen = std::make_shared<told>();
  spawn();
  ASSERT_TRUE(await_reason("a GPU probe cannot be killed, and no further one is started"));
  EXPECT_EQ(services.stuck->count(), 1u);
  cold.set("THAWED");
  EXPECT_TRUE(await_report());
  EXPECT_NE(child(), stuck);
  end();
  EXPECT_EQ(services.stuck->count(), 0u);
}

} // namespace
} // namespace hive
