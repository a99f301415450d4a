#pragma once

#include "actors/engine_client/gpu_lease.hpp"
#include "actors/engine_client/record_joiner.hpp"
#include "actors/remote/api.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/ids.hpp"
#include "messages/install.capnp.h"
#include "messages/msg.hpp"
#include "messages/research.capnp.h"
#include "messages/runs.capnp.h"
#include "messages/tracker.capnp.h"

// Client library for agent engines in C++. An engine needs only this header and the CMake target
// Hivemark::engine_client. docs/how-to/engines.md explains how to build with it and how to set up a node for it.

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/expected.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// How an engine connects to its node.
struct engine_options {
  /// ADDRESS:PORT of the node's door.
  std::string address;
  /// Directory with ca.pem, cert.pem and key.pem, as `hivectl node issue --role engine` creates them. Empty: no TLS,
  /// which is allowed only on the loopback.
  std::filesystem::path tls = {};
  /// Name of an engine that has no certificate; a certificate contains the name. An id (see messages/ids.hpp).
  std::string name = "engine";
  /// Time limit of each call, including the time to connect.
  std::chrono::milliseconds timeout{10'000};
  /// Records of calls from several threads, or of several actors, travel together: those that come while a message is
  /// under way go with the next one, which waits at most this long for more, and not at all when no more are expected.
  /// 0: each call sends a message of its own. Nobody's answer comes before the records are durable, so a crash loses no
  /// record that was answered.
  std::chrono::microseconds gather_records{1'000};
  /// Adds message types and options of the engine to its actor system, such as `scheduler.max-threads`: its actors run
  /// on as many threads as the process may use cores.
  std::function<void(caf::actor_system_config&)> configure = [](caf::actor_system_config&) {};
};

/// Where to spawn: on a given node, or on the least loaded node with all labels and this tier or a higher one.
struct spawn_place {
  node_id node = {};
  std::vector<std::string> labels = {};
  wire::NodeTier tier = wire::NodeTier::FLAT;

  static spawn_place on(node_id which) {
    return {std::move(which), {}};
  }
  static spawn_place with(std::vector<std::string> labels) {
    return {{}, std::move(labels)};
  }
  static spawn_place best() {
    return {};
  }
};

/// Whether an actor ends when the connection of its engine is lost. `stays` requires `stay_allowed` on the node.
enum class spawn_life { ends_with_engine, stays };

/// An actor that this engine has spawned on a node.
template <class Handle>
struct spawned_actor {
  Handle actor;   ///< send requests with a finite timeout, from actors of engine::system() or from blocking code
  std::string id; ///< for engine::end
  node_id node;   ///< where it lives
};

/// What GPU memory an engine needs.
struct gpu_lease_options {
  /// GB (10⁹ bytes) on each device, with the CUDA context.
  double vram_gb = 0;
  /// Whether other leases may be on the same device. A lease that is not shared has whole devices.
  bool shared = false;
  /// Devices of one node, all or none.
  uint32_t devices = 1;
  /// For time measurements: no other such lease of the node is active meanwhile. Not with `shared`.
  bool timed = false;
  /// Each step counts as ten minutes of waiting; -100 to 100.
  int32_t priority = 0;
  /// The lease ends after this time at the latest; 0: 1.5 times what the engine's leases usually took, or an hour.
  std::chrono::seconds max_duration{0};
  /// The lease ends without a renewal for this long, for example while the engine is stopped. 1 s to an hour.
  std::chrono::seconds ttl{30};
  /// How long to wait for it.
  std::chrono::milliseconds wait{std::chrono::hours{1}};
  /// On which node; the engine's own when absent. Of several, one with free memory is preferred.
  std::optional<spawn_place> place = {};
  /// Called at most once, with the reason, when the lease is lost: see `gpu_lease::is_lost`. It runs in a thread of the
  /// engine's actor system and may give the lease back.
  std::function<void(const std::string&)> on_lost = {};
};

/// Connections of an agent engine with the hive: one with its node, which answers its requests, and one with each node
/// where it has spawned actors or has leases. It has its own actor system, since CAF allows only one connection between
/// two actor systems. All functions are thread-safe and block; actors use `session` instead.
///
/// When a connection is lost, its handles are dead for good: monitors get a down message with
/// exit_reason::remote_link_unreachable, and requests time out. The next call reconnects. Spawned actors have ended on
/// the node unless they stay; spawn them again. A call in progress fails with ec::outcome_unknown: it may or may not
/// have taken effect.
///
/// The first connection makes the process ignore SIGPIPE, unless it handles the signal.
class engine {
public:
  /// Connects to the node. ec::invalid for invalid options, an error that names the file for unusable certificates,
  /// ec::unavailable or ec::timed_out without an answer, or the error with which the node answers.
  static caf::expected<engine> connect(engine_options options);

  engine(engine&&) noexcept;
  engine& operator=(engine&&) noexcept;
  /// Sends records that wait, within the time limit of a call. Closes the connections, which ends the actors spawned
  /// over them, then waits for the actors of `system`.
  ~engine();

  const node_id& node() const;

  /// The engine's actor system, in which its handles are used.
  caf::actor_system& system();

  /// The interface of the node, for use by the engine's actors.
  caf::expected<engine_session_actor> session();

  /// Joins the records of the engine's actors with those of `record`; see there.
  caf::expected<record_joiner_actor> recorder();

  /// Returns when the records are durable. Errors are those of `record_joiner_actor`.
  caf::expected<msg<wire::TasksRecorded>> record(const msg<wire::RecordTasks>& tasks);
  /// ec::no_data when no tool qualifies.
  caf::expected<msg<wire::BestTool>> best_tool(const std::string& task_type,
                                               wire::ToolScope scope = wire::ToolScope::LOCAL);
  caf::expected<msg<wire::Route>> route(const msg<wire::RouteQuery>& query);
  caf::expected<msg<wire::NodeList>> nodes();

  // Agents of the node: what the engine tells about them, their baselines, and how the node judges them
  // (docs/how-to/agents.md). Inputs and captures return once they are durable. Errors are those of the node's agents.

  caf::expected<msg<wire::AgentInputStored>> put_recipe(const msg<wire::PutRecipe>& given);
  caf::expected<msg<wire::AgentInputStored>> put_trust(const msg<wire::PutTrust>& given);
  caf::expected<msg<wire::AgentInputStored>> put_prompt(const msg<wire::PutPrompt>& given);
  caf::expected<msg<wire::AgentInputStored>> set_active(const msg<wire::SetActive>& given);
  caf::expected<msg<wire::AgentInputStored>> add_spans(const msg<wire::AddSpans>& given);
  caf::expected<msg<wire::AgentInputStored>> add_runs(const msg<wire::AddRuns>& given);
  caf::expected<msg<wire::CaptureOutcome>> capture(const msg<wire::CaptureBaseline>& given);
  caf::expected<msg<wire::Baseline>> baseline(const msg<wire::BaselineQuery>& query);
  caf::expected<msg<wire::BaselineList>> baselines(const msg<wire::BaselineListQuery>& query);
  caf::expected<msg<wire::BaselineComparison>> compare(const msg<wire::CompareBaselines>& query);
  caf::expected<msg<wire::AgentTrend>> trend(const msg<wire::TrendQuery>& query);
  caf::expected<msg<wire::AgentValidation>> validate(const msg<wire::ValidateAgent>& query);
  caf::expected<msg<wire::AgentExplanation>> explain(const msg<wire::ExplainQuery>& query);
  caf::expected<msg<wire::Agent>> agent(const msg<wire::AgentQuery>& query);

  /// Spawns an adapter that runs this command to measure. Errors are those of engine_session_actor.
  caf::expected<spawned_actor<adapter_actor>> spawn(const msg<wire::CommandSpec>& what, const spawn_place& where,
                                                    spawn_life life = spawn_life::ends_with_engine);
  /// Starts a research session. Its id must be given, and each step states it. A session that ends together with its
  /// engine counts as finished.
  caf::expected<spawned_actor<research_session_actor>>
  spawn(const msg<wire::StartResearch>& what, const spawn_place& where, spawn_life life = spawn_life::ends_with_engine);

  /// Installs a benchmark from a git repository on a node that allows engines to do so; it stays there. Returns when
  /// captures of that node measure with it or, when the request is not to wait, when the install has begun. Errors are
  /// those of the place and of the install. ec::outcome_unknown when it takes longer than `patience`; it goes on.
  caf::expected<msg<wire::Install>> install(const msg<wire::InstallBenchmark>& what, const spawn_place& where,
                                            std::chrono::milliseconds patience = std::chrono::hours{1});

  /// The GPUs of the engine's own node.
  caf::expected<msg<wire::GpuList>> gpus();

  /// Leases GPU memory, and waits until it has it. ec::timed_out when others had it for as long as this was to wait;
  /// the request is then withdrawn. ec::unsupported when no device of the node, or of any node to choose from, can ever
  /// satisfy it; ec::conflict when the request was ended, for example by an operator; ec::invalid, ec::overloaded,
  /// ec::unavailable, and ec::not_found for a place that does not exist.
  caf::expected<gpu_lease> lease(const gpu_lease_options& wanted);

  /// Ends an actor that an engine with this engine's name has spawned on that node. ec::not_found.
  caf::error end(const node_id& node, const std::string& id);

private:
  struct impl;
  explicit engine(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace hive
