#include "actors/review/reviewer.hpp"

#include "actors/aside.hpp"
#include "actors/defaults.hpp"
#include "actors/process/sandbox.hpp"
#include "actors/review/review_command.hpp"
#include "actors/review/rules/review_record.hpp"
#include "actors/store/commit.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/check.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/git_tree.hpp"
#include "platform/log.hpp"
#include "storage/review_store.hpp"

#include <caf/all.hpp>
#include <deque>
#include <map>
#include <set>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// A request whose repository and revisions exist.
struct resolved_request {
  fs::path repository; ///< canonical
  git_range range;
};

caf::expected<resolved_request> resolve(const msg<wire::StartReview>& request) {
  fs::path repository{std::string{as_view(request->getRepo())}};
  if (!repository.is_absolute())
    return fail(ec::invalid, "/repo: must be an absolute path on the node's machine");
  auto range =
    resolve_range(repository, std::string{as_view(request->getBase())}, std::string{as_view(request->getHead())});
  if (!range)
    return range.error();
  std::error_code error;
  auto canonical = fs::canonical(repository, error);
  if (error)
    return fail(ec::not_found, repository.string() + " cannot be found: " + error.message());
  return resolved_request{canonical, std::move(*range)};
}

/// Removes what interrupted reviews left.
caf::expected<caf::unit_t> clear_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return fail(ec::unavailable, directory.string() + " cannot be made: " + error.message());
  for (const auto& entry : fs::directory_iterator{directory})
    if (auto left = remove_tree(entry.path()))
      return left;
  return caf::unit;
}

msg<wire::RunCommand> probe_request() {
  return msg<wire::RunCommand>::build([](wire::RunCommand::Builder out) {
    out.initCommand(1).set(0, "true");
    sandbox::describe({}, out.initSandbox());
    out.setTimeoutS(std::chrono::duration<double>(defaults::sandbox_probe_timeout).count());
  });
}

std::string describe(wire::RunResult::Reader probed) {
  auto errors = probed.getStderr().asChars();
  return sandbox::describe_unavailable({errors.begin(), errors.size()});
}

class reviewer_state {
public:
  using pointer = reviewer_actor::stateful_pointer<reviewer_state>;
  static inline const char* name = "reviewer";

  /// An error ends the actor.
  caf::error init(pointer self, review_services services, review_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    store_.emplace(*services_.db);
    if (auto error = load())
      return error;
    run_aside<caf::unit_t>(
      self_, [directory = options_.directory] { return clear_directory(directory); },
      [this](const caf::expected<caf::unit_t>& cleared) {
        if (!cleared)
          log::warn("The directory for reviews is not clear. reason={}", text_of(cleared.error()));
        is_ready_ = true;
        start_waiting();
      });
    return caf::none;
  }

  caf::result<msg<wire::Review>> accept(const msg<wire::StartReview>& request) {
    if (waiting_.size() + accepting_ >= defaults::max_waiting_reviews)
      return fail(ec::overloaded, std::to_string(waiting_.size() + accepting_) + " reviews wait already");
    if (auto commands = review::review_commands::of(*request, options_); !commands)
      return commands.error();
    auto promise = self_->make_response_promise<msg<wire::Review>>();
    ++accepting_;
    if (options_.sandbox)
      probe_sandbox(request, promise);
    else
      resolve_request(request, promise);
    return promise;
  }

  caf::result<msg<wire::Review>> find(const msg<wire::ReviewQuery>& query) const {
    auto id = as_view(query->getId());
    auto number = number_of_review(id);
    auto found = number ? store_->find(*number) : std::optional<msg<wire::Review>>{};
    if (!found)
      return found.error();
    if (!*found)
      return fail(ec::not_found, "there is no review " + std::string{id});
    return **found;
  }

  caf::result<msg<wire::ReviewList>> list(const msg<wire::ReviewListQuery>& query) const {
    review_number before;
    if (auto after = as_view(query->getAfter()); !after.empty()) {
      auto number = number_of_review(after);
      if (!number || number->value == 0)
        return fail(ec::invalid, "/after: " + std::string{after} + " is no id of a review");
      before = *number;
    }
    std::vector<msg<wire::Review>> page;
    bool more = false;
    auto damage = store_->visit(before, [&](const msg<wire::Review>& review) {
      more = page.size() == query->getLimit();
      if (more)
        return database::scan::stop;
      page.push_back(review);
      return database::scan::next;
    });
    if (damage)
      return damage;
    return msg<wire::ReviewList>::build([&](wire::ReviewList::Builder out) {
      auto lines = out.initReviews(static_cast<uint32_t>(page.size()));
      for (uint32_t i = 0; i < lines.size(); ++i)
        review::fill(lines[i], *page[i]);
      if (more)
        out.setNext(page.back()->getId());
    });
  }

  /// Stores a running review's step. A step that is lost costs nothing: the review would start again.
  void keep_step(const msg<wire::Review>& review) {
    if (!running_.contains(std::string{as_view(review->getId())}))
      return;
    write_set writes;
    review_store::put(writes, review);
    commit(self_, services_.committer, std::move(writes))
      .then([](const committed&) {},
            [](const caf::error& error) { log::warn("A review's step is not stored. reason={}", text_of(error)); });
  }

private:
  using promise_type = caf::typed_response_promise<msg<wire::Review>>;

  /// A review that waits for its turn.
  struct waiting_review {
    msg<wire::Review> review;
    std::string repository; ///< of which one review runs at a time
  };

  struct running_review {
    std::string repository;
    review::review_run_actor run;
  };

  /// Reads what is stored, and queues what is not done.
  caf::error load() {
    return store_->visit({}, [this](const msg<wire::Review>& review) {
      auto number = number_of_review(as_view(review->getId()));
      last_ = std::max(last_, number->value);
      if (review->getState() == wire::ReviewState::DONE)
        done_.insert(number->value);
      else
        waiting_.push_front({review, repository_of(review)});
      return database::scan::next;
    });
  }

  static std::string repository_of(const msg<wire::Review>& review) {
    return std::string{as_view(review->getRequest().getRepo())};
  }

  // -- acceptance --------------------------------------------------------------

  void refuse(promise_type promise, caf::error why) {
    --accepting_;
    promise.deliver(std::move(why));
  }

  void probe_sandbox(const msg<wire::StartReview>& request, const promise_type& promise) {
    auto refusal = [](const std::string& why) {
      return fail(ec::unsupported, why + "; [review] sandbox = \"off\" runs them without one, with all that this node "
                                         "may do");
    };
    self_->request(services_.runner, caf::infinite, probe_request())
      .then(
        [this, request, promise, refusal](const msg<wire::RunResult>& probed) {
          if (probed->getExitStatus() != 0)
            return refuse(promise, refusal(describe(*probed)));
          resolve_request(request, promise);
        },
        [this, promise, refusal](const caf::error& error) {
          if (code_of(error) != ec::process_failed)
            return refuse(promise, error);
          refuse(promise, refusal(sandbox::describe_unavailable(text_of(error))));
        });
  }

  void resolve_request(const msg<wire::StartReview>& request, const promise_type& promise) {
    run_aside<resolved_request>(
      self_, [request] { return resolve(request); },
      [this, request, promise](caf::expected<resolved_request> resolved) {
        if (!resolved)
          return refuse(promise, resolved.error());
        store_request(request, *resolved, promise);
      });
  }

  void store_request(const msg<wire::StartReview>& request, const resolved_request& resolved,
                     const promise_type& given) {
    auto review = review::queued(*request, review_id({++last_}), resolved.range, options_.sandbox, now_unix_micros());
    write_set writes;
    review_store::put(writes, review);
    forget_oldest(writes);
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, review, given = promise_type{given},
         repository = resolved.repository.string()](const committed&) mutable {
          --accepting_;
          waiting_.push_back({review, repository});
          given.deliver(review);
          start_waiting();
        },
        [this, given](const caf::error& error) { refuse(given, error); });
  }

  void forget_oldest(write_set& writes) {
    for (; done_.size() >= defaults::kept_reviews; done_.erase(done_.begin()))
      review_store::erase(writes, {*done_.begin()});
  }

  // -- running -----------------------------------------------------------------

  bool is_busy(const std::string& repository) const {
    return std::ranges::any_of(running_, [&](const auto& entry) { return entry.second.repository == repository; });
  }

  void start_waiting() {
    for (auto at = waiting_.begin(); is_ready_ && at != waiting_.end();) {
      if (running_.size() >= defaults::max_running_reviews)
        return;
      if (is_busy(at->repository)) {
        ++at;
        continue;
      }
      auto next = std::move(*at);
      at = waiting_.erase(at);
      start(std::move(next));
    }
  }

  void start(waiting_review next) {
    auto id = std::string{as_view(next.review->getId())};
    if (next.review->getAttempts() >= defaults::max_review_attempts) {
      review::review_facts facts;
      facts.error = "the node was stopped in each of " + std::to_string(next.review->getAttempts()) + " attempts";
      running_.emplace(id, running_review{next.repository, {}});
      return finish(id, review::finished(next.review, facts, now_unix_micros()));
    }
    auto review = review::started(next.review, now_unix_micros());
    log::info("Review started. review={} repository={} head={}", id, next.repository, as_view(review->getHead()));
    auto run = review::spawn_review_run(self_->system(), services_, options_, self_);
    self_->link_to(run);
    running_.emplace(id, running_review{next.repository, run});
    keep_step(review);
    self_->request(run, caf::infinite, review)
      .then([this, id](const msg<wire::Review>& done) { finish(id, done); },
            [this, id, review](const caf::error& error) {
              review::review_facts facts;
              facts.error = text_of(error);
              finish(id, review::finished(review, facts, now_unix_micros()));
            });
  }

  void finish(const std::string& id, const msg<wire::Review>& done) {
    write_set writes;
    review_store::put(writes, done);
    keep_few_bases(writes);
    // The step that was sent before the result must not be stored after it, so the review counts as running until then.
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, id, done](const committed&) {
          running_.erase(id);
          done_.insert(number_of_review(id)->value);
          log::info("Review finished. review={} decision={} reason={}", id, json_name(done->getDecision()),
                    as_view(done->getReason()));
          start_waiting();
        },
        [this](const caf::error& error) { self_->quit(error); });
  }

  /// Erases the bases that were measured longest ago.
  void keep_few_bases(write_set& writes) const {
    auto keys = store_->base_keys();
    if (!keys)
      return log::warn("Stored test results of bases cannot be read. reason={}", text_of(keys.error()));
    for (size_t i = 0; i + defaults::kept_bases < keys->size(); ++i)
      review_store::erase_base(writes, (*keys)[i]);
  }

  pointer self_ = nullptr;
  review_services services_;
  review_options options_;
  std::optional<review_store> store_; ///< reads from the services' database
  bool is_ready_ = false;             ///< whether the directory was cleared
  uint64_t last_ = 0;                 ///< number of the newest review
  size_t accepting_ = 0;              ///< requests that are being checked
  std::deque<waiting_review> waiting_;
  std::map<std::string, running_review> running_; ///< by id
  std::set<uint64_t> done_;                       ///< numbers of stored reviews that are done
};

reviewer_actor::behavior_type reviewer(reviewer_state::pointer self, review_services services, review_options options) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services), std::move(options)))
    self->quit(std::move(error));
  return {
    [&state](const msg<wire::StartReview>& request) { return state.accept(request); },
    [&state](const msg<wire::ReviewQuery>& query) { return state.find(query); },
    [&state](const msg<wire::ReviewListQuery>& query) { return state.list(query); },
    [&state](const msg<wire::Review>& review) { state.keep_step(review); },
  };
}

} // namespace

reviewer_actor spawn_reviewer(caf::actor_system& system, review_services services, review_options options) {
  return system.spawn(reviewer, std::move(services), std::move(options));
}

} // namespace hive
