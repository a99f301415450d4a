#pragma once

#include "actors/alarm.hpp"
#include "actors/deadline_queue.hpp"

#include <caf/duration.hpp>
#include <caf/error.hpp>
#include <caf/message_id.hpp>
#include <caf/sec.hpp>
#include <functional>
#include <type_traits>

namespace hive {

/// The timeout of a request that may take however long it takes.
inline constexpr auto no_timeout = std::chrono::steady_clock::duration::max();

/// The requests of an actor that sends many. Each ends as with CAF: with its answer, with the error of an actor that
/// has ended, or at its deadline with caf::sec::request_timeout, after which an answer is ignored. CAF 0.17.6 keeps
/// every timeout until it expires, even if the answer came at once: a minute of memory, and a wake-up of the clock's
/// thread and of the actor, for each request. This forgets a deadline with its answer, and uses one timer of CAF for
/// many. Part of the actor's state; `Self` is its type without the state.
template <class Self>
class timed_requests {
public:
  using duration = std::chrono::steady_clock::duration;

  explicit timed_requests(Self* self) : self_{self} {
  }

  timed_requests(const timed_requests&) = delete; // handlers refer to it
  timed_requests& operator=(const timed_requests&) = delete;

  /// A request that was sent. Its deadline counts once it has handlers.
  template <class Response>
  class sent {
  public:
    sent(timed_requests& all, Response response, duration timeout)
        : all_{all}, response_{std::move(response)}, timeout_{timeout} {
    }

    /// Calls one of them once, like the `then` of CAF.
    template <class Answered, class Failed>
    void then(Answered answered, Failed failed) const {
      if (timeout_ == no_timeout)
        return response_.then(std::move(answered), std::move(failed));
      auto deadline = all_.add(response_.id(), timeout_);
      response_.then(all_.closing(deadline, std::move(answered)), all_.closing(deadline, std::move(failed)));
    }

  private:
    timed_requests& all_;
    Response response_;
    duration timeout_;
  };

  /// Sends `what` to `whom`. Must be followed by `then`.
  template <class Handle, class Message>
  [[nodiscard]] auto request(const Handle& whom, duration timeout, Message&& what) {
    return sent{*this, self_->request(whom, caf::infinite, std::forward<Message>(what)), timeout};
  }

  /// How many wait for their answer or their deadline.
  size_t open() const {
    return open_.size();
  }

private:
  using queue = deadline_queue<caf::message_id>;

  queue::entry add(caf::message_id id, duration timeout) {
    queue::entry out{self_->clock().now() + timeout, id};
    open_.add(out);
    start_timer();
    return out;
  }

  /// `handler`, which first forgets the deadline.
  template <class Handler>
  auto closing(const queue::entry& deadline, Handler handler) {
    return closing(deadline, std::move(handler), std::type_identity<decltype(std::function{handler})>{});
  }

  template <class Handler, class... Args>
  auto closing(const queue::entry& deadline, Handler handler, std::type_identity<std::function<void(Args...)>>) {
    return [this, deadline, handler = std::move(handler)](Args... args) mutable {
      open_.remove(deadline);
      handler(std::forward<Args>(args)...);
    };
  }

  void start_timer() {
    if (auto when = open_.start_timer())
      call_at(self_, *when, [this] { on_timer(); });
  }

  /// Expires as CAF does: by an error in the mailbox, behind the answers that are there.
  void on_timer() {
    open_.end_timer();
    auto now = self_->clock().now();
    while (auto id = open_.expire(now))
      self_->eq_impl(*id, self_->ctrl(), self_->context(), caf::make_error(caf::sec::request_timeout));
    start_timer();
  }

  Self* self_;
  queue open_;
};

} // namespace hive
