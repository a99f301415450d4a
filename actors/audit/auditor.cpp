#include "actors/audit/auditor.hpp"

#include "actors/audit/refusal_sampler.hpp"
#include "actors/store/commit.hpp"
#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/log.hpp"
#include "storage/audit_store.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

namespace hive {
namespace {

using record = msg<wire::AuditRecord>;

/// Old records that one write forgets: there is more than one only after writes that failed.
constexpr uint64_t max_forgotten_at_once = 64;
constexpr int first_error_status = 400;

class auditor_state {
public:
  using pointer = audit_actor::stateful_pointer<auditor_state>;
  static inline const char* name = "audit";

  void init(pointer self, auditor_services services, const auditor_options& options, audit_store::range stored) {
    self_ = self;
    services_ = std::move(services);
    max_records_ = options.max_records;
    sampler_ = refusal_sampler{options.refused};
    next_ = stored.last + 1;
    first_ = stored.first == 0 ? next_ : stored.first;
    counted_ = &prometheus::BuildCounter()
                  .Name("hive_audit_total")
                  .Help("Requests that need role operate, by the role of their callers and by their results.")
                  .Register(*services_.metrics);
  }

  caf::result<uint64_t> begin(const record& what) {
    auto number = next_++;
    auto promise = self_->make_response_promise<uint64_t>();
    write(with_number(what, number), [promise, number](const caf::error& err) mutable {
      if (err)
        promise.deliver(err);
      else
        promise.deliver(number);
    });
    return promise;
  }

  caf::result<uint64_t> end(const record& answer) {
    auto number = answer->getNumber();
    auto before = audit_store{*services_.db}.find(number);
    if (!before)
      return before.error();
    if (!*before) // newer records have replaced it
      return number;
    count(**before, answer->getStatus() < first_error_status ? "done" : "failed");
    auto whole = changed(**before, [&answer](wire::AuditRecord::Builder out) {
      out.setAnsweredAt(answer->getAnsweredAt());
      out.setStatus(answer->getStatus());
      if (answer->hasMade())
        out.setMade(answer->getMade());
      if (answer->hasProblem())
        out.setProblem(answer->getProblem());
    });
    auto promise = self_->make_response_promise<uint64_t>();
    write(whole, [promise, number](const caf::error& err) mutable {
      if (err)
        promise.deliver(err);
      else
        promise.deliver(number);
    });
    return promise;
  }

  void refuse(const record& what) {
    count(what, "refused");
    auto skipped = sampler_.take(std::chrono::steady_clock::now());
    if (!skipped)
      return;
    auto whole = changed(with_number(what, next_++), [&skipped](wire::AuditRecord::Builder out) {
      out.setRefused(true);
      out.setSkipped(*skipped);
    });
    write(whole, [](const caf::error& err) {
      if (err)
        log::warn("A refused request was not recorded in the audit: {}", text_of(err));
    });
  }

  caf::result<msg<wire::AuditPage>> page(wire::AuditQuery::Reader query) const {
    auto out = audit_store{*services_.db}.page(query);
    if (!out)
      return out.error();
    return std::move(*out);
  }

private:
  static record with_number(const record& what, uint64_t number) {
    return changed(what, [number](wire::AuditRecord::Builder out) { out.setNumber(number); });
  }

  /// Writes the record, and forgets those that are too old by then.
  template <class Done>
  void write(const record& what, Done done) {
    write_set writes;
    audit_store::put(writes, what);
    auto kept_from = next_ > max_records_ ? next_ - max_records_ : 0;
    auto end = std::min(kept_from, first_ + max_forgotten_at_once);
    for (auto old = first_; old < end; ++old)
      audit_store::forget(writes, old);
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, end, done](const committed&) mutable {
          first_ = std::max(first_, end);
          done(caf::error{});
        },
        [done](const caf::error& err) mutable { done(err); });
  }

  void count(const record& what, const char* result) {
    counted_->Add({{"role", std::string{as_view(what->getRole())}}, {"result", result}}).Increment();
  }

  pointer self_ = nullptr;
  auditor_services services_;
  uint64_t max_records_ = 0;
  refusal_sampler sampler_{{}};
  uint64_t next_ = 1;  ///< number of the next record
  uint64_t first_ = 1; ///< no lower number is in the store
  prometheus::Family<prometheus::Counter>* counted_ = nullptr;
};

audit_actor::behavior_type audit(auditor_state::pointer self, auditor_services services, const auditor_options& options,
                                 audit_store::range stored) {
  self->state.init(self, std::move(services), options, stored);
  return {
    [self](const record& what) { return what->getNumber() == 0 ? self->state.begin(what) : self->state.end(what); },
    [self](act_refused, const record& what) { self->state.refuse(what); },
    [self](const msg<wire::AuditQuery>& query) { return self->state.page(*query); },
  };
}

} // namespace

caf::expected<audit_actor> spawn_auditor(caf::actor_system& system, auditor_services services,
                                         auditor_options options) {
  auto stored = audit_store{*services.db}.numbers();
  if (!stored)
    return stored.error();
  return system.spawn(audit, std::move(services), options, *stored);
}

} // namespace hive
