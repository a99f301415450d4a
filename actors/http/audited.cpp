#include "actors/http/audited.hpp"

#include "actors/http/gateway.hpp"
#include "actors/http/screening.hpp"
#include "messages/annotations.hpp"
#include "messages/audit.capnp.h"
#include "messages/json_text.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <atomic>
#include <caf/all.hpp>

namespace hive::http {
namespace {

using record = msg<wire::AuditRecord>;

// Bounds of the schema.
constexpr size_t max_who = 256;
constexpr size_t max_peer = 64;
constexpr size_t max_route = 256;
constexpr size_t max_path = 1'024;
constexpr size_t max_namespace = 64;
constexpr size_t max_subject = 512;
constexpr size_t max_problem = 512;

/// Text of a stranger, as much as the record takes.
std::string bounded(std::string_view text, size_t most) {
  return std::string{cut_text(printable(text), most)};
}

/// What is known of a request when it comes.
struct incoming {
  const route& of;
  const caller& sender;
  std::string_view path;
  std::string_view peer;
  std::string_view name_space;
};

wire::CallerKind kind_of(const caller& sender) {
  if (sender.from)
    return sender.from->what == peer::kind::user ? wire::CallerKind::USER : wire::CallerKind::CERTIFICATE;
  if (sender.is_own)
    return wire::CallerKind::OPERATOR;
  return sender.token.empty() ? wire::CallerKind::OPEN : wire::CallerKind::TOKEN;
}

void describe(const incoming& what, wire::AuditRecord::Builder out) {
  auto set = [](std::string text, auto setter) {
    if (!text.empty())
      setter(text);
  };
  out.setAt(now_unix_micros());
  out.setKind(kind_of(what.sender));
  const auto& who = what.sender.from ? what.sender.from->name : what.sender.token;
  set(bounded(who, max_who), [&](const auto& text) { out.setWho(text); });
  out.setRole(std::string{to_string(what.sender.grants)});
  set(bounded(what.peer, max_peer), [&](const auto& text) { out.setFrom(text); });
  out.setMethod(std::string{to_string(what.of.verb)});
  out.setRoute(bounded(what.of.path, max_route));
  out.setPath(bounded(what.path, max_path));
  set(bounded(what.name_space, max_namespace), [&](const auto& text) { out.setNameSpace(text); });
}

void set_problem(std::string_view text, wire::AuditRecord::Builder out) {
  if (!text.empty())
    out.setProblem(bounded(text, max_problem));
}

bool is_id_of(const route& of, std::string_view member) {
  return std::ranges::any_of(field_rules::of(*of.question),
                             [member](const auto& field) { return field.id && field.json_name == member; });
}

/// The ids in a body, which say what the request is about where its path does not; nothing of what else it holds, which
/// may be secret.
std::string subject_of(const route& of, std::string_view body) {
  if (!of.question || body.empty() || body.size() > defaults::max_inline_json_bytes)
    return {};
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(body, scratch);
  if (!members) // the handler tells the caller
    return {};
  std::string out;
  for (auto member : *members)
    if (auto name = as_view(member.getName()); member.getValue().isString() && is_id_of(of, name))
      out += (out.empty() ? "" : " ") + std::string{name} + "=" + printable(as_view(member.getValue().getString()));
  return std::string{cut_text(out, max_subject)};
}

/// What the record keeps of an answer.
record answer_of(const response& what, uint64_t number) {
  return record::build([&](wire::AuditRecord::Builder out) {
    out.setNumber(number);
    out.setAnsweredAt(now_unix_micros());
    out.setStatus(static_cast<uint16_t>(what.status));
    for (const auto& [name, value] : what.headers)
      if (name == "Location")
        out.setMade(bounded(value, max_path));
    set_problem(what.failure, out);
  });
}

/// A request of which the audit hears before its act begins and before its caller has the answer.
class audited_exchange final : public exchange, public std::enable_shared_from_this<audited_exchange> {
public:
  audited_exchange(exchange_ptr inner, audit_actor audit, const route& of)
      : inner_{std::move(inner)}, audit_{std::move(audit)}, of_{of} {
  }

  ~audited_exchange() override {
    answer_with(fail(ec::unavailable, "the service ended before it answered"));
  }

  const http::request& request() const override {
    return inner_->request();
  }

  void answer(response what) override {
    if (answered_.test_and_set())
      return;
    auto number = number_.load();
    if (number == 0) {
      if (what.status == 401 || what.status == 403)
        tell_refusal(what.failure);
      return inner_->answer(std::move(what));
    }
    inner_->forward([audit = audit_, number, what = std::make_shared<response>(std::move(what))](
                      gateway_requests& gateway, const exchange_ptr& to) {
      gateway.request(audit, no_timeout, answer_of(*what, number))
        .then([to, what](uint64_t) { to->answer(std::move(*what)); },
              [to, what, number](const caf::error& error) {
                // The act is done, and whoever asked for it has to know how it ended.
                log::error("The audit lacks the answer to an act: {}. record={} status={}", text_of(error), number,
                           what->status);
                to->answer(std::move(*what));
              });
    });
  }

  std::shared_ptr<body_stream> stream(response head) override {
    if (answered_.test_and_set())
      return nullptr;
    if (auto number = number_.load())
      caf::anon_send(audit_, answer_of(head, number));
    return inner_->stream(std::move(head));
  }

  void forward(action next) override {
    inner_->forward([self = shared_from_this(), next = std::move(next)](gateway_requests& gateway,
                                                                        const exchange_ptr&) { next(gateway, self); });
  }

  void operate(action next) override {
    if (number_ != 0)
      return forward(std::move(next));
    inner_->forward(
      [self = shared_from_this(), next = std::move(next)](gateway_requests& gateway, const exchange_ptr&) {
        gateway.request(self->audit_, no_timeout, self->describe_request())
          .then(
            [self, next, &gateway](uint64_t number) {
              self->number_ = number;
              run_action(gateway, {self, next});
            },
            [self](const caf::error& error) { self->answer_with(error); });
      });
  }

  void keep(std::shared_ptr<void> what) override {
    inner_->keep(std::move(what));
  }

  void run_aside(std::function<void()> work) override {
    inner_->run_aside([self = shared_from_this(), work = std::move(work)] {
      run_handler([&work](const exchange_ptr&) { work(); }, self);
    });
  }

private:
  void answer_with(const caf::error& error) {
    answer(problem(error));
  }

  record describe_request() const {
    const auto& what = request();
    auto subject = subject_of(of_, what.body);
    return record::build([&](wire::AuditRecord::Builder out) {
      describe({of_, what.sender, what.path, what.peer, what.name_space}, out);
      if (!subject.empty())
        out.setSubject(subject);
    });
  }

  void tell_refusal(const std::string& why) const {
    const auto& what = request();
    caf::anon_send(audit_, act_refused::value, record::build([&](wire::AuditRecord::Builder out) {
                     describe({of_, what.sender, what.path, what.peer, what.name_space}, out);
                     set_problem(why, out);
                   }));
  }

  const exchange_ptr inner_;
  const audit_actor audit_;
  const route& of_;                  ///< of the server, which outlives its exchanges
  std::atomic<uint64_t> number_ = 0; ///< of the record; 0: the act has not begun
  std::atomic_flag answered_;
};

} // namespace

route audited(route of, const audit_actor& audit) {
  if (of.verb == method::get || !(of.access == role::operate || of.may_operate))
    return of;
  of.asks_for_token = true;
  of.wrap = [audit](const route& found, const exchange_ptr& what, std::function<void(const exchange_ptr&)> go) {
    auto wrapped = std::make_shared<audited_exchange>(what, audit, found);
    if (found.access != role::operate) // the handler knows whether it is an act of an operator
      return go(wrapped);
    wrapped->operate([go = std::move(go)](gateway_requests&, const exchange_ptr& to) { go(to); });
  };
  of.on_refused = [audit](const route& found, const request_head& head, const caller& sender, const response& why) {
    caf::anon_send(audit, act_refused::value, record::build([&](wire::AuditRecord::Builder out) {
                     describe({found, sender, head.path,
                               head.from ? std::string_view{head.from->address} : std::string_view{}, head.name_space},
                              out);
                     set_problem(why.failure, out);
                   }));
  };
  return of;
}

std::vector<route> audit_routes(const audit_actor& audit) {
  using namespace wire;
  return {
    route::ask<AuditQuery, AuditPage>(method::get, "/api/v1/audit", audit, "Who operated the node, newest first")
      .for_role(role::operate),
  };
}

} // namespace hive::http
