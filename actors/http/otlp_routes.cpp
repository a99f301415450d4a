#include "actors/http/otlp_routes.hpp"

#include "actors/http/meter.hpp"
#include "actors/otlp/bounds.hpp"
#include "actors/otlp/gunzip.hpp"
#include "actors/otlp/mapped_export.hpp"
#include "messages/otlp.capnp.h"
#include "messages/text.hpp"
#include "platform/log.hpp"

namespace hive::http {
namespace {

constexpr std::string_view protobuf_type = "application/x-protobuf";
/// Key of the capture that makes an agent's first baseline, so that two exports at once make one.
constexpr auto first_capture_key = "opentelemetry";

bool is_protobuf(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  return type.substr(0, type.find_last_not_of(" \t") + 1) == protobuf_type;
}

// -- answers ------------------------------------------------------------------------------------------------------

/// The code of gRPC that says the same as an HTTP status.
int rpc_code_of(int status) {
  switch (status) {
  case 400:
  case 415:
    return 3; // INVALID_ARGUMENT
  case 401:
    return 16; // UNAUTHENTICATED
  case 403:
    return 7; // PERMISSION_DENIED
  case 413:
  case 429:
    return 8; // RESOURCE_EXHAUSTED
  case 503:
    return 14; // UNAVAILABLE
  case 504:
    return 4; // DEADLINE_EXCEEDED
  default:
    return 13; // INTERNAL
  }
}

/// A problem as OTLP demands it: a google.rpc.Status in the encoding of the request.
void restate_as_status(response& problem, std::string_view content_type) {
  auto code = rpc_code_of(problem.status);
  if (is_protobuf(content_type)) {
    problem.content_type = protobuf_type;
    problem.body = otlp::encode_protobuf_status(code, problem.failure);
    return;
  }
  problem.content_type = "application/json";
  problem.body = to_json(msg<wire::RpcStatus>::build([&](wire::RpcStatus::Builder out) {
    out.setCode(code);
    out.setMessage(problem.failure);
  }));
}

response answer_of(const request& to, uint64_t rejected, const std::string& reason) {
  response out;
  if (is_protobuf(to.content_type)) {
    out.content_type = protobuf_type;
    out.body = otlp::encode_protobuf_answer(rejected, reason);
    return out;
  }
  out.body = to_json(msg<wire::TracesExported>::build([&](wire::TracesExported::Builder answer) {
    if (rejected == 0)
      return;
    answer.initPartialSuccess().setRejectedSpans(rejected);
    answer.getPartialSuccess().setErrorMessage(reason);
  }));
  return out;
}

/// What exporters repeat later: 429 and 503. A full disk may be emptied by then.
response refusal_of(const caf::error& error) {
  auto code = code_of(error);
  if (code == ec::overloaded)
    return problem(429, code, text_of(error));
  if (code == ec::storage_failed)
    return problem(503, code, text_of(error));
  return problem(error);
}

// -- an export on its way to the disk -----------------------------------------------------------------------------

/// Sends the records of an export to their actors, and answers when all of them are durable.
class ingest : public std::enable_shared_from_this<ingest> {
public:
  ingest(baselines_actor baselines, tracker_actor tracker, otlp::mapped_export what, meter::share room)
      : baselines_{std::move(baselines)}, tracker_{std::move(tracker)}, what_{std::move(what)}, room_{std::move(room)} {
  }

  void begin(gateway_requests& gateway, const exchange_ptr& to) {
    to_ = to;
    open_ = 1; // until all is sent
    for (const auto& agent : what_.agents) {
      if (agent.spans)
        send<wire::AgentInputStored>(gateway, baselines_, *agent.spans, [](const auto&) {});
      if (agent.runs)
        send<wire::AgentInputStored>(gateway, baselines_, *agent.runs,
                                     [this, &gateway, &agent](const auto&) { look_for_baseline(gateway, agent); });
    }
    if (what_.tasks)
      send<wire::TasksRecorded>(gateway, tracker_, *what_.tasks,
                                [this](const msg<wire::TasksRecorded>& kept) { note_rejected(*kept); });
    close_one();
  }

private:
  /// A request on which the answer waits. Its failure is the answer, unless an earlier one is.
  template <class Answer, class Actor, class Request, class Then>
  void send(gateway_requests& gateway, const Actor& whom, const msg<Request>& what, Then then) {
    ++open_;
    gateway.request(whom, defaults::request_timeout, what)
      .then(
        [self = shared_from_this(), then](const msg<Answer>& answer) {
          then(answer);
          self->close_one();
        },
        [self = shared_from_this()](const caf::error& error) {
          if (!self->failure_)
            self->failure_ = error;
          self->close_one();
        });
  }

  /// An agent that is known by its spans alone has a baseline from its first runs on.
  void look_for_baseline(gateway_requests& gateway, const otlp::agent_records& who) {
    auto query = msg<wire::AgentQuery>::build([&](wire::AgentQuery::Builder out) {
      out.setPromptId(who.prompt_id);
      out.setFlowId(who.flow_id);
    });
    send<wire::Agent>(gateway, baselines_, query, [this, &gateway, &who](const msg<wire::Agent>& agent) {
      if (agent->getLatest() == 0)
        capture(gateway, who);
    });
  }

  void capture(gateway_requests& gateway, const otlp::agent_records& who) {
    auto wanted = msg<wire::CaptureBaseline>::build([&](wire::CaptureBaseline::Builder out) {
      out.setPromptId(who.prompt_id);
      out.setFlowId(who.flow_id);
      out.setTrigger("creation");
      out.setIdempotencyKey(first_capture_key);
    });
    send<wire::CaptureOutcome>(gateway, baselines_, wanted, [](const auto&) {});
  }

  void note_rejected(wire::TasksRecorded::Reader kept) {
    auto rejected = kept.getRejected();
    if (rejected.size() > 0 && what_.rejected == 0)
      what_.reason = "task record: " + std::string{as_view(rejected[0].getReason())};
    what_.rejected += rejected.size();
  }

  void close_one() {
    if (--open_ > 0)
      return;
    if (failure_)
      to_->answer(refusal_of(failure_));
    else
      to_->answer(answer_of(to_->request(), what_.rejected, what_.reason));
    to_ = nullptr;
  }

  const baselines_actor baselines_;
  const tracker_actor tracker_;
  otlp::mapped_export what_;
  const meter::share room_;
  exchange_ptr to_;
  size_t open_ = 0; ///< requests without their answer
  caf::error failure_;
};

// -- the route ------------------------------------------------------------------------------------------------------

class receiver : public std::enable_shared_from_this<receiver> {
public:
  receiver(const baselines_actor& baselines, const tracker_actor& tracker) : baselines_{baselines}, tracker_{tracker} {
  }

  void receive(const exchange_ptr& incoming) {
    auto& request = incoming->request();
    if (!is_protobuf(request.content_type) && !is_json(request.content_type))
      return incoming->answer(
        problem(415, ec::unsupported, "the body's Content-Type must be application/x-protobuf or application/json"));
    if (request.content_encoding.empty())
      return take(incoming, request.body, {});
    // Little that was sent may be much.
    incoming->run_aside([self = shared_from_this(), incoming] { self->decompress(incoming); });
  }

private:
  void decompress(const exchange_ptr& incoming) {
    if (in_flight_->total() > defaults::max_export_bytes_in_flight)
      return incoming->answer(problem(429, ec::overloaded,
                                      "the exports that are being answered have more than " +
                                        std::to_string(defaults::max_export_bytes_in_flight) + " bytes"));
    auto body = otlp::gunzip(incoming->request().body, defaults::max_export_bytes);
    if (!body)
      return incoming->answer(problem(body.error()));
    take(incoming, *body, {in_flight_, body->size()});
  }

  void take(const exchange_ptr& incoming, std::string_view body, meter::share room) {
    auto decoded = is_protobuf(incoming->request().content_type) ? otlp::decode_protobuf_export(body)
                                                                 : otlp::decode_json_export(body);
    if (!decoded) {
      auto code = code_of(decoded.error());
      return incoming->answer(code == ec::too_large ? problem(decoded.error())
                                                    : problem(400, code, text_of(decoded.error())));
    }
    auto work = std::make_shared<ingest>(baselines_, tracker_, otlp::map_export(*decoded), std::move(room));
    incoming->forward([work](gateway_requests& gateway, const exchange_ptr& to) { work->begin(gateway, to); });
  }

  const baselines_actor baselines_;
  const tracker_actor tracker_;
  const std::shared_ptr<meter> in_flight_ = std::make_shared<meter>(); ///< decompressed bytes
};

} // namespace

std::vector<route> otlp_routes(const baselines_actor& baselines, const tracker_actor& tracker) {
  auto receiving = std::make_shared<receiver>(baselines, tracker);
  auto out = route::raw(method::post, "/v1/traces", "Take an export of OpenTelemetry spans", "application/json",
                        [receiving](const exchange_ptr& incoming) { receiving->receive(incoming); });
  out.question = capnp::Schema::from<wire::ExportTraces>();
  out.documented = {answers<wire::TracesExported>(200)};
  out.takes_gzip = true;
  out.restate = restate_as_status;
  return {std::move(out)};
}

} // namespace hive::http
