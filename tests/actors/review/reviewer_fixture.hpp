#pragma once

#include "actors/process/runner.hpp"
#include "actors/process/sandbox.hpp"
#include "actors/review/reviewer.hpp"
#include "actors/store/committer.hpp"
#include "messages/baseline.capnp.h"
#include "messages/review.capnp.h"
#include "messages/text.hpp"
#include "storage/database.hpp"
#include "tests/actors/process/processes.hpp"
#include "tests/support/git_commands.hpp"
#include "tests/support/test_system.hpp"
#include "tests/support/wait_until.hpp"

#include <gmock/gmock.h>

namespace hive {

/// Runs each file of folder t as a test named by its path: its first word is pass, fail or skip, or it is a script. The
/// results are TAP.
inline const std::vector<std::string> folder_tests{
  "/bin/sh", "-c",
  "n=0; for f in t/*; do [ -f $f ] || continue; n=$((n+1)); read word rest < $f; "
  "case $word in pass) echo \"ok $n - $f\";; skip) echo \"ok $n - $f # SKIP\";; "
  "fail) echo \"not ok $n - $f\"; bad=1;; "
  "*) if sh $f >&2; then echo \"ok $n - $f\"; else echo \"not ok $n - $f\"; bad=1; fi;; esac; done; "
  "echo 1..$n; exit ${bad:-0}"};

/// What a test asks for; the tests are those of the folder t.
struct review_draft {
  std::string base = "base";
  std::string head = "main";
  std::vector<std::string> tests = folder_tests;
  std::vector<std::string> lint = {};
  std::vector<std::string> guardian = {};
  std::vector<std::string> known = {};
  bool measure_base = true;
  std::string results_file = {};
  std::string format = {};
  double timeout_s = 60;
};

inline void set_words(capnp::List<capnp::Text>::Builder list, const std::vector<std::string>& words) {
  for (uint32_t i = 0; i < list.size(); ++i)
    list.set(i, words[i]);
}

/// A node's reviewer with its store and runner, and a repository with a base that has two passing tests.
class reviewer_test : public testing::Test {
protected:
  reviewer_test() {
    options.directory = temp.path() / "checkouts";
    database_options where;
    where.directory = temp.path() / "data";
    auto opened = database::open(where);
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
    repository.put("t/a", "pass\n");
    repository.put("t/b", "pass\n");
    repository.put("code.txt", "1\n");
    repository.commit("the base");
    repository.git("branch base");
  }

  ~reviewer_test() override {
    stop();
  }

  /// Skips the test where sandboxes do not work.
  static bool has_sandbox() {
    process_options how;
    how.command = sandbox::probe();
    how.status_channel = true;
    auto cancel = cancellation::create();
    auto probed = run_process(how, *cancel);
    return probed && probed->exit_status == 0;
  }

  /// Starts the services on what is stored.
  void start() {
    committer = spawn_committer(tests.system(), {db});
    runner = spawn_runner(tests.system());
    baselines =
      tests.system().spawn([this](review::agent_judge_actor::pointer) -> review::agent_judge_actor::behavior_type {
        return {[this](const msg<wire::ValidateAgent>& question) { return judge(*question); }};
      });
    reviewer = spawn_reviewer(tests.system(), {db, committer, runner, baselines}, options);
  }

  void stop() {
    if (!reviewer)
      return;
    for (const auto& actor : {caf::actor_cast<caf::actor>(reviewer), caf::actor_cast<caf::actor>(baselines),
                              caf::actor_cast<caf::actor>(runner), caf::actor_cast<caf::actor>(committer)}) {
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      tests.client()->wait_for(actor);
    }
    reviewer = reviewer_actor{};
  }

  msg<wire::StartReview> request(const review_draft& draft) const {
    return msg<wire::StartReview>::build([&](wire::StartReview::Builder out) {
      out.setRepo(repository.path().string());
      out.setBase(draft.base);
      out.setHead(draft.head);
      set_words(out.initTests(static_cast<uint32_t>(draft.tests.size())), draft.tests);
      set_words(out.initLint(static_cast<uint32_t>(draft.lint.size())), draft.lint);
      set_words(out.initGuardian(static_cast<uint32_t>(draft.guardian.size())), draft.guardian);
      set_words(out.initKnownFailures(static_cast<uint32_t>(draft.known.size())), draft.known);
      out.setMeasureBase(draft.measure_base);
      out.setResultsFile(draft.results_file);
      out.setTestFormat(draft.format);
      out.setTimeoutS(draft.timeout_s);
    });
  }

  caf::expected<msg<wire::Review>> submit(const review_draft& draft) {
    if (!reviewer)
      start();
    return tests.ask<msg<wire::Review>>(reviewer, request(draft));
  }

  caf::expected<msg<wire::Review>> find(const std::string& id) {
    auto query = msg<wire::ReviewQuery>::build([&](wire::ReviewQuery::Builder out) { out.setId(id); });
    return tests.ask<msg<wire::Review>>(reviewer, query);
  }

  /// Waits for the end of a review.
  msg<wire::Review> result_of(const std::string& id) {
    msg<wire::Review> out;
    EXPECT_TRUE(wait_until([&] {
      auto found = find(id);
      if (found)
        out = *found;
      return found && (*found)->getState() == wire::ReviewState::DONE;
    }));
    return out;
  }

  msg<wire::Review> review(const review_draft& draft = {}) {
    auto accepted = submit(draft);
    EXPECT_TRUE(accepted) << text_of(accepted.error());
    return accepted ? result_of(std::string{as_view((*accepted)->getId())}) : msg<wire::Review>{};
  }

  static std::string reason(const msg<wire::Review>& review) {
    return std::string{as_view(review->getReason())};
  }

  static std::vector<std::string> names(wire::ReviewTests::Reader tests) {
    std::vector<std::string> out;
    for (auto test : tests.getTests())
      out.emplace_back(as_view(test.getName()));
    return out;
  }

  static std::vector<std::string> words(capnp::List<capnp::Text>::Reader list) {
    std::vector<std::string> out;
    for (auto word : list)
      out.emplace_back(as_view(word));
    return out;
  }

  temporary_directory temp;
  git_checkout repository{temp.path() / "repository"};
  review_options options;
  /// Answers in place of the node's baselines.
  std::function<msg<wire::AgentValidation>(wire::ValidateAgent::Reader)> judge = [](wire::ValidateAgent::Reader) {
    return msg<wire::AgentValidation>::build([](wire::AgentValidation::Builder out) {
      out.setInconclusive(true);
      out.setReason("no baseline to compare");
    });
  };
  test_system tests;
  std::shared_ptr<database> db;
  committer_actor committer;
  runner_actor runner;
  review::agent_judge_actor baselines;
  reviewer_actor reviewer;
};

} // namespace hive
