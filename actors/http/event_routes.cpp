#include "actors/http/event_routes.hpp"

#include "messages/text.hpp"
#include "platform/log.hpp"

#include <atomic>
#include <charconv>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace hive::http {
namespace {

/// Limits the number of streams; each holds a place while it lives.
class stream_places : public std::enable_shared_from_this<stream_places> {
public:
  stream_places(size_t most, prometheus::Gauge& shown) : most_{most}, shown_{shown} {
  }

  /// Takes a place; null when none is free.
  std::shared_ptr<void> take() {
    if (taken_.fetch_add(1) >= most_) {
      --taken_;
      return nullptr;
    }
    shown_.Increment();
    return {this, [self = shared_from_this()](void*) {
              --self->taken_;
              self->shown_.Decrement();
            }};
  }

private:
  const size_t most_;
  std::atomic<size_t> taken_ = 0;
  prometheus::Gauge& shown_; ///< the node owns the registry, which outlives this object
};

std::string_view name_of(wire::EventKind kind) {
  switch (kind) {
  case wire::EventKind::MISSED:
    return "missed";
  case wire::EventKind::MEMBERSHIP:
    return "membership";
  case wire::EventKind::CAPTURE:
    return "capture";
  case wire::EventKind::VERDICT:
    return "verdict";
  case wire::EventKind::AGENT:
    return "agent";
  case wire::EventKind::LEASE:
    return "lease";
  case wire::EventKind::GPU:
    return "gpu";
  case wire::EventKind::UPGRADE:
    return "upgrade";
  }
  return "message"; // clients call events without a name `message`
}

std::string to_text(const event_log::page& page) {
  std::string out;
  for (const auto& event : page.events) {
    out += "id: " + std::to_string(event->getId()) + "\nevent: ";
    out += name_of(event->getKind());
    out += "\ndata: " + to_json(event) + "\n\n"; // JSON on a single line
  }
  if (page.events.empty()) // sends only the position, so that clients that follow rare kinds keep up
    out = ": still here\nid: " + std::to_string(page.position) + "\n\n";
  return out;
}

/// One client that follows events. It requests more only after its client has taken what was sent, so it holds at most
/// one page. Only its pending operation holds a reference; when that is dropped, the stream ends.
class event_stream : public std::enable_shared_from_this<event_stream> {
public:
  event_stream(exchange_ptr incoming, std::shared_ptr<body_stream> out, events_actor events, read_events next,
               std::shared_ptr<void> place)
      : place_{std::move(place)}, incoming_{std::move(incoming)}, out_{std::move(out)}, events_{std::move(events)},
        next_{std::move(next)} {
  }

  void begin() {
    send("retry: " + std::to_string(defaults::event_retry.count()) + "\n\n");
  }

private:
  void send(std::string text) {
    out_->send(std::move(text), [self = shared_from_this()] {
      self->incoming_->forward([self](gateway_requests& gateway, const exchange_ptr&) { self->read(gateway); });
    });
  }

  void read(gateway_requests& gateway) {
    gateway.request(events_, next_.wait + defaults::request_timeout, next_)
      .then(
        [self = shared_from_this()](const event_log::page& page) {
          self->next_.position = page.position;
          self->send(to_text(page));
        },
        [self = shared_from_this()](const caf::error& error) {
          log::debug("Event stream ended: {}", text_of(error)); // its client reconnects
        });
  }

  std::shared_ptr<void> place_; ///< first member: released after everything else
  exchange_ptr incoming_;
  std::shared_ptr<body_stream> out_;
  events_actor events_;
  read_events next_;
};

/// The event after which to start.
caf::expected<int64_t> position_of(wire::EventQuery::Reader query, std::string_view last_event_id) {
  if (last_event_id.empty())
    return query.getSince();
  int64_t out = 0;
  auto end = last_event_id.data() + last_event_id.size();
  auto [rest, error] = std::from_chars(last_event_id.data(), end, out);
  if (error != std::errc{} || rest != end || out < 0)
    return fail(ec::invalid, "Last-Event-ID " + std::string{last_event_id} + " is not the id of an event");
  return out;
}

action follow(const events_actor& events, const msg<wire::EventQuery>& query,
              const std::shared_ptr<stream_places>& places, std::chrono::milliseconds keep_alive) {
  return [events, query, places, keep_alive](gateway_requests&, const exchange_ptr& to) {
    auto position = position_of(*query, to->request().last_event_id);
    if (!position)
      return to->answer(problem(position.error()));
    auto place = places->take();
    if (!place)
      return to->answer(problem(429, ec::overloaded, "as many event streams as this node allows are open"));
    read_events next{*position, {}, keep_alive};
    for (auto kind : query->getKind())
      next.kinds.insert(kind);
    // Tells proxies neither to cache nor to buffer.
    auto out =
      to->stream({200, "text/event-stream", {}, {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}, {}});
    if (out)
      std::make_shared<event_stream>(to, std::move(out), events, std::move(next), std::move(place))->begin();
  };
}

} // namespace

std::vector<route> event_routes(const events_actor& events, prometheus::Registry& metrics,
                                event_stream_options options) {
  auto& open = prometheus::BuildGauge()
                 .Name("hive_event_streams")
                 .Help("Clients that follow the events.")
                 .Register(metrics)
                 .Add({});
  auto places = std::make_shared<stream_places>(options.max_streams, open);
  auto out =
    route::choose<wire::EventQuery>(method::get, "/api/v1/events", "Follow events", {answers<wire::Event>(200)},
                                    [events, places, wait = options.keep_alive](const msg<wire::EventQuery>& query) {
                                      return follow(events, query, places, wait);
                                    });
  out.media_type = "text/event-stream";
  return {std::move(out)};
}

} // namespace hive::http
