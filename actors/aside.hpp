#pragma once

#include "messages/ec.hpp"

#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/expected.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace hive {

using work_atom = caf::atom_constant<caf::atom("work")>;
using worked_atom = caf::atom_constant<caf::atom("worked")>;

/// Runs blocking work on a thread of its own and passes the result to `done` on the actor `self`. Exceptions of the
/// work become ec::internal. If `self` ends first, the result is dropped; the work has to watch its own limit.
template <class T, class Self, class Done>
void run_aside(Self* self, std::function<caf::expected<T>()> work, Done done) {
  auto result = std::make_shared<std::optional<caf::expected<T>>>();
  auto worker = self->template spawn<caf::detached>([work = std::move(work), result](caf::event_based_actor* thread) {
    return caf::behavior{[thread, work, result](work_atom) -> worked_atom {
      thread->quit();
      try {
        result->emplace(work());
      } catch (const std::exception& e) { // the boundary of this thread's work
        result->emplace(fail(ec::internal, e.what()));
      }
      return worked_atom::value;
    }};
  });
  self->request(worker, caf::infinite, work_atom::value)
    .then([result, done](worked_atom) { done(std::move(**result)); },
          [done](caf::error& error) { done(caf::expected<T>{std::move(error)}); });
}

} // namespace hive
