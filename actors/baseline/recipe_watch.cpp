#include "actors/baseline/recipe_watch.hpp"

#include "actors/baseline/agent_key.hpp"
#include "actors/baseline/folder_review.hpp"
#include "actors/baseline/recipe_sync.hpp"
#include "actors/defaults.hpp"
#include "actors/timed_requests.hpp"
#include "messages/baseline.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"
#include "platform/log.hpp"
#include "platform/sha256.hpp"

#include <caf/all.hpp>
#include <map>
#include <set>

namespace hive {
namespace {

/// A look at one agent under way.
struct sync_job {
  std::string name;
  stored_agent who;
  folder_agent there;
  std::optional<file_mark> mark; ///< of the file, when it was looked at
  std::string text;              ///< of the recipe, when it was read
  std::set<sync_step> done;      ///< no step is done twice: somebody else may change the agent at the same time
  bool is_touched = false;
};

/// Whether the same request would fail again.
bool is_permanent(const caf::error& error) {
  auto code = code_of(error);
  return code == ec::malformed || code == ec::invalid || code == ec::too_large || code == ec::unsupported;
}

class recipe_watch_state {
public:
  using pointer = recipe_watch_actor::stateful_pointer<recipe_watch_state>;
  using job_pointer = std::shared_ptr<sync_job>;
  static inline const char* name = "recipe_watch";

  explicit recipe_watch_state(recipe_watch_actor::base* self) : requests_{self} {
  }

  void init(pointer self, recipe_watch_services services, std::filesystem::path folder) {
    self_ = self;
    services_ = std::move(services);
    path_ = std::move(folder);
    store_.emplace(*services_.db);
    check();
  }

  void stirred() {
    self_->delayed_send(self_, defaults::folder_settle_time, folder_take_atom::value);
  }

  void take() {
    if (!folder_)
      return;
    auto changes = folder_->take();
    if (changes.is_gone)
      return lose();
    for (const auto& name : changes.names)
      review_.touch(name);
    if (changes.is_incomplete) {
      log::info("Prompts folder changed faster than it was read, it is scanned. folder={}", path_.string());
      scan();
    }
    go_on();
  }

  void check() {
    self_->delayed_send(self_, defaults::folder_check_interval, folder_check_atom::value);
    if (folder_ && !folder_->is_in_place())
      lose();
    if (!folder_)
      open();
    for (const auto& name : std::exchange(retries_, {}))
      review_.retry(name);
    go_on();
  }

  /// Looks at the next files. Ends after a bounded amount of reading, so that the scheduler is not blocked.
  void step() {
    is_stepping_ = false;
    if (folder_ && !folder_->is_in_place()) // files of a folder that was removed as a whole are not retired
      lose();
    size_t bytes = 0;
    for (size_t i = 0; i < defaults::folder_files_per_step && bytes < defaults::folder_bytes_per_step; ++i) {
      if (!folder_ || in_flight_ >= defaults::max_folder_requests)
        return;
      auto item = review_.next();
      if (!item)
        return;
      bytes += look_at(*item);
    }
    go_on();
  }

private:
  void go_on() {
    if (!std::exchange(is_stepping_, true))
      self_->send(self_, folder_step_atom::value);
  }

  // -- the folder -------------------------------------------------------------------

  void open() {
    auto opened = watched_folder::open(
      path_, [self = caf::actor_cast<recipe_watch_actor>(self_)] { caf::anon_send(self, folder_stirred_atom::value); });
    if (!opened) {
      auto why = text_of(opened.error());
      if (std::exchange(last_refusal_, why) != why)
        log::warn("Prompts folder not watched, its agents keep their recipes until it is there: {}", why);
      return;
    }
    last_refusal_.clear();
    folder_ = std::move(*opened);
    log::info("Watching the prompts folder. folder={}", path_.string());
    scan();
  }

  void lose() {
    folder_.reset();
    log::warn("Prompts folder is gone, its agents keep their recipes until it returns. folder={}", path_.string());
  }

  void scan() {
    auto listing = folder_->list(defaults::max_folder_entries);
    if (!listing)
      return lose_because(listing.error());
    review_.list(listing->names, listing->is_complete);
    if (!listing->is_complete)
      return log::warn("Prompts folder has more than {} entries, the others are not read. folder={}",
                       defaults::max_folder_entries, path_.string());
    auto failure = store_->visit_from_folder([this](const stored_agent& who) { review_.expect(who); });
    if (failure)
      log::error("Agents whose recipes came from the prompts folder not read: {}", text_of(failure));
  }

  void lose_because(const caf::error& error) {
    log::warn("Prompts folder not scanned, it is opened again: {}", text_of(error));
    folder_.reset();
  }

  // -- files ------------------------------------------------------------------------

  /// Returns the number of bytes read.
  size_t look_at(const folder_review::item& item) {
    using enum prompts_file::kind;
    auto job = std::make_shared<sync_job>();
    job->name = item.name;
    job->who = item.file.who;
    job->is_touched = item.why.is_touched;
    auto bytes = item.file.what == misnamed ? look_at_name(item) : read(item, *job);
    if (item.file.what == prompt)
      end_prompt(*job);
    else if (item.file.what == recipe)
      begin_sync(job, item.why.has_prompt);
    return bytes;
  }

  size_t look_at_name(const folder_review::item& item) {
    auto mark = folder_->mark(item.name);
    auto is_there = mark && *mark;
    if (is_there && review_.must_read(item, **mark))
      complain(item.name, item.file.fault, item.why.is_touched);
    if (!is_there)
      complaints_.erase(item.name);
    review_.settle(item.name, mark ? *mark : std::nullopt);
    return 0;
  }

  /// Reads a file if it changed. What cannot be read is left as the node has it.
  size_t read(const folder_review::item& item, sync_job& out) {
    auto mark = folder_->mark(item.name);
    if (!mark)
      return refuse_file(out, mark.error());
    out.mark = *mark;
    if (!*mark) {
      out.there.recipe_hash = "";
      return 0;
    }
    if (!review_.must_read(item, **mark))
      return 0;
    auto content = folder_->read(item.name, defaults::max_recipe_bytes);
    if (!content)
      return refuse_file(out, content.error());
    if (!*content) { // removed meanwhile, which is told
      out.there.recipe_hash = "";
      return 0;
    }
    out.mark = (*content)->mark;
    out.text = std::move((*content)->text);
    out.there.recipe_hash = to_hex(sha256(out.text));
    return out.text.size();
  }

  size_t refuse_file(sync_job& out, const caf::error& error) {
    complain(out.name, text_of(error), out.is_touched);
    if (!is_permanent(error))
      retries_.insert(out.name);
    return 0;
  }

  void end_prompt(const sync_job& job) {
    review_.settle(job.name, job.mark);
    if (!job.there.recipe_hash)
      return;
    complaints_.erase(job.name);
    review_.set_prompt(job.who.prompt, *job.there.recipe_hash);
  }

  /// Says once per change of a file, and once per reason, why it is not used.
  void complain(const std::string& file, const std::string& why, bool is_touched) {
    bool is_new = std::exchange(complaints_[file], why) != why;
    if (is_new || is_touched)
      log::warn("File of the prompts folder not used: {}. file={}", why, printable((path_ / file).string()));
  }

  // -- agents -----------------------------------------------------------------------

  void begin_sync(const job_pointer& job, bool has_prompt) {
    review_.settle(job->name, job->mark);
    job->there.prompt_hash = review_.prompt_hash(job->who.prompt);
    if (!job->there.recipe_hash && !has_prompt)
      return review_.release(job->who);
    ++in_flight_;
    advance(job);
  }

  /// Does what is next for an agent.
  void advance(const job_pointer& job) {
    auto here = stored_inputs_of(*store_, job->who);
    if (!here)
      return repeat_later(*job, here.error());
    here->owes_capture |= owing_.contains(job->who);
    auto step = next_step(job->there, *here);
    if (!job->done.insert(step).second)
      return end(*job);
    switch (step) {
    case sync_step::none:
      if (job->there.recipe_hash)
        complaints_.erase(job->name);
      return end(*job);
    case sync_step::put_recipe:
      return put_recipe(job);
    case sync_step::retire_recipe:
      return ask<wire::AgentInputStored>(
        job, about<wire::RetireRecipe>(job->who, [](auto) {}),
        [this, job](const auto&) { log::info("Recipe retired, its file is gone. agent={}", to_string(job->who)); });
    case sync_step::put_prompt:
      return ask<wire::AgentInputStored>(
        job, about<wire::PutPrompt>(job->who, [&](auto out) { out.setSha256(job->there.prompt_hash); }),
        [](const auto&) {});
    case sync_step::capture_recipe_change:
      return capture(job, "recipe_change", {});
    case sync_step::capture_prompt_change:
      return capture(job, "prompt_change", job->there.prompt_hash);
    }
  }

  void put_recipe(const job_pointer& job) {
    auto recipe = about<wire::PutRecipe>(job->who, [&](wire::PutRecipe::Builder out) {
      out.setRecipe(job->text);
      out.setSource(wire::RecipeSource::FOLDER);
    });
    ask<wire::AgentInputStored>(job, recipe, [this, job](const msg<wire::AgentInputStored>& stored) {
      if (stored->getRecipe().getStructureChanged())
        owing_.insert(job->who);
      if (auto notes = stored->getRecipe().getWarnings(); notes.size() > 0)
        log::warn("Recipe used with {} assumptions, the first: {}. file={}", notes.size(), printable(as_view(notes[0])),
                  printable((path_ / job->name).string()));
    });
  }

  void capture(const job_pointer& job, const char* trigger, const std::string& prompt_hash) {
    auto wanted = about<wire::CaptureBaseline>(job->who, [&](wire::CaptureBaseline::Builder out) {
      out.setTrigger(trigger);
      out.setUserId("system");
      out.setPromptHash(prompt_hash);
    });
    ask<wire::CaptureOutcome>(job, wanted, [this, job, trigger](const msg<wire::CaptureOutcome>& outcome) {
      if (std::string_view{trigger} == "recipe_change")
        owing_.erase(job->who);
      log::info("Capture after a change in the prompts folder. agent={} trigger={} result={}", to_string(job->who),
                trigger,
                outcome->hasBaseline() ? "v" + std::to_string(outcome->getBaseline().getVersion())
                                       : "skipped: " + std::string{as_view(outcome->getSkipped())});
    });
  }

  template <class T, class Fill>
  static msg<T> about(const stored_agent& who, Fill fill) {
    return msg<T>::build([&](typename T::Builder out) {
      out.setPromptId(who.prompt);
      out.setFlowId(who.flow);
      fill(out);
    });
  }

  /// Sends a request about the job's agent and goes on with the job after the answer.
  template <class Answer, class Request, class Then>
  void ask(const job_pointer& job, const msg<Request>& request, Then then) {
    requests_.request(services_.baselines, defaults::request_timeout, request)
      .then(
        [this, job, then](const msg<Answer>& answer) {
          then(answer);
          advance(job);
        },
        [this, job](const caf::error& error) {
          if (is_permanent(error))
            give_up(job, error);
          else
            repeat_later(*job, error);
        });
  }

  /// The same would be refused again. The agent's prompt may have changed nevertheless.
  void give_up(const job_pointer& job, const caf::error& error) {
    complain(job->name, text_of(error), job->is_touched);
    owing_.erase(job->who);
    job->there.recipe_hash.reset();
    advance(job);
  }

  void repeat_later(const sync_job& job, const caf::error& error) {
    auto why = text_of(error) + "; it is tried again";
    complain(job.name, why, job.is_touched);
    retries_.insert(job.name);
    end(job);
  }

  void end(const sync_job& job) {
    --in_flight_;
    review_.release(job.who);
    go_on();
  }

  pointer self_ = nullptr;
  timed_requests<recipe_watch_actor::base> requests_;
  recipe_watch_services services_;
  std::filesystem::path path_;
  std::optional<baseline_store> store_; ///< reads from the services' database
  folder_review review_;
  std::set<stored_agent> owing_;                  ///< the structure changed, and the capture has not been answered
  std::set<std::string> retries_;                 ///< files to be looked at again at the next check
  std::map<std::string, std::string> complaints_; ///< why files were not used, as last said
  std::string last_refusal_;                      ///< why the folder could not be opened
  size_t in_flight_ = 0;                          ///< agents being looked at
  bool is_stepping_ = false;
  std::unique_ptr<watched_folder> folder_; ///< last member: its thread ends before the others; null while it is gone
};

recipe_watch_actor::behavior_type recipe_watch(recipe_watch_state::pointer self, recipe_watch_services services,
                                               std::filesystem::path folder) {
  auto& state = self->state;
  state.init(self, std::move(services), std::move(folder));
  return {
    [&state](folder_stirred_atom) { state.stirred(); },
    [&state](folder_take_atom) { state.take(); },
    [&state](folder_step_atom) { state.step(); },
    [&state](folder_check_atom) { state.check(); },
  };
}

} // namespace

recipe_watch_actor spawn_recipe_watch(caf::actor_system& system, recipe_watch_services services,
                                      std::filesystem::path folder) {
  return system.spawn(recipe_watch, std::move(services), std::move(folder));
}

} // namespace hive
