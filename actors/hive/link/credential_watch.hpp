#pragma once

#include "actors/hive/link/api.hpp"
#include "platform/identity/credentials.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace hive {

/// Asks for a look at the files now.
struct look_at_credentials {};

/// Reads a node's certificate, key, CAs and revocation lists again when they have changed.
using credential_watch_actor = caf::typed_actor<caf::reacts_to<look_at_credentials>>;

/// Actors and functions the watch depends on.
struct credential_watch_services {
  door_actor door;
  /// Told of checked credentials before the door uses them: the own card must be admitted by the CAs in use.
  std::function<void(const credentials&)> on_renewed;
  /// Told of the text of crl.pem when it has changed, and at the start.
  std::function<void(const std::string& path, std::string text)> on_revocations;
};

struct credential_watch_options {
  std::filesystem::path directory;                              ///< with ca.pem, cert.pem, key.pem, and perhaps crl.pem
  credentials shown;                                            ///< in use at the start
  std::chrono::milliseconds interval = std::chrono::minutes{1}; ///< between two looks
  std::chrono::milliseconds second_look = std::chrono::seconds{2};
};

/// Spawns the watch. What it reads is checked before it is taken: the key belongs to the certificate, a CA of ca.pem
/// signed it, it is valid now, and TLS takes it. Otherwise the earlier credentials stay in use, and an error names the
/// file. A pair that does not fit is looked at again before it is reported, since somebody may be replacing it. Each
/// look also ends connections whose certificates have expired.
credential_watch_actor spawn_credential_watch(caf::actor_system& system, credential_watch_services services,
                                              credential_watch_options options);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::look_at_credentials)
