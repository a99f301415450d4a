#pragma once

#include "actors/upgrade/cluster/cluster_gate.hpp"
#include "actors/upgrade/cluster/decision_log.hpp"
#include "actors/upgrade/cluster/member_judge.hpp"
#include "actors/upgrade/cluster/statement_book.hpp"
#include "actors/upgrade/cluster/upgrade_text.hpp"
#include "messages/events.capnp.h"

#include <caf/atom.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>

namespace hive {

using gate_tick_atom = caf::atom_constant<caf::atom("gatetick")>;

/// The gate's actor with its internal messages.
using cluster_gate_impl = cluster_gate_actor::extend<caf::reacts_to<gate_tick_atom>>;

/// State of the gate's actor. It has no rules of its own: those are in gate_core.
class gate_shell {
public:
  using pointer = cluster_gate_impl::stateful_pointer<gate_shell>;
  static inline const char* name = "cluster_gate";

  gate_shell() = default;
  gate_shell(const gate_shell&) = delete;
  gate_shell& operator=(const gate_shell&) = delete;
  ~gate_shell();

  /// Fails with ec::corrupt and ec::invalid.
  caf::error init(pointer self, cluster_gate_services services, cluster_gate_options options);

  // -- gate_shell.cpp: the core and what it says
  void share(const sharing_started& with);
  void hear(const slots_accepted& published);
  void withdraw(const slots_withdrawn& gone);
  void tick();

  // -- gate_shell_requests.cpp
  caf::result<msg<wire::ClusterUpgrade>> propose(const msg<wire::ProposeUpgrade>& request);
  caf::result<msg<wire::ClusterUpgrade>> stop(const msg<wire::StopUpgrade>& request);
  caf::result<msg<wire::ClusterUpgrade>> show(const msg<wire::ClusterUpgradeQuery>& query);
  caf::result<msg<wire::ClusterUpgradeList>> list(const msg<wire::ClusterUpgradeListQuery>& query);
  caf::result<msg<wire::DecisionDocument>> document(const msg<wire::DecisionDocumentQuery>& query);
  caf::result<msg<wire::TrackMembersList>> members(const msg<wire::TrackMembersQuery>& query);
  caf::result<msg<wire::TrackMembers>> change_members(const msg<wire::ChangeMembers>& request);
  caf::result<msg<wire::TrackMembersList>> admit(const msg<wire::AdmitNode>& request);

  // -- gate_shell_duties.cpp
  void use(const stages_started& started);
  void on_stage(const stage_judged& judged);

private:
  // -- gate_shell.cpp
  caf::error restore();
  void take_quarantines();
  void begin(bool is_disk_current);
  void begin_anew(uint64_t above);
  void tell_book(const gate::statement& own);
  void step(const gate::event& what);
  void on(const gate::outputs::write& what);
  void on(const gate::outputs::tell& what);
  void on(const gate::outputs::judge& what);
  void on(const gate::outputs::start_hook& what);
  void on(const gate::outputs::decided& what);
  void on(const gate::outputs::contradiction& what);
  void on(const gate::outputs::conflict& what);
  void on(const gate::outputs::missed_hook& what);
  void on(const gate::outputs::start_refused& what);
  void on(const gate::outputs::refused& what);
  void on_durable(uint64_t core_run, uint64_t number);
  void keep(write_set writes);
  void publish(std::vector<publish_slots> kinds);
  void name_readers();
  void arm();
  void note_announced(const gate::statement& ask);
  void tell_vote(const gate::statement& vote);
  gate::instant now() const;

  // -- gate_shell_duties.cpp
  void cast(uint8_t track, member_vote voted);
  void vote_on_stage_if_due(uint8_t track);
  void watch_stages();
  void notify(const gate::sealed_value& sealed);
  hook_order order_for(const gate::proposal& what, const gate::proposed_value& value, std::string action,
                       std::string token) const;
  void run_hook(uint8_t track, const gate::digest& token, hook_order order);
  void vote_on_failed_deploy(uint8_t track, const hook_order& order, const hook_outcome& outcome);
  void tell(const std::function<void(wire::UpgradeEvent::Builder)>& fill) const;

  // -- gate_shell_requests.cpp
  using view_maker = std::function<void(const known_nodes&)>;
  gate_sight sight() const;
  void with_nodes(view_maker make);
  void answer_with_view(caf::typed_response_promise<msg<wire::ClusterUpgrade>> to, std::string id);
  void when_durable(std::function<void()> then);
  caf::error ask_core(const gate::event& what);
  caf::expected<uint8_t> track_named(std::string_view name) const;
  caf::expected<std::string> find_id(std::string_view prefix) const;
  caf::error not_yet() const;

  pointer self_ = nullptr;
  cluster_gate_services services_;
  cluster_gate_options options_;
  node_id id_;
  std::vector<gate::generation_ptr> generations_; ///< configured, by track
  member_judge_actor judge_;
  std::mt19937_64 random_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();

  std::optional<statement_book> book_;
  std::optional<decision_log> log_;
  std::unique_ptr<gate::gate_core> core_; ///< null until the federation has started
  uint64_t core_run_ = 0;                 ///< counts the cores
  uint64_t epoch_ = 0;                    ///< of this node, above all that it hears of itself
  uint64_t stamp_epoch_ = 0;              ///< epoch of its statements
  bool is_book_told_ = false;             ///< whether what was stored before it began is told
  uint64_t stamp_version_ = 0;
  std::optional<uint64_t> written_;                                     ///< number of the newest write of this core
  std::map<uint64_t, std::vector<std::function<void()>>> when_durable_; ///< by number of a write
  caf::error refusal_;
  std::optional<gate::instant> armed_; ///< when the next tick comes

  slot_sharing_actor sharing_;
  node_directory_actor nodes_;
  stage_watcher_actor watcher_;
  std::set<slot_kind> admitted_;
  std::set<node_id> readers_;
  std::set<node_id> quarantined_;

  std::map<std::string, int64_t> announced_;
  std::map<std::string, std::string> notices_;
  std::map<uint8_t, std::string> conflicts_;
  std::map<uint8_t, judged_stage> stages_;
  std::map<uint8_t, bool> is_last_look_;
  std::map<uint8_t, std::string> watched_;      ///< proposal and stage that are watched, by track
  std::map<uint8_t, gate::outputs::judge> due_; ///< stages on which the core wants a vote
};

} // namespace hive
