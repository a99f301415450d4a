#include "actors/benchmark/registry.hpp"

#include "actors/benchmark/adapter_names.hpp"
#include "actors/benchmark/adapter_table.hpp"
#include "actors/benchmark/capture_event.hpp"
#include "actors/benchmark/capture_plan.hpp"
#include "actors/benchmark/captures_in_work.hpp"
#include "actors/benchmark/measure_once.hpp"
#include "actors/benchmark/result_slots.hpp"
#include "actors/process/run_report.hpp"
#include "actors/store/commit.hpp"
#include "analysis/version_order.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/git_head.hpp"
#include "platform/log.hpp"
#include "storage/adapter_store.hpp"
#include "storage/snapshot_store.hpp"

#include <algorithm>
#include <caf/all.hpp>

namespace hive {
namespace {

/// Called with the stored snapshot, or with the reason why there is none.
using capture_done = std::function<void(caf::expected<msg<wire::Snapshot>>)>;

std::string text(capnp::Text::Reader reader) {
  return {reader.begin(), reader.size()};
}

class registry_state {
public:
  static inline const char* name = "registry";

  explicit registry_state(registry_actor::pointer self) : self_{self}, adapters_{*self} {
  }

  caf::error init(registry_services services, registry_options options) {
    services_ = std::move(services);
    options_ = std::move(options);
    auto last = snapshots().last_capture();
    if (!last)
      return last.error();
    last_capture_ = last->value;
    publish_results();
    for (auto& definition : options_.builtin)
      adapters_.add(definition);
    return read_registered();
  }

  // -- captures -----------------------------------------------------------------

  caf::result<msg<wire::Snapshot>> capture(const msg<wire::CaptureRequest>& request) {
    auto promise = self_->make_response_promise<msg<wire::Snapshot>>();
    auto started = start(*request, [promise](caf::expected<msg<wire::Snapshot>> result) mutable {
      if (result)
        promise.deliver(std::move(*result));
      else
        promise.deliver(result.error());
    });
    if (!started) // through the promise, since CAF drops a returned error once one exists
      promise.deliver(started.error());
    return promise;
  }

  caf::result<msg<wire::CaptureAccepted>> start_capture(const msg<wire::StartCapture>& request) {
    auto version = text(request->getRequest().getVersion());
    auto started = start(request->getRequest(), [version](caf::expected<msg<wire::Snapshot>> result) {
      if (!result) // the client has its answer already
        log::error("Capture failed: {}. version={}", text_of(result.error()), version);
    });
    if (!started)
      return started.error();
    return msg<wire::CaptureAccepted>::build([&](wire::CaptureAccepted::Builder out) {
      out.setVersion(version);
      out.setCaptureId(started->value);
      out.setLocation("/api/v1/snapshots/" + version);
    });
  }

  caf::result<msg<wire::Snapshot>> import(const msg<wire::ImportSnapshot>& request) {
    auto snapshot = normalise_import(request, now_unix_micros());
    if (!snapshot)
      return snapshot.error();
    auto id = begin(text(request->getVersion()), captures_in_work::kind::import);
    if (!id)
      return id.error();
    auto promise = self_->make_response_promise<msg<wire::Snapshot>>();
    auto answer = [promise](caf::expected<msg<wire::Snapshot>> kept) mutable {
      if (kept)
        promise.deliver(std::move(*kept));
      else
        promise.deliver(kept.error());
    };
    keep(with_capture_id(*snapshot, id->value),
         telling(text(request->getVersion()), *id, wire::CaptureStep::IMPORTED, std::move(answer)));
    return promise;
  }

  caf::result<measured_once> measure(const measure_once& asked) {
    auto* found = adapters_.find(asked.adapter);
    if (!found)
      return fail(ec::not_found, "this node has no adapter " + asked.adapter);
    std::vector<capture_member> alone{{found->definition, found->handle, found->unavailable}};
    auto promise = self_->make_response_promise<measured_once>();
    auto limit = capture_limit(alone);
    std::map<std::string, adapter_actor> handles{{asked.adapter, found->handle}};
    self_->request(spawn_capture(self_->system(), std::move(alone), options_.captures), limit, asked.request)
      .then(
        [this, promise, handles](const capture_result& result) mutable {
          adapters_.replace_hung(result.hung, handles);
          promise.deliver(measured_once{result.outcomes.front()});
        },
        [promise](caf::error& err) mutable { promise.deliver(std::move(err)); });
    return promise;
  }

  // -- queries ------------------------------------------------------------------

  caf::result<msg<wire::Snapshot>> find(const msg<wire::SnapshotQuery>& query) {
    auto version = text(query->getVersion());
    auto found = snapshots().latest(version);
    if (found || code_of(found.error()) != ec::not_found || in_work_.running(version) == capture_id{})
      return found;
    return fail(ec::not_found, "no snapshot of version " + version + " yet: its first capture, number " +
                                 std::to_string(in_work_.running(version).value) + ", is running");
  }

  caf::result<msg<wire::SnapshotSummary>> find_previous(const msg<wire::PreviousVersionQuery>& query) {
    auto known = snapshots().versions(defaults::max_ordered_versions);
    if (!known)
      return known.error();
    std::erase(*known, as_view(query->getVersion()));
    auto older = [](const std::string& a, const std::string& b) { return analysis::compare_versions(a, b) < 0; };
    auto newest = std::ranges::max_element(*known, older);
    if (newest == known->end())
      return fail(ec::no_data, "no version other than " + text(query->getVersion()) + " has a snapshot");
    return snapshots().summary(*newest);
  }

  caf::result<msg<wire::CaptureList>> list_captures(const msg<wire::CaptureListQuery>& query) {
    auto version = text(query->getVersion());
    auto found =
      snapshots().captures(version, query->getLimit(), capture_id{query->getAfter()}, defaults::max_capture_list_bytes);
    if (!found)
      return found;
    bool is_first_page = query->getAfter() == 0;
    if (is_first_page && (*found)->getCaptures().size() == 0 && in_work_.running(version) == capture_id{})
      return fail(ec::not_found, "no capture of version " + version);
    return msg<wire::CaptureList>::build([&](wire::CaptureList::Builder out) {
      out.setVersion(version);
      out.setCaptures((*found)->getCaptures());
      out.setNext((*found)->getNext());
      out.setRunning(in_work_.running(version).value);
    });
  }

  caf::result<msg<wire::Snapshot>> find_capture(const msg<wire::CaptureQuery>& query) {
    return snapshots().capture(text(query->getVersion()), capture_id{query->getCaptureId()});
  }

  // -- deletion -----------------------------------------------------------------

  caf::result<msg<wire::CaptureDeleted>> delete_capture(const msg<wire::DeleteCapture>& request) {
    auto version = text(request->getVersion());
    if (auto refused = in_work_.reserve(version, captures_in_work::kind::deletion))
      return refused;
    auto promise = self_->make_response_promise<msg<wire::CaptureDeleted>>();
    auto answer = [this, version, promise](caf::expected<msg<wire::CaptureDeleted>> result) mutable {
      in_work_.release(version);
      if (result)
        promise.deliver(std::move(*result));
      else
        promise.deliver(std::move(result.error()));
    };
    auto snapshot = snapshots().capture(version, capture_id{request->getCaptureId()});
    if (!snapshot)
      return answer(snapshot.error()), promise;
    removal why{as_view(request->getReason()), now_unix_micros()};
    auto deletion = snapshots().erase(*snapshot, why);
    if (!deletion)
      return answer(deletion.error()), promise;
    series_store::mark_deleted(**snapshot, why, deletion->writes);
    auto deleted = describe_deletion(request, *deletion);
    commit(self_, services_.committer, std::move(deletion->writes))
      .then(
        [this, answer, deleted](committed) mutable {
          log::info("Capture deleted: {}. version={} capture={} left={}",
                    printable_tail(as_view(deleted->getReason()), max_logged_reason), deleted->getVersion().cStr(),
                    deleted->getCaptureId(), deleted->getCaptures());
          self_->send(services_.events, capture_deleted(*deleted));
          publish_results();
          answer(deleted);
        },
        [answer](caf::error& err) mutable { answer(std::move(err)); });
    return promise;
  }

  caf::result<msg<wire::SnapshotList>> list(const msg<wire::PageQuery>& query) {
    return snapshots().list(query->getLimit(), text(query->getAfter()));
  }

  caf::expected<msg<wire::LatestResults>> latest_results() {
    return series_store{*services_.db}.latest(options_.node);
  }

  void share(const sharing_started& with) {
    publisher_ = with.publisher;
    publish_results();
  }

  msg<wire::BenchmarkList> list_benchmarks() {
    return adapters_.describe_all();
  }

  // -- registration -------------------------------------------------------------

  caf::result<msg<wire::BenchmarkInfo>> register_command(const msg<wire::CommandSpec>& spec) {
    auto name = text(spec->getName());
    if (spec->getTier() == wire::Tier::ALL)
      return fail(ec::invalid, "/tier must be fast, heavy or dynamic");
    if (auto taken = names_.why_taken(name, spec->getReplace()))
      return taken;
    write_set writes;
    adapter_store::erase(name, writes); // it may replace one of the other kind
    adapter_store::keep(spec, writes);
    names_.reserve(name);
    auto promise = self_->make_response_promise<msg<wire::BenchmarkInfo>>();
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, promise, spec, name](committed) mutable {
          names_.release(name);
          adapters_.release(name);
          promise.deliver(adapter_table::describe(adapters_.add(options_.command_adapter(spec))));
        },
        [this, promise, name](caf::error& err) mutable {
          names_.release(name);
          promise.deliver(std::move(err));
        });
    return promise;
  }

  caf::result<msg<wire::WorkerRegistered>> register_worker(const msg<wire::RegisterWorker>& request) {
    std::vector<msg<wire::WorkerAdapter>> changed;
    if (auto refused = names_.find_changed(*request, options_.worker_adapter, changed))
      return refused;
    write_set writes;
    for (const auto& spec : changed)
      adapter_store::keep(spec, writes);
    for (const auto& spec : changed)
      names_.reserve(text(spec->getName()));
    auto promise = self_->make_response_promise<msg<wire::WorkerRegistered>>();
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, promise, changed, request](committed) mutable {
          for (const auto& spec : changed) {
            names_.release(text(spec->getName()));
            adapters_.release(text(spec->getName()));
            adapters_.add(options_.worker_adapter(spec));
          }
          // No timeout: the pool answers in the step that takes the request. The specs are stored already, so giving
          // up would tell the worker that it is not registered when it is.
          self_->request(services_.workers, caf::infinite, request)
            .then([promise](const msg<wire::WorkerRegistered>& added) mutable { promise.deliver(added); },
                  [promise](caf::error& err) mutable { promise.deliver(std::move(err)); });
        },
        [this, promise, changed](caf::error& err) mutable {
          for (const auto& spec : changed)
            names_.release(text(spec->getName()));
          promise.deliver(std::move(err));
        });
    return promise;
  }

  caf::result<msg<wire::BenchmarkInfo>> remove(const msg<wire::BenchmarkName>& query) {
    auto name = text(query->getName());
    auto* found = adapters_.find(name);
    if (!found)
      return fail(ec::not_found, "no adapter named " + name);
    if (found->definition.source == "builtin")
      return fail(ec::forbidden, "the adapter " + name + " is built in");
    if (found->definition.owner)
      return self_->delegate(found->definition.owner, query);
    write_set writes;
    adapter_store::erase(name, writes);
    auto promise = self_->make_response_promise<msg<wire::BenchmarkInfo>>();
    commit(self_, services_.committer, std::move(writes))
      .then([this, promise, name](committed) mutable { drop(name, promise); },
            [promise](caf::error& err) mutable { promise.deliver(std::move(err)); });
    return promise;
  }

  caf::result<msg<wire::BenchmarkInfo>> accept(const offer_adapter& offer) {
    const auto& definition = offer.definition;
    if (auto taken = names_.why_not_offered(definition))
      return taken;
    adapters_.release(definition.name);
    return adapter_table::describe(adapters_.add(definition));
  }

  caf::result<msg<wire::BenchmarkInfo>> withdraw(const std::string& name) {
    auto* found = adapters_.find(name);
    if (!found || !found->definition.owner)
      return fail(ec::not_found, "no adapter named " + name);
    auto described = adapter_table::describe(*found);
    adapters_.end(name);
    return described;
  }

  void on_down(const caf::down_msg& down) {
    adapters_.on_down(down);
  }

private:
  /// Size limit of a deletion's reason in the log; equals the schema's limit.
  static constexpr size_t max_logged_reason = 1'024;

  snapshot_store snapshots() const {
    return snapshot_store{*services_.db};
  }

  caf::error read_registered() {
    // A later release may add a built-in adapter of this name: it takes precedence, and the other one stays stored.
    auto add = [this](const auto& spec, const auto& make) {
      if (adapters_.find(text(spec->getName())))
        log::warn("Registered adapter not used: another one has its name. adapter={}", spec->getName().cStr());
      else
        adapters_.add(make(spec));
    };
    return adapter_store{*services_.db}.visit([&](const auto& spec) { add(spec, options_.command_adapter); },
                                              [&](const auto& spec) { add(spec, options_.worker_adapter); });
  }

  /// Reserves the version and assigns a number for a capture or import.
  caf::expected<capture_id> begin(const std::string& version, captures_in_work::kind what) {
    capture_id next{last_capture_ + 1};
    if (auto refused = in_work_.reserve(version, what, next))
      return refused;
    last_capture_ = next.value;
    return next;
  }

  static msg<wire::CaptureDeleted> describe_deletion(const msg<wire::DeleteCapture>& request,
                                                     const snapshot_store::deletion& deletion) {
    return msg<wire::CaptureDeleted>::build([&](wire::CaptureDeleted::Builder out) {
      out.setVersion(request->getVersion());
      out.setCaptureId(request->getCaptureId());
      out.setReason(request->getReason());
      out.setCaptures(deletion.captures_left);
      out.setLatest(deletion.latest.value);
    });
  }

  caf::expected<capture_id> start(wire::CaptureRequest::Reader request, capture_done done) {
    auto plan = plan_capture(request, adapters_);
    if (!plan)
      return plan.error();
    auto version = text(request.getVersion());
    auto id = begin(version, captures_in_work::kind::capture);
    if (!id)
      return id;
    self_->send(services_.events, capture_started(version, *id));
    done = telling(version, *id, wire::CaptureStep::FINISHED, std::move(done));
    capture_facts facts{version,           git_sha(request), now_unix_micros(),
                        request.getTier(), options_.node,    options_.environment};
    auto measure = msg<wire::MeasureRequest>::build([&](wire::MeasureRequest::Builder out) {
      out.setCaptureId(id->value);
      out.setVersion(version);
      out.setRepeats(request.getRepeats() != 0 ? request.getRepeats() : options_.repeats);
    });
    auto limit = capture_limit(plan->members);
    auto asked = plan->handles();
    self_->request(spawn_capture(self_->system(), std::move(plan->members), options_.captures), limit, measure)
      .then(
        [this, facts, id = *id, done, asked, given = std::move(plan->given)](const capture_result& result) {
          adapters_.replace_hung(result.hung, asked);
          auto outcomes = result.outcomes;
          outcomes.insert(outcomes.end(), given.begin(), given.end());
          keep(with_capture_id(build_snapshot(facts, outcomes), id.value), done);
        },
        [this, version, done](caf::error& err) {
          in_work_.release(version);
          done(std::move(err));
        });
    return id;
  }

  /// Wraps `done` so that the event for the end of the capture or import is sent first; its step is `good` if a
  /// snapshot was stored.
  capture_done telling(std::string version, capture_id id, wire::CaptureStep good, capture_done done) {
    return [this, version = std::move(version), id, good, done = std::move(done),
            held = options_.hold ? options_.hold() : nullptr](const caf::expected<msg<wire::Snapshot>>& result) {
      self_->send(services_.events, capture_ended(version, id, good, result));
      done(result);
    };
  }

  std::string git_sha(wire::CaptureRequest::Reader request) const {
    if (request.getGitSha().size() > 0 || options_.checkout.empty())
      return text(request.getGitSha());
    auto head = read_head_sha(options_.checkout);
    if (head)
      return *head;
    log::warn("Capture has no git sha: {} (node.checkout names the checkout). version={}", text_of(head.error()),
              request.getVersion().cStr());
    return {};
  }

  /// Makes a snapshot durable, then releases its version.
  void keep(msg<wire::Snapshot> snapshot, capture_done done) {
    auto version = text(snapshot->getVersion());
    auto give_up = [this, version, done](caf::error err) {
      in_work_.release(version);
      done(std::move(err));
    };
    if (snapshot.bytes().size() > max_bytes_of(capnp::Schema::from<wire::Snapshot>()))
      return give_up(fail(ec::too_large, "the snapshot of " + version + " is larger than a message may be"));
    auto writes = snapshots().keep(snapshot, capture_id{last_capture_});
    if (!writes)
      return give_up(writes.error());
    // Captures end in another order than they begin in.
    series_store::append(*snapshot, *writes, snapshot->getCaptureId() != last_capture_);
    commit(self_, services_.committer, std::move(*writes))
      .then(
        [this, version, snapshot, done](committed) {
          in_work_.release(version);
          publish_results();
          done(snapshot);
        },
        [give_up](caf::error& err) { give_up(std::move(err)); });
  }

  /// Shows the newest results on the board, and tells them to the hive.
  void publish_results() {
    auto latest = latest_results();
    services_.results->set(latest ? std::optional{*latest} : std::nullopt);
    if (!latest && code_of(latest.error()) != ec::no_data)
      return log::warn("Newest results unknown: {}", text_of(latest.error()));
    if (publisher_)
      self_->send(publisher_, publish_slots{latest_results_kind,
                                            latest ? to_result_slots(**latest) : std::map<std::string, std::string>{}});
  }

  void drop(const std::string& name, caf::typed_response_promise<msg<wire::BenchmarkInfo>>& promise) {
    auto* found = adapters_.find(name);
    if (!found) {
      promise.deliver(fail(ec::not_found, "no adapter named " + name));
      return;
    }
    promise.deliver(adapter_table::describe(*found));
    adapters_.end(name);
  }

  registry_actor::pointer self_;
  registry_services services_;
  slot_publisher_actor publisher_;
  registry_options options_;
  adapter_table adapters_;
  adapter_names names_{adapters_};
  captures_in_work in_work_{defaults::max_concurrent_captures};
  uint64_t last_capture_ = 0;
};

registry_actor::behavior_type registry(registry_actor::stateful_pointer<registry_state> self,
                                       registry_services services, registry_options options) {
  auto& state = self->state;
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  if (auto err = state.init(std::move(services), std::move(options)))
    self->quit(std::move(err));
  return {[self](const msg<wire::CaptureRequest>& request) { return self->state.capture(request); },
          [self](const msg<wire::StartCapture>& request) { return self->state.start_capture(request); },
          [self](const msg<wire::ImportSnapshot>& request) { return self->state.import(request); },
          [self](const msg<wire::SnapshotQuery>& query) { return self->state.find(query); },
          [self](const msg<wire::PreviousVersionQuery>& query) { return self->state.find_previous(query); },
          [self](const msg<wire::PageQuery>& query) { return self->state.list(query); },
          [self](const msg<wire::CaptureListQuery>& query) { return self->state.list_captures(query); },
          [self](const msg<wire::CaptureQuery>& query) { return self->state.find_capture(query); },
          [self](const msg<wire::DeleteCapture>& request) { return self->state.delete_capture(request); },
          [self](const msg<wire::LatestResultsQuery>&) -> caf::result<msg<wire::LatestResults>> {
            auto latest = self->state.latest_results();
            if (!latest)
              return latest.error();
            return std::move(*latest);
          },
          [self](const sharing_started& with) { self->state.share(with); },
          [self](const msg<wire::BenchmarkQuery>&) { return self->state.list_benchmarks(); },
          [self](const msg<wire::CommandSpec>& spec) { return self->state.register_command(spec); },
          [self](const msg<wire::RegisterWorker>& request) { return self->state.register_worker(request); },
          [self](const msg<wire::BenchmarkName>& query) { return self->state.remove(query); },
          [self](const measure_once& asked) { return self->state.measure(asked); },
          [self](const offer_adapter& offer) { return self->state.accept(offer); },
          [self](const withdraw_adapter& which) { return self->state.withdraw(which.name); }};
}

} // namespace

registry_actor spawn_registry(caf::actor_system& system, registry_services services, registry_options options) {
  return system.spawn(registry, std::move(services), std::move(options));
}

} // namespace hive
