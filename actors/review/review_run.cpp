#include "actors/review/review_run.hpp"

#include "actors/aside.hpp"
#include "actors/defaults.hpp"
#include "actors/review/recipe_validation.hpp"
#include "actors/review/review_command.hpp"
#include "actors/review/rules/review_record.hpp"
#include "actors/review/rules/test_comparison.hpp"
#include "actors/store/commit.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/git_tree.hpp"
#include "platform/log.hpp"
#include "storage/review_store.hpp"

#include <caf/all.hpp>
#include <limits>
#include <set>
#include <stop_token>

namespace hive::review {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using step = wire::ReviewStep;

git_range range_of(wire::Review::Reader review) {
  return {std::string{as_view(review.getBase())},      std::string{as_view(review.getHead())},
          std::string{as_view(review.getMergeBase())}, std::string{as_view(review.getBaseTree())},
          std::string{as_view(review.getHeadTree())},  {}};
}

/// A results file that the repository holds is not one of this run.
caf::error remove_old_results(const workplace& at, const review_commands& commands) {
  std::error_code error;
  fs::create_directories(at.results, error);
  if (!error && !commands.results_file.empty())
    fs::remove(at.checkout / commands.results_file, error);
  return error ? fail(ec::unavailable, at.checkout.string() + " cannot be prepared: " + error.message()) : caf::error{};
}

/// Runs the steps of a review one after the other. Each step ends by starting the next one.
class review_run_state {
public:
  using pointer = review_run_actor::stateful_pointer<review_run_state>;
  static inline const char* name = "review run";

  review_run_state() = default;
  review_run_state(const review_run_state&) = delete;
  review_run_state& operator=(const review_run_state&) = delete;
  ~review_run_state() {
    stop_.request_stop();
  }

  void init(pointer self, review_services services, review_options options, reviewer_actor reviewer) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    reviewer_ = std::move(reviewer);
  }

  caf::result<msg<wire::Review>> run(const msg<wire::Review>& review) {
    promise_ = self_->make_response_promise<msg<wire::Review>>();
    review_ = review;
    range_ = range_of(*review);
    repository_ = std::string{as_view(review->getRequest().getRepo())};
    for (auto name : review->getRequest().getKnownFailures())
      known_.emplace(as_view(name));
    facts_.lint_blocks = options_.lint_blocks;
    facts_.tests.base_wanted = review->getRequest().getMeasureBase();
    auto directory = std::string{as_view(review->getId())} + "-" + std::to_string(review->getAttempts());
    directory_ = fs::absolute(options_.directory) / directory;
    auto commands = review_commands::of(review->getRequest(), options_);
    if (commands) {
      commands_ = std::move(*commands);
      prepare();
    } else {
      give_up(text_of(commands.error()));
    }
    return promise_;
  }

private:
  // -- the steps, in their order -----------------------------------------------

  void prepare() {
    enter(step::PREPARING, "compares the trees and writes the head's files");
    head_ = place("head");
    run_aside<prepared_change>(
      self_,
      [this_repository = repository_, range = range_, options = options_, at = head_, commands = commands_,
       limit = work_limit{stop_.get_token(), work_limit::clock::now() +
                                               defaults::review_prepare_timeout}]() -> caf::expected<prepared_change> {
        auto prepared = prepare_change(this_repository, range, options, at.checkout, limit);
        if (!prepared)
          return prepared.error();
        if (auto error = remove_old_results(at, commands); error && prepared->refusal.empty())
          prepared->refusal = text_of(error);
        return prepared;
      },
      [this](caf::expected<prepared_change> prepared) {
        if (!prepared)
          return give_up(text_of(prepared.error()));
        facts_.files = std::move(prepared->files);
        facts_.guarded = std::move(prepared->guarded);
        facts_.guardrail = std::move(prepared->guardrail);
        recipes_ = std::move(prepared->recipes);
        if (!prepared->refusal.empty())
          return give_up(prepared->refusal);
        check(step::GUARDIAN, "checks code metrics", commands_.guardian, facts_.guardian, [this] { lint(); });
      });
  }

  void lint() {
    check(step::LINT, "runs the lint command", commands_.lint, facts_.lint, [this] { measure_base(); });
  }

  void measure_base() {
    auto& tests = facts_.tests;
    if (!tests.base_wanted) {
      tests.base_measured = false;
      return run_head_tests();
    }
    auto stored = review_store{*services_.db}.find_base(base_key(range_.base_tree, commands_, options_));
    if (!stored)
      return give_up(text_of(stored.error()));
    if (*stored) {
      base_ = history_of(***stored);
      auto newest = (**stored)->getNewest();
      tests.base = test_run_facts{base_->newest, newest.getReturncode(), newest.getDurationS()};
      tests.base_cached = true;
      return run_head_tests();
    }
    enter(step::BASE_TESTS, "runs the tests at the base");
    run_base_tests([this](caf::expected<test_run_result> result) {
      if (!result)
        lose_base(result.error());
      run_head_tests();
    });
  }

  void run_head_tests() {
    enter(step::HEAD_TESTS, "runs the tests at the head");
    run_tests(head_, [this](caf::expected<test_run_result> result) {
      if (!result) {
        facts_.tests.error = text_of(result.error());
        return store_base();
      }
      facts_.tests.head = result->facts;
      head_results_ = std::move(result->results);
      compare();
    });
  }

  void compare() {
    auto& tests = facts_.tests;
    tests.compared = compare_tests(base_ ? &*base_ : nullptr, head_results_, known_, facts_.files);
    bool repeat = base_ && base_->runs < defaults::max_base_runs && is_worth_repeating(*tests.compared, *base_);
    if (!repeat)
      return store_base();
    enter(step::REPEATED_TESTS, "runs the tests at the base again: run " + std::to_string(base_->runs + 1) + " of " +
                                  std::to_string(defaults::max_base_runs));
    run_base_tests([this](caf::expected<test_run_result> result) {
      if (result)
        return compare();
      log::warn("The base's tests could not be repeated. review={} reason={}", id(), text_of(result.error()));
      store_base();
    });
  }

  /// Keeps what is known of the base, for later reviews and their measure of flakiness.
  void store_base() {
    if (!base_ || !base_has_grown_)
      return validate_recipes(0);
    auto stored = msg<wire::BaseRuns>::build([&](wire::BaseRuns::Builder out) {
      fill(out, *base_);
      out.setKey(base_key(range_.base_tree, commands_, options_));
      out.setTree(range_.base_tree);
      out.setMeasuredAt(now_unix_micros());
      auto newest = out.initNewest();
      newest.setPassed(base_->newest.passed);
      newest.setFailed(base_->newest.failures());
      newest.setTotal(base_->newest.total());
      newest.setSkipped(base_->newest.skipped);
      newest.setReturncode(facts_.tests.base->returncode);
      newest.setDurationS(facts_.tests.base->duration_s);
    });
    write_set writes;
    review_store::put_base(writes, stored);
    commit(self_, services_.committer, std::move(writes))
      .then([this](const committed&) { validate_recipes(0); },
            [this](const caf::error& error) {
              log::warn("The base's test results are not kept. review={} reason={}", id(), text_of(error));
              validate_recipes(0);
            });
  }

  void validate_recipes(size_t at) {
    if (at == recipes_.size())
      return finish();
    const auto& recipe = recipes_[at];
    agent_result result;
    result.prompt_id = recipe.agent.prompt_id;
    result.flow_id = recipe.agent.flow_id;
    result.change = recipe.kind;
    auto next = [this, at](agent_result judged) {
      facts_.agents.push_back(std::move(judged));
      validate_recipes(at + 1);
    };
    result.inconclusive = true;
    if (recipe.kind == file_change::deleted) {
      result.reason = "its recipe is deleted";
      return next(std::move(result));
    }
    enter(step::BASELINES, "validates agent " + result.prompt_id + "_" + result.flow_id);
    auto rate = facts_.tests.head ? facts_.tests.head->counts.pass_rate() : std::numeric_limits<double>::quiet_NaN();
    self_->request(services_.baselines, defaults::request_timeout, validation_request(recipe, rate, options_.strict))
      .then(
        [next, result](const msg<wire::AgentValidation>& validation) mutable {
          read_validation(*validation, result);
          next(std::move(result));
        },
        [next, result](const caf::error& error) mutable {
          result.reason = text_of(error);
          next(std::move(result));
        });
  }

  void give_up(std::string why) {
    facts_.error = std::move(why);
    finish();
  }

  void finish() {
    facts_.tests.base_runs = base_ ? base_->runs : 0;
    review_ = finished(review_, facts_, now_unix_micros());
    run_aside<caf::unit_t>(
      self_,
      [directory = directory_]() -> caf::expected<caf::unit_t> {
        if (auto error = remove_tree(directory))
          return error;
        return caf::unit;
      },
      [this](const caf::expected<caf::unit_t>& removed) {
        if (!removed)
          log::warn("A review's checkout is left. review={} reason={}", id(), text_of(removed.error()));
        promise_.deliver(review_);
        self_->quit();
      });
  }

  // -- what the steps share ----------------------------------------------------

  std::string_view id() const {
    return as_view(review_->getId());
  }

  workplace place(const std::string& name) const {
    return {directory_ / name, directory_ / (name + "-results")};
  }

  void enter(step where, const std::string& progress) {
    review_ = at_step(review_, where, progress);
    self_->send(reviewer_, review_);
  }

  /// Runs a lint or guardian command, if there is one.
  void check(step where, const char* progress, const std::vector<std::string>& command, check_result& into,
             std::function<void()> next) {
    if (command.empty())
      return next();
    enter(where, progress);
    auto answer = [this, &command, &into, next](const caf::expected<msg<wire::RunResult>>& result) {
      into = read_check(command, result, options_.sandbox);
      next();
    };
    self_
      ->request(services_.runner, caf::infinite,
                run_request(command, head_, options_, commands_.timeout_s, defaults::max_check_output_bytes))
      .then([answer](const msg<wire::RunResult>& result) { answer(result); },
            [answer](caf::error& error) { answer(std::move(error)); });
  }

  using tests_done = std::function<void(caf::expected<test_run_result>)>;

  /// Runs the tests in a checkout and reads their results.
  void run_tests(const workplace& at, tests_done done) {
    self_->request(services_.runner, caf::infinite, test_request(commands_, at, options_))
      .then(
        [this, at, done](const msg<wire::RunResult>& result) {
          run_aside<test_run_result>(
            self_,
            [commands = commands_, at, result, sandboxed = options_.sandbox] {
              return read_tests(commands, at, *result, sandboxed);
            },
            done);
        },
        [done](caf::error& error) { done(std::move(error)); });
  }

  /// Writes the base's files anew, runs the tests there, and adds the run to what is known of the base.
  void run_base_tests(tests_done done) {
    auto at = place("base-" + std::to_string(base_ ? base_->runs + 1 : 1));
    run_aside<caf::unit_t>(
      self_,
      [this_repository = repository_, tree = range_.base_tree, at, commands = commands_,
       limit = work_limit{stop_.get_token(), work_limit::clock::now() +
                                               defaults::review_prepare_timeout}]() -> caf::expected<caf::unit_t> {
        if (auto written = export_tree(this_repository, tree, at.checkout, limit); !written)
          return written.error();
        if (auto error = remove_old_results(at, commands))
          return error;
        return caf::unit;
      },
      [this, at, done](caf::expected<caf::unit_t> written) {
        if (!written)
          return done(std::move(written.error()));
        run_tests(at, [this, done](caf::expected<test_run_result> result) {
          if (result)
            add_base_run(*result);
          done(std::move(result));
        });
      });
  }

  void add_base_run(const test_run_result& run) {
    if (!base_)
      base_.emplace();
    base_->add(run.results);
    base_has_grown_ = true;
    facts_.tests.base = run.facts;
  }

  void lose_base(const caf::error& why) {
    facts_.tests.base_measured = false;
    facts_.tests.base_reason = text_of(why);
  }

  pointer self_ = nullptr;
  review_services services_;
  review_options options_;
  reviewer_actor reviewer_;
  std::stop_source stop_;
  caf::typed_response_promise<msg<wire::Review>> promise_;
  msg<wire::Review> review_;
  fs::path repository_;
  fs::path directory_; ///< of the checkouts
  git_range range_;
  review_commands commands_;
  std::set<std::string> known_; ///< tests that may fail
  workplace head_;
  test_results head_results_;
  std::optional<tree_history> base_;
  bool base_has_grown_ = false;
  std::vector<recipe_change> recipes_;
  review_facts facts_;
};

review_run_actor::behavior_type review_run(review_run_state::pointer self, review_services services,
                                           review_options options, reviewer_actor reviewer) {
  self->state.init(self, std::move(services), std::move(options), std::move(reviewer));
  return {[self](const msg<wire::Review>& review) { return self->state.run(review); }};
}

} // namespace

review_run_actor spawn_review_run(caf::actor_system& system, review_services services, review_options options,
                                  reviewer_actor reviewer) {
  return system.spawn(review_run, std::move(services), std::move(options), std::move(reviewer));
}

} // namespace hive::review
