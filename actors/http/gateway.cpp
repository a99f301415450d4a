#include "actors/http/gateway.hpp"

#include "actors/http/problem.hpp"

#include <kj/exception.h>

namespace hive::http {
namespace {

template <class Body>
void guard(const exchange_ptr& what, Body&& body) {
  try {
    body();
  } catch (const std::exception& e) {
    what->answer(problem(fail(ec::internal, e.what())));
  } catch (const kj::Exception& e) {
    what->answer(problem(fail(ec::internal, e.getDescription().cStr())));
  }
}

} // namespace

void run_action(gateway_requests& gateway, const forwarded& incoming) {
  guard(incoming.what, [&] { incoming.next(gateway, incoming.what); });
}

void run_handler(const std::function<void(exchange_ptr)>& handle, const exchange_ptr& what) {
  guard(what, [&] { handle(what); });
}

} // namespace hive::http
