#pragma once

// Namespaces: stores of their own within a node, each with services of its own. A request names one in a header.

#include "messages/fwd.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <memory>
#include <string>

namespace hive::http {
class route_set;
} // namespace hive::http

namespace hive::wire {
struct NamespaceList;
struct NamespaceName;
struct NamespaceQuery;
} // namespace hive::wire

namespace hive {

/// Asks for the routes of a namespace.
struct enter_namespace {
  std::string id;
  bool may_create = false; ///< whether the namespace begins to exist by this request
};

/// A way into a namespace. It stays open at least as long as `use` is held.
struct namespace_entry {
  std::shared_ptr<const http::route_set> routes;
  std::shared_ptr<void> use;
};

/// Counts who uses something: as many as hold what `take` returned. Thread-safe.
class usage {
public:
  std::shared_ptr<void> take() const {
    return counted_;
  }

  bool is_used() const {
    return counted_.use_count() > 1;
  }

private:
  const std::shared_ptr<void> counted_ = std::make_shared<char>();
};

/// An open namespace.
struct open_namespace {
  std::shared_ptr<const http::route_set> routes;
  std::shared_ptr<const usage> users;
};

/// Opens namespaces when they are needed and closes them when they are not.
using namespaces_actor = caf::typed_actor<
  // A way into a namespace, which is opened if it is not open. A namespace that does not exist and is not created is
  // an empty one that nothing is ever written to. ec::overloaded when too many exist or are in use; otherwise the error
  // with which it cannot be opened.
  caf::replies_to<enter_namespace>::with<namespace_entry>,
  // The namespaces that exist.
  caf::replies_to<msg<wire::NamespaceQuery>>::with<msg<wire::NamespaceList>>,
  // Ends a namespace and deletes all that is in it. ec::not_found.
  caf::replies_to<msg<wire::NamespaceName>>::with<msg<wire::NamespaceName>>>;

using open_atom = caf::atom_constant<caf::atom("open")>;

/// Owns the services and the store of one open namespace, whose directory is free when the actor has ended. Ends with
/// an error when one of the services does.
using namespace_host_actor = caf::typed_actor<
  // Opens it; once only.
  caf::replies_to<open_atom>::with<open_namespace>>;

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::enter_namespace)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::namespace_entry)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::open_namespace)
